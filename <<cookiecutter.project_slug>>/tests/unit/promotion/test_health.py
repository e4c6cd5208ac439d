"""Health of an environment: the newest commit that Argo CD spoke about, whatever the clocks say."""

from datetime import UTC, datetime, timedelta

import pytest
from project import release

from <<cookiecutter.package_name>>.promotion.forges import Status


class Saying:
    """A forge that only knows statuses: (commit, context, state, minutes from now)."""

    def __init__(self, now, *said):
        self._now, self._said = now, said
        self.asked = []

    def statuses(self, commit):
        self.asked.append(commit)
        return [
            Status(context, state, f"{state} at {at}", self._now + timedelta(minutes=at))
            for name, context, state, at in self._said
            if name == commit
        ]


@pytest.fixture
def history(project):
    """Commits of an environment's life: before, released, and two unrelated ones."""
    before = project.head
    return [
        before,
        project.deploy("test", release(1)),
        project.commit({"README.md": b"2"}),
        project.commit({"README.md": b"3"}),
    ]


def health(project, *said):
    context = project.context(forge=Saying(project.now, *said))
    return context.health("test")


def test_the_answer_may_stand_at_a_younger_commit(project, history):
    found = health(project, (history[2], "argocd/test", "success", -3))

    assert (found.state, found.commit) == ("success", history[2])
    assert found.environment == "test"


def test_the_order_of_commits_decides_and_not_the_clock(project, history):
    found = health(
        project,
        (history[1], "argocd/test", "success", -1),
        (history[2], "argocd/test", "failure", -50),
    )

    assert (found.state, found.description) == ("failure", "failure at -50")


def test_what_was_said_of_an_earlier_release_does_not_count(project, history):
    found = health(project, (history[0], "argocd/test", "success", -1))

    assert found.state == "unknown"
    assert f"has not reported test since {history[1][:12]}" in found.description


def test_other_environments_do_not_count(project, history):
    assert health(project, (history[1], "argocd/dev", "success", -1)).state == "unknown"


def test_a_status_from_the_future_is_not_believed(project, history):
    found = health(project, (history[1], "argocd/test", "success", 45))

    assert found.state == "unknown"
    assert "is dated 45 minutes in the future; set the clocks" in found.description


def test_clocks_may_differ_a_little(project, history):
    assert health(project, (history[1], "argocd/test", "success", 4)).state == "success"


def test_an_environment_without_a_release(project):
    assert "test has no release yet" in health(project).description


def test_the_forge_is_asked_no_further_than_needed(project, history):
    forge = Saying(datetime.now(UTC), (history[2], "argocd/test", "success", -1))
    context = project.context(forge=forge)

    context.health("test")
    assert forge.asked == [history[3], history[2]]
