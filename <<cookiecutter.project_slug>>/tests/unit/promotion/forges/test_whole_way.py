"""From a release to its rollback on every forge: the same commands, the same outcome."""

from datetime import UTC, datetime

import pytest
from project import ENVIRONMENTS, Project, record, release

from <<cookiecutter.package_name>>.promotion.checking import check_branch
from <<cookiecutter.package_name>>.promotion.context import Context
from <<cookiecutter.package_name>>.promotion.describing import describe
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, record_file, release_file
from <<cookiecutter.package_name>>.promotion.plans import NothingToDo, plan_promotion
from <<cookiecutter.package_name>>.promotion.propose import propose, say
from <<cookiecutter.package_name>>.promotion.rechecking import recheck
from <<cookiecutter.package_name>>.promotion.repository import Repository
from <<cookiecutter.package_name>>.promotion.rolling_back import rollback_plan
from <<cookiecutter.package_name>>.promotion.status import look
from <<cookiecutter.package_name>>.settings import load_settings

ONE, TWO = release(1), release(2)
OVERLAY = b"kind: Kustomization\nresources: [release.yaml]\n"


@pytest.fixture
def project(each, monkeypatch):
    """A repository whose forge merges nothing without the status `promotion`."""
    monkeypatch.setenv("PROJECT_ROOT", str(each.root))
    found = Project(each.root, each.bare, branch="trunk")
    files = {"gitops/environments.yaml": ENVIRONMENTS.encode(), BLOCKED: b"blocked: []\n"}
    # Where there is a kustomize, it is used.
    files |= {f"gitops/overlays/{name}/kustomization.yaml": OVERLAY for name in ("dev", "test")}
    found.commit(files, "Begin")
    if each.hub:
        each.hub.required = {"promotion"}
    return found


def context(place):
    now = datetime.now(UTC)
    return Context(load_settings(), Repository(place.root), place.forge, now=now)


def deploy(project, place, of):
    files = {record_file(of.id): record(of).to_json(), release_file("dev"): of.to_yaml()}
    commit = project.commit(files, f"Release {of.id}")
    place.forge.set_status(commit, "argocd/dev", "success", "healthy")


def promote(place):
    found = context(place)
    plan = plan_promotion(found.base, "test")
    return propose(found, plan, describe(found, plan), merge=True)


def as_ci(place, branch):
    """What the check of a pull request does; where the forge is local, `propose` did it."""
    if place.hub:
        found = context(place)
        commit, findings = check_branch(found, branch)
        say(found, commit, tuple(findings))


def test_a_release_is_promoted_fails_and_is_taken_back(project, each):
    deploy(project, each, ONE)
    done = promote(each)
    as_ci(each, f"promote/test/{ONE.id}")

    assert project.runs("test") == ONE.id
    (pull,) = each.forge.pull_requests("all")
    assert (pull.number, pull.state) == (done.pull.number, "merged")
    assert f"`{ONE.id}` is the first release of **test**" in pull.body
    assert set(pull.labels) == {"promotion", "environment/test"}
    with pytest.raises(NothingToDo):
        promote(each)
    each.forge.set_status(project.head, "argocd/test", "success", "healthy")

    deploy(project, each, TWO)
    promote(each)
    as_ci(each, f"promote/test/{TWO.id}")
    assert project.runs("test") == TWO.id
    each.forge.set_status(project.head, "argocd/test", "failure", "error ratio 0.31")
    test = look(context(each)).places[1]
    assert (test.health.state, test.health.description) == ("failure", "error ratio 0.31")

    found, failed = context(each), project.head
    plan = rollback_plan(found, "test", None, "error ratio 0.31", True, failed)
    propose(found, plan, describe(found, plan), merge=True)
    as_ci(each, plan.branch)

    overview = look(context(each))
    assert project.runs("test") == ONE.id
    assert [entry.release for entry in overview.blocked] == [TWO.id]
    assert [item.release for item in overview.places[1].history] == [ONE.id, TWO.id, ONE.id]
    assert overview.places[1].waiting == ()


def test_a_promotion_that_waits_is_shown_continued_and_freed(project, each):
    deploy(project, each, ONE)
    each.forge.set_status(project.head, "argocd/dev", "pending", "syncing")
    first = promote(each) if each.hub is None else None
    if first is None:
        found = context(each)
        plan = plan_promotion(found.base, "test")
        first = propose(found, plan, describe(found, plan))
        as_ci(each, plan.branch)

    (waiting,) = look(context(each)).places[1].waiting
    again = context(each)
    plan = plan_promotion(again.base, "test")
    assert propose(again, plan, describe(again, plan)).pull.number == first.pull.number
    assert waiting.number == first.pull.number
    assert each.forge.statuses(waiting.head)[0].state == "failure"

    each.forge.set_status(project.head, "argocd/dev", "success", "healthy")
    ((_, bad),) = recheck(context(each))

    assert bad == []
    assert each.forge.statuses(waiting.head)[0].state == "success"
    assert each.forge.merge(waiting.number, waiting.head).state == "merged"
    assert project.runs("test") == ONE.id
