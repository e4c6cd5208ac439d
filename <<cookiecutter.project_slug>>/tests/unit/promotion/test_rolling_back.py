"""Rollbacks that nobody asked for: once, of the right release, where it is allowed."""

import json

import pytest
from project import release

from <<cookiecutter.package_name>>.promotion.places import BLOCKED, release_file
from <<cookiecutter.package_name>>.promotion.plans import NothingToDo, PlanError
from <<cookiecutter.package_name>>.promotion.propose import propose
from <<cookiecutter.package_name>>.promotion.rolling_back import read_reason, rollback_plan
from <<cookiecutter.package_name>>.promotion.rollout_state import RolloutError

ONE, TWO, THREE = release(1), release(2), release(3)


def back(project, target="test", revision=None, to=None, automatic=True, reason="p95"):
    context = project.context()
    return rollback_plan(context, target, to, reason, automatic, revision or project.head)


def merged(project, plan):
    return propose(project.context(), plan, "text", merge=True)


def test_a_failed_release_is_taken_back(project):
    project.deploy("test", ONE)
    failed = project.deploy("test", TWO)
    project.report("test", "failure")

    done = merged(project, back(project, revision=failed))

    assert done.pull.state == "merged"
    assert done.pull.labels == ("rollback", "environment/test", "automatic-rollback")
    assert project.runs("test") == ONE.id
    assert project.context().base.blocked[0].release == TWO.id


def test_it_is_asked_for_twice_and_opened_once(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    first = propose(project.context(), back(project), "text").pull
    again = propose(project.context(), back(project), "text").pull

    assert first == again
    assert len(project.forge.pull_requests("all")) == 1


def test_a_person_who_closed_it_has_answered(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    pull = propose(project.context(), back(project), "text").pull
    project.forge.close(pull.number, "No: the database was down.")

    with pytest.raises(NothingToDo, match="closed without merging, so a person decides"):
        back(project)
    assert back(project, automatic=False).kind == "rollback"


def test_it_happens_once_for_a_release(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    merged(project, back(project))
    project.commit({BLOCKED: b"blocked: []\n"})
    failed = project.deploy("test", TWO)

    with pytest.raises(PlanError, match="automatically before .*once, now a person decides"):
        back(project, revision=failed)


def test_another_environment_is_another_matter(project):
    for name in ("test", "staging"):
        project.deploy(name, ONE)
        project.deploy(name, TWO)
    merged(project, back(project, "test"))

    assert back(project, "staging").environment == "staging"


def test_an_environment_can_be_left_to_people(project):
    project.deploy("prod", ONE)
    project.deploy("prod", TWO)

    with pytest.raises(PlanError, match="prod has auto_rollback: false"):
        back(project, "prod")
    assert back(project, "prod", automatic=False).release == TWO.id


def test_an_answer_that_comes_too_late(project):
    project.deploy("test", ONE)
    failed = project.deploy("test", TWO)
    project.deploy("test", THREE)

    with pytest.raises(NothingToDo, match=f"test ran {TWO.id} at {failed[:12]}.*by now runs"):
        back(project, revision=failed)


def test_it_never_goes_onto_a_blocked_release(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    merged(project, back(project))
    project.deploy("test", THREE)

    assert back(project).files[release_file("test")] == ONE.to_yaml()
    merged(project, back(project))
    with pytest.raises(PlanError, match="no earlier release that is not blocked"):
        back(project, automatic=False)


def test_a_release_that_came_back_is_not_taken_away(project):
    """What fails with it fails with any release, so going further back would not help."""
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    project.deploy("test", THREE)
    merged(project, back(project))

    with pytest.raises(PlanError, match=f"{TWO.id} came back to test .* a person decides"):
        back(project)
    assert back(project, automatic=False).files[release_file("test")] == ONE.to_yaml()


@pytest.mark.parametrize(
    "path", ["gitops/overlays/test/settings.yaml", "gitops/base/a.yaml", "observability/a.yaml"]
)
def test_settings_that_broke_it_are_not_blamed_on_the_release(project, path):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    project.report("test", "success")
    project.commit({"README.md": b"x"})
    assert back(project).release == TWO.id
    settings = project.commit({path: b"replicas: 0\n"})
    project.report("test", "failure")

    with pytest.raises(PlanError, match=f"was healthy in test at .*{path} changed; a person"):
        back(project, revision=settings)
    assert back(project, automatic=False).release == TWO.id


def test_a_rollout_goes_first(project):
    """What is tried beside a release is what came last, so it is what goes."""
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    project.commit({"gitops/overlays/test/rollout/state.yaml": b"kind: nonsense\n"})

    with pytest.raises(RolloutError):
        back(project)
    with pytest.raises(PlanError, match="has a rollout under way"):
        back(project, to=ONE.id, automatic=False)


def test_the_end_of_a_rollout_is_not_the_fault_of_the_release(project):
    """The same report comes twice, and the first one has taken the candidate away."""
    state = "gitops/overlays/test/rollout/state.yaml"
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    failed = project.commit({state: b"kind: canary\n"})
    project.commit({state: None})

    with pytest.raises(NothingToDo, match=f"rolled out in test at {failed[:12]}.*is gone"):
        back(project, revision=failed)


def test_a_revision_is_needed(project):
    project.deploy("test", ONE)
    context = project.context()

    with pytest.raises(PlanError, match="needs --revision"):
        rollback_plan(context, "test", None, "p95", True, None)


def test_an_environment_without_a_release(project):
    with pytest.raises(PlanError, match="has no release"):
        back(project)


def test_the_reason_comes_from_the_analysis(tmp_path):
    run = {
        "kind": "AnalysisRun",
        "metadata": {"name": "model-v7"},
        "spec": {"metrics": [{"name": "p95", "provider": {"prometheus": {"query": "p95(x)"}}}]},
        "status": {
            "phase": "Failed",
            "metricResults": [
                {"name": "p95", "phase": "Failed", "measurements": [{"value": "[0.9]"}]}
            ],
        },
    }
    file = tmp_path / "run.json"
    file.write_text(json.dumps(run))

    reason, details = read_reason(None, file)
    assert "p95" in reason
    assert "p95(x)" in details
    assert read_reason("It was me", file)[0] == "It was me"
    assert read_reason("x", None) == ("x", "")
    assert read_reason(None, None) == ("", "")
    with pytest.raises(PlanError, match="cannot be read"):
        read_reason(None, tmp_path / "absent.json")
