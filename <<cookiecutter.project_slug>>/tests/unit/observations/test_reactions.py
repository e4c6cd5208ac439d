"""What follows from a finding."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from event_lines import NOW
from test_measures import OBSERVATION

from <<cookiecutter.package_name>>.observations import reactions
from <<cookiecutter.package_name>>.observations.reactions import issue_text, react
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.promotion.forges import issues
from <<cookiecutter.package_name>>.promotion.forges.issues import Issue, LocalIssues
from <<cookiecutter.package_name>>.settings import Observability, Settings

FOUND = {
    **OBSERVATION,
    "labels": {**OBSERVATION["labels"], "used": 300},
    "findings": ["drift: 3 of 6 features drifted"],
    "notes": ["not logged, so not measured: shoe size"],
}
ACCESS = Observability("credit-risk", environment="prod")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(tmp_path, "credit-risk", "sqlite://", tmp_path / "bundles", None)


@pytest.fixture
def trainings(monkeypatch) -> list[Path]:
    """Training is replaced: that it really runs is shown by the integration tests."""
    started: list[Path] = []

    def train(root: Path, log: Path) -> int:
        started.append(log)
        return len(started) - 1

    monkeypatch.setattr(reactions, "_train", train)
    return started


@pytest.mark.parametrize("on_finding", ["none", "retrain", "issue"])
def test_without_findings_nothing_is_done(settings, trainings, on_finding):
    quiet = {**FOUND, "findings": []}

    assert react(quiet, on_finding, settings, ACCESS, NOW) == "nothing to do"
    assert trainings == [] and not settings.monitoring_state.exists()


def test_none_only_says_so(settings, trainings):
    assert "nothing was done" in react(FOUND, "none", settings, ACCESS, NOW)
    assert trainings == []


def test_a_training_is_started_once_a_version_and_day(settings, trainings):
    def act(version="v7", days=0):
        found = {**FOUND, "model_version": version}
        return react(found, "retrain", settings, ACCESS, NOW + timedelta(days=days))

    first, again, other, tomorrow = act(), act(), act("v8"), act(days=1)

    assert "ended well" in first and "already started today because of v7" in again
    assert "ended with 1" in other and "ended with 2" in tomorrow
    assert len(trainings) == 3


def test_a_training_does_not_take_what_the_last_one_has_kept(tmp_path, monkeypatch):
    """Steps of an earlier run are no new model."""
    monkeypatch.setattr(reactions.sys, "executable", "/bin/echo")

    assert reactions._train(tmp_path, tmp_path / "log") == 0

    assert (tmp_path / "log").read_text().split()[2:] == ["train", "--no-cache"]


def test_a_training_that_could_not_be_remembered_is_not_started(settings, trainings):
    settings.monitoring_state.parent.mkdir()
    settings.monitoring_state.write_text("a file where a folder belongs")

    with pytest.raises(ObservationError, match="No training was started"):
        react(FOUND, "retrain", settings, ACCESS, NOW)

    assert trainings == []


def test_an_issue_is_opened_once_a_version_and_kept_up_to_date(settings):
    git = ["git", "-C", str(settings.root)]
    subprocess.run([*git, "init", "--quiet"], check=True)

    said = react(FOUND, "issue", settings, ACCESS, NOW)
    worse = {**FOUND, "findings": ["drift: 6 of 6 features drifted"]}
    react(worse, "issue", settings, ACCESS, NOW)
    react({**FOUND, "model_version": "v8"}, "issue", settings, ACCESS, NOW)

    assert said.startswith("issue 1: ")
    first, second = LocalIssues(settings.root).issues(reactions.LABEL)
    assert first.title == "Monitoring: credit-risk v7 in prod"
    assert "6 of 6" in first.body
    assert second.title == "Monitoring: credit-risk v8 in prod"


def test_an_issue_goes_to_the_repository_that_is_set_where_there_is_no_checkout(
    settings, monkeypatch
):
    asked = []
    known = Issue(7, "url", "title", "body", "open", (reactions.LABEL,))

    class Remembering:
        def open_issue(self, title, body, labels):
            asked.append(labels)
            return known

    def choose(root, url, name):
        asked.append(url)
        return Remembering()

    monkeypatch.setattr(issues, "choose_issues", choose)
    access = replace(ACCESS, repository="https://forge.example/team/project")

    assert react(FOUND, "issue", settings, access, NOW) == "issue 7: url"
    assert asked == [access.repository, (reactions.LABEL,)]


def test_the_text_of_an_issue_has_findings_and_figures():
    text = issue_text(FOUND, NOW)

    assert "2026-11-28 12:00 UTC in 400 predictions (120 recent, 300 labelled)" in text
    assert "- drift: 3 of 6 features drifted" in text and "- not logged" in text
