"""The monthly report as a step of the monitoring pipeline."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.kpis import report
from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, load_kpi
from <<cookiecutter.package_name>>.kpis.month import Month
from <<cookiecutter.package_name>>.steps.report_value import report_value

ROOT = Path(__file__).parents[2]


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    """A book of last month, on a day on which its report is due."""
    monkeypatch.setattr(report, "DUE_DAY", 1)
    monkeypatch.setenv("PROJECT_ROOT", str(ROOT))
    monkeypatch.setenv("MONITORING_STATE", str(tmp_path))
    book(tmp_path, dict.fromkeys(load_kpi(ROOT / KPI_FILE).names, 100))
    return tmp_path


def month() -> Month:
    return Month.before(datetime.now(UTC).date())


def book(state: Path, counts: dict[str, int]) -> None:
    folder = state / "outcomes"
    folder.mkdir(exist_ok=True)
    (folder / f"{month().first}.json").write_text(json.dumps({"v7": counts}))


def test_it_is_made_once_and_told_to_the_log(state, caplog):
    with caplog.at_level(logging.INFO):
        made = report_value.entrypoint({})

    assert [Path(path).suffix for path in made] == [".md", ".html"]
    assert all(Path(path).parent == state / "reports" for path in made)
    assert f"in {month()}" in caplog.text
    assert "net benefit is" in caplog.text
    assert report_value.entrypoint({}) == []


def test_a_book_of_former_outcomes_stops_nothing_else(state, caplog):
    book(state, {"guessed": 5})

    assert report_value.entrypoint({}) == []

    assert "the report of last month cannot be made" in caplog.text
    assert not (state / "reports").exists()
