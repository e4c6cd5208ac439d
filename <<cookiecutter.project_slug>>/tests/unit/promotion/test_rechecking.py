"""Open promotions are judged again, and the forge is told only what is new."""

import pytest
from project import release

from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.plans import plan_promotion
from <<cookiecutter.package_name>>.promotion.propose import propose
from <<cookiecutter.package_name>>.promotion.rechecking import recheck

ONE = release(1)


@pytest.fixture
def waiting(project):
    """A promotion that was opened before its source was healthy."""
    project.deploy("dev", ONE)
    context = project.context()
    propose(context, plan_promotion(context.base, "test"), "text")
    return project


def statuses(project):
    forge = LocalForge(project.root)
    (pull,) = forge.pull_requests()
    return [s.state for s in forge.statuses(pull.head) if s.context == "promotion"]


def test_what_was_refused_is_allowed_once_its_source_is_healthy(waiting):
    assert statuses(waiting) == ["failure"]
    waiting.report("dev")

    ((pull, bad),) = recheck(waiting.context())

    assert (pull.branch, bad) == (f"promote/test/{ONE.id}", [])
    assert statuses(waiting) == ["success", "failure"]


def test_what_is_still_refused_is_not_said_again(waiting):
    ((_, bad),) = recheck(waiting.context())

    assert [finding.rule for finding in bad] == ["health"]
    assert statuses(waiting) == ["failure"]


def test_what_was_allowed_is_refused_once_its_source_fails(waiting):
    waiting.report("dev")
    recheck(waiting.context())
    waiting.report("dev", "failure")

    recheck(waiting.context())

    assert statuses(waiting) == ["failure", "success", "failure"]


def test_other_pull_requests_and_lost_branches_are_left_alone(project):
    project.branch_off("feature/x", {"README.md": b"new\n"})
    project.branch_off("promote/test/gone", {"README.md": b"gone\n"})
    forge = LocalForge(project.root)
    forge.open("feature/x", "deploy", "Feature", "text")
    forge.open("promote/test/gone", "deploy", "Gone", "text", ("environment/test",))
    project.git("push", "--quiet", "origin", ":promote/test/gone")

    assert recheck(project.context()) == []
