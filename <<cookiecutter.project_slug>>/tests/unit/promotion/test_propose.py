"""From a plan to a pull request: continued after every interruption, one for each environment."""

import pytest
from project import release

from <<cookiecutter.package_name>>.promotion import propose as module
from <<cookiecutter.package_name>>.promotion.context import refused
from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, release_file
from <<cookiecutter.package_name>>.promotion.plans import (
    NothingToDo,
    PlanError,
    plan_promotion,
    plan_rollback,
)
from <<cookiecutter.package_name>>.promotion.propose import propose
from <<cookiecutter.package_name>>.promotion.repository import Repository, StaleError

ONE, TWO = release(1), release(2)


@pytest.fixture(params=["project", "alone"])
def either(request):
    """With a remote, and without one."""
    return request.getfixturevalue(request.param)


def pulls(project, state="open"):
    return project.forge.pull_requests(state)


def test_a_release_walks_through_all_environments(either):
    either.release(ONE, merge=True)
    assert either.runs("dev") == ONE.id
    for before, after in (("dev", "test"), ("test", "staging"), ("staging", "prod")):
        either.report(before)
        done = either.promote(after, merge=True)
        assert (done.pull.state, refused(list(done.findings))) == ("merged", [])
        assert either.runs(after) == ONE.id

    assert {either.context().base.read(release_file(name)) for name in ("dev", "prod")} == {
        ONE.to_yaml()
    }
    assert [pull.state for pull in pulls(either, "all")] == ["merged"] * 4
    log = either.context().repository.log_of(release_file("prod"), either.head)
    assert [change.author for change in log] == ["Ann"]


def test_the_same_again_is_the_same(project):
    project.deploy("dev", ONE)
    first = project.promote("test").pull
    again = project.promote("test").pull

    assert (again.number, again.head, again.branch) == (first.number, first.head, first.branch)
    assert len(pulls(project, "all")) == 1


def test_a_run_that_was_cut_off_before_the_pull_request(project, monkeypatch):
    project.deploy("dev", ONE)

    def unreachable(self, *arguments):
        raise ForgeError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(LocalForge, "open", unreachable)
        with pytest.raises(ForgeError, match="no network"):
            project.promote("test")
    head = Repository(project.root).branch(f"promote/test/{ONE.id}")
    assert head is not None and pulls(project) == []

    assert project.promote("test").pull.head == head


def test_a_run_that_was_cut_off_before_the_merge(project, monkeypatch):
    project.deploy("dev", ONE)
    project.report("dev")

    def unreachable(self, *arguments):
        raise ForgeError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(LocalForge, "merge", unreachable)
        with pytest.raises(ForgeError):
            project.promote("test", merge=True)

    assert project.promote("test", merge=True).pull.state == "merged"
    with pytest.raises(NothingToDo):
        project.promote("test", merge=True)


def test_a_refused_merge_leaves_the_pull_request_open(project):
    project.deploy("dev", ONE)

    done = project.promote("test", merge=True)

    assert done.pull.state == "open"
    assert [finding.rule for finding in refused(list(done.findings))] == ["health"]
    (status,) = project.forge.statuses(done.pull.head)
    assert (status.context, status.state) == ("promotion", "failure")
    assert status.description.startswith("health: dev is not known to be healthy")
    project.report("dev")
    assert project.promote("test", merge=True).pull.state == "merged"


def test_another_release_has_to_wait_or_replaces(project):
    project.deploy("dev", ONE)
    first = project.promote("test").pull
    project.deploy("dev", TWO)

    with pytest.raises(PlanError, match=f"{first.title}.*--replace"):
        project.promote("test")
    assert Repository(project.root).branch(f"promote/test/{TWO.id}") is None
    done = project.promote("test", replace=True)

    assert [pull.number for pull in done.closed] == [first.number]
    assert [pull.branch for pull in pulls(project)] == [f"promote/test/{TWO.id}"]
    closed = pulls(project, "closed")[0]
    assert closed.body.endswith(f"Replaced by #{done.pull.number}: {done.pull.title}\n")


def test_pull_requests_of_other_environments_do_not_count(project):
    project.deploy("dev", ONE)
    project.deploy("test", ONE)
    project.promote("staging")
    project.deploy("dev", TWO)

    assert project.promote("test").pull.state == "open"
    assert len(pulls(project)) == 2


def test_a_rollback_is_not_held_up_by_a_promotion(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)
    project.deploy("dev", ONE)
    waiting = project.promote("test").pull
    context = project.context()
    earlier = context.earlier("test")
    plan = plan_rollback(context.base, "test", earlier, None, "slow", "Ann", context.now)

    done = propose(context, plan, "text", merge=True)

    assert done.pull.state == "merged"
    assert project.runs("test") == ONE.id
    assert [pull.number for pull in pulls(project)] == [waiting.number]


def test_two_at_the_same_time_leave_one_open(project, monkeypatch):
    project.deploy("dev", ONE)
    slow = project.context()
    plan = plan_promotion(slow.base, "test")
    looked = module._others

    def meanwhile(context, of):
        """After the first look, somebody else is quicker with another release."""
        monkeypatch.setattr(module, "_others", looked)
        found = looked(context, of)
        project.deploy("dev", TWO)
        project.promote("test")
        return found

    monkeypatch.setattr(module, "_others", meanwhile)
    with pytest.raises(PlanError, match=f"Promote {TWO.id} to test"):
        propose(slow, plan, "text")

    assert [pull.branch for pull in pulls(project)] == [f"promote/test/{TWO.id}"]


def test_two_with_the_same_release_share_one(project, monkeypatch):
    project.deploy("dev", ONE)
    context = project.context()
    plan = plan_promotion(context.base, "test")
    push = Repository.push

    def late(self, *arguments):
        monkeypatch.setattr(Repository, "push", push)
        project.now = project.now.replace(hour=10)
        project.promote("test")
        return push(self, *arguments)

    monkeypatch.setattr(Repository, "push", late)
    done = propose(context, plan, "text")

    assert [pull.number for pull in pulls(project, "all")] == [done.pull.number]


def test_a_stale_branch_is_brought_up_to_date(project):
    project.deploy("dev", ONE)
    first = project.promote("test").pull
    project.commit({"gitops/overlays/test/settings.yaml": b"replicas: 3\n"})

    again = project.promote("test")

    assert again.pull.number == first.number
    assert again.pull.head != first.head
    assert "fresh" not in [finding.rule for finding in refused(list(again.findings))]
    text = Repository(project.root).read(again.pull.head, "gitops/overlays/test/settings.yaml")
    assert text == b"replicas: 3\n"


def test_a_branch_stays_what_was_reviewed_while_others_work(project):
    project.deploy("dev", ONE)
    first = project.promote("test").pull
    project.commit({"README.md": b"unrelated\n"})

    assert project.promote("test").pull.head == first.head


def test_commits_of_somebody_else_are_not_thrown_away(project):
    project.deploy("dev", ONE)
    project.branch_off(f"promote/test/{ONE.id}", {"README.md": b"mine\n"})

    with pytest.raises(PlanError, match="holds commits that this tool did not make; delete it"):
        project.promote("test")

    first = project.context()
    plan = plan_promotion(first.base, "test")
    repository = first.repository
    own = repository.commit_files(first.base.commit, plan.files, plan.message)
    more = repository.commit_files(own, {"README.md": b"x"}, plan.message)
    repository.push(plan.branch, more, repository.branch(plan.branch))
    with pytest.raises(PlanError, match="did not make"):
        project.promote("test")


def test_a_release_comes_back_over_an_old_branch(project):
    project.deploy("dev", ONE)
    project.report("dev")
    project.promote("test", merge=True)
    head = Repository(project.root).head()
    Repository(project.root).push(f"promote/test/{ONE.id}", head, None)
    project.deploy("test", TWO)

    assert project.promote("test", merge=True).pull.state == "merged"
    assert project.runs("test") == ONE.id


def test_what_differs_only_in_time_is_the_same(project):
    project.deploy("test", ONE)
    project.deploy("test", TWO)

    def roll_back():
        context = project.context()
        earlier = context.earlier("test")
        plan = plan_rollback(context.base, "test", earlier, None, "slow", "Ann", context.now)
        return propose(context, plan, "text").pull

    first = roll_back()
    project.now = project.now.replace(hour=11)
    assert roll_back() == first
    assert b"T09:30:00+00:00" in (Repository(project.root).read(first.head, BLOCKED) or b"")


def test_a_branch_that_never_rests(project, monkeypatch):
    project.deploy("dev", ONE)

    def late(self, *arguments):
        raise StaleError("somebody else was quicker")

    monkeypatch.setattr(Repository, "push", late)
    with pytest.raises(PlanError, match="keeps changing"):
        project.promote("test")


def test_elsewhere_the_forge_decides(project, monkeypatch):
    """On GitHub and GitLab CI sets the status, and the forge merges when it is good."""
    asked = []
    monkeypatch.setattr(LocalForge, "name", "github")
    monkeypatch.setattr(LocalForge, "merge", lambda self, number, head: asked.append(head))
    project.deploy("dev", ONE)

    project.promote("test", merge=True)

    (pull,) = pulls(project)
    assert asked == [pull.head]
    assert project.forge.statuses(pull.head) == []
