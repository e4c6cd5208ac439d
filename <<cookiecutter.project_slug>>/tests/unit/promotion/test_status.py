"""What is read from a real repository and its forge: who, since when, what waits, what differs."""

import pytest
from project import NOW, release

from <<cookiecutter.package_name>>.promotion.blocked import Blocked, add_blocked
from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, release_file, rollout_file
from <<cookiecutter.package_name>>.promotion.plans import plan_promotion
from <<cookiecutter.package_name>>.promotion.propose import propose
from <<cookiecutter.package_name>>.promotion.rollout_state import Rollout
from <<cookiecutter.package_name>>.promotion.status import look

ONE, TWO = release(1), release(2)


def places(project, **changes):
    return {place.name: place for place in look(project.context(**changes)).places}


def test_before_the_first_release_all_is_empty(project):
    overview = look(project.context())

    assert [place.name for place in overview.places] == ["dev", "test", "staging", "prod"]
    assert {place.release for place in overview.places} == {None}
    assert {place.since for place in overview.places} == {None}
    assert {place.health.state for place in overview.places} == {"unknown"}
    assert (overview.branch, overview.commit, overview.forge) == ("deploy", project.head, "local")
    assert (overview.trouble, overview.blocked) == (None, ())


def test_it_tells_since_when_and_by_whom(project, monkeypatch):
    project.deploy("dev", ONE)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Sam")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-20T10:00:00+01:00")
    commit = project.deploy("dev", TWO)
    project.commit({"README.md": b"Other.\n"})

    dev = places(project)["dev"]

    assert dev.release == TWO.id
    assert (dev.since.commit, dev.since.author) == (commit, "Sam")
    assert dev.since.when.isoformat() == "2026-11-20T10:00:00+01:00"
    assert [item.release for item in dev.history] == [TWO.id, ONE.id]


def test_a_removed_release_is_history(project):
    project.deploy("dev", ONE)
    project.commit({release_file("dev"): None})

    dev = places(project)["dev"]

    assert (dev.release, dev.since) == (None, None)
    assert [item.release for item in dev.history] == [None, ONE.id]


@pytest.mark.parametrize("state", ["success", "failure", "pending"])
def test_it_tells_what_argo_cd_said(project, state):
    project.deploy("dev", ONE)
    project.report("dev", state)
    for number in range(12):
        project.commit({"README.md": f"{number}\n".encode()})

    assert places(project)["dev"].health.state == state


def test_each_commit_is_asked_about_once(project, monkeypatch):
    for name in ("dev", "test"):
        project.deploy(name, ONE)
    asked = []
    statuses = LocalForge.statuses
    monkeypatch.setattr(
        LocalForge, "statuses", lambda self, commit: asked.append(commit) or statuses(self, commit)
    )

    look(project.context())

    assert len(asked) == len(set(asked)) > 0


def test_what_the_source_has_is_offered_until_it_is_proposed(project):
    project.deploy("dev", ONE)
    project.report("dev")
    before = places(project)["test"]
    context = project.context()
    propose(context, plan_promotion(context.base, "test"), "text")

    after = places(project)["test"]

    assert (before.offered, before.waiting) == (ONE.id, ())
    assert after.offered is None
    assert [pull.branch for pull in after.waiting] == [f"promote/test/{ONE.id}"]
    assert places(project)["staging"].waiting == ()


def test_a_blocked_release_is_not_offered_and_is_told_where_it_runs(project):
    project.deploy("dev", ONE)
    entry = Blocked(ONE.id, "wrong", "2026-11-20T00:00:00Z", "Ann")
    project.commit({BLOCKED: add_blocked(None, entry, BLOCKED)})

    found = places(project)

    assert found["dev"].blocked == entry
    assert (found["test"].offered, found["test"].blocked) == (None, None)
    assert look(project.context()).blocked == (entry,)


def test_a_rollout_is_told_with_its_steps(project):
    project.deploy("prod", ONE)
    project.deploy("staging", TWO)
    canary = Rollout("canary", TWO.id, "staging", NOW, steps=(10, 100), step=1)
    path = rollout_file("prod", "state.yaml")
    project.commit({path: canary.to_yaml()}, "Start")
    prod = places(project)["prod"]
    project.commit({path: b"kind: broken\n"}, "Break")
    broken = places(project)["prod"]
    project.commit({path: None}, "End")

    after = places(project)["prod"]

    assert (prod.rollout, prod.offered) == (canary, None)
    assert [item.release for item in prod.trials] == [TWO.id]
    assert broken.rollout is None and "kind is 'broken'" in broken.trouble
    assert after.rollout is None
    assert [item.release for item in after.trials] == [None, None, TWO.id]
    assert after.offered == TWO.id


def test_a_broken_release_file_is_told_and_the_rest_with_it(project):
    project.deploy("dev", ONE)
    content = ONE.to_yaml().replace(b"team", b"evil")
    project.commit({release_file("test"): content})

    found = places(project)

    assert found["test"].release == ONE.id
    assert "changed by hand" in found["test"].trouble
    assert found["dev"].trouble is None


def test_own_settings_are_compared_with_the_source(project):
    project.deploy("prod", ONE)
    project.commit(
        {
            "gitops/overlays/prod/settings.yaml": b"replicas: 4\n",
            "gitops/overlays/prod/rollout/kustomization.yaml": b"kind: Component\n",
        }
    )

    found = places(project)

    (item,) = found["prod"].differs
    assert (item.file, item.key, item.source, item.here) == ("settings.yaml", "replicas", "1", "4")
    assert found["test"].differs == found["dev"].differs == ()


def test_windows_are_told_where_there_is_one(project):
    found = places(project)

    assert found["prod"].window[0] is True
    assert found["dev"].window is None


def test_without_the_forge_git_still_answers(project, monkeypatch):
    project.deploy("dev", ONE)

    def refuse(self, *arguments):
        raise ForgeError("no answer from forge.example.com")

    monkeypatch.setattr(LocalForge, "pull_requests", refuse)
    overview = look(project.context())

    assert overview.trouble == "no answer from forge.example.com"
    assert overview.places[0].release == ONE.id
    assert overview.places[0].health.description == "the forge was not reached"


def test_a_forge_that_fails_in_between_is_told_once(project, monkeypatch):
    project.deploy("dev", ONE)
    project.deploy("test", ONE)
    calls = []

    def refuse(self, commit):
        calls.append(commit)
        raise ForgeError("limits requests")

    monkeypatch.setattr(LocalForge, "statuses", refuse)
    overview = look(project.context())

    assert overview.trouble == "limits requests"
    assert {place.health.state for place in overview.places} == {"unknown"}
    assert len(calls) <= 8
