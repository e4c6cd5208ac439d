"""What follows from a finding."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from event_lines import NOW
from test_measures import OBSERVATION

from <<cookiecutter.package_name>>.observations import reactions
from <<cookiecutter.package_name>>.observations.reactions import issue_text, react
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.promotion.forges.issues import LocalIssues
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


def test_the_text_of_an_issue_has_findings_and_figures():
    text = issue_text(FOUND, NOW)

    assert "2026-11-28 12:00 UTC in 400 predictions (120 recent, 300 labelled)" in text
    assert "- drift: 3 of 6 features drifted" in text and "- not logged" in text
