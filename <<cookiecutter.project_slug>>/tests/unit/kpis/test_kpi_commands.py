"""The commands behind `make kpi-rules` and `make kpi-report`."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, load_kpi
from <<cookiecutter.package_name>>.kpis.month import Month
from <<cookiecutter.package_name>>.kpis.recording_rules import RULES_FILE

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for name in (KPI_FILE, RULES_FILE, Path("configs/schema.yaml"), Path("pyproject.toml")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("PROJECT_ROOT", str(tmp_path))
    monkeypatch.delenv("MONITORING_STATE", raising=False)
    return tmp_path


def test_rules_follow_the_file(checkout, capsys):
    before = (checkout / RULES_FILE).read_text()
    least = f"minimum_labels: {load_kpi(checkout / KPI_FILE).minimum_labels}"
    text = (checkout / KPI_FILE).read_text()
    (checkout / KPI_FILE).write_text(text.replace(least, "minimum_labels: 98765"))

    assert main(["kpi-rules"]) == 0

    after = (checkout / RULES_FILE).read_text()
    assert (before.count("vector(98765)"), after.count("vector(98765)")) == (0, 1)
    assert len(after.splitlines()) == len(before.splitlines())
    assert "commit both" in capsys.readouterr().out


def test_a_broken_file_changes_no_rules(checkout, capsys):
    before = (checkout / RULES_FILE).read_text()
    (checkout / KPI_FILE).write_text("currency: 5\n")

    assert main(["kpi-rules"]) == 1

    assert (checkout / RULES_FILE).read_text() == before
    assert "line 1: currency" in capsys.readouterr().err


def test_a_report_is_made_from_what_was_booked(checkout, capsys):
    names = load_kpi(checkout / KPI_FILE).names
    folder = checkout / "artifacts/monitoring/outcomes"
    folder.mkdir(parents=True)
    (folder / "2026-10-05.json").write_text(json.dumps({"v7": dict.fromkeys(names, 500)}))

    assert main(["kpi-report", "--month", "2026-10"]) == 0

    text = (checkout / "artifacts/reports/kpi/2026-10.md").read_text()
    assert f"{500 * len(names):,} decisions whose outcome is known" in text
    assert "2026-10.html" in capsys.readouterr().out


def test_another_book_and_another_folder_can_be_named(checkout):
    month = Month.before(datetime.now(UTC).date())
    (checkout / "book").mkdir()
    counts = dict.fromkeys(load_kpi(checkout / KPI_FILE).names, 5)
    (checkout / f"book/{month.first}.json").write_text(json.dumps({"v7": counts}))
    places = ["--ledger", str(checkout / "book"), "--output", str(checkout / "pages")]

    # Without a month it is the last whole one.
    assert main(["kpi-report", *places]) == 0

    text = (checkout / f"pages/{month.year}-{month.number:02}.md").read_text()
    assert f"in {month}\n" in text


def test_reading_the_book_loads_no_library_that_trains(checkout):
    package = main.__module__.partition(".")[0]
    command = [sys.executable, "-X", "importtime", "-m", package, "kpi-report"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert f"{package}.observations.ledger" in loaded
    assert not loaded & {"sklearn", "scipy", "zenml", "evidently"}


def test_without_a_book_the_report_says_what_to_do(checkout, capsys):
    assert main(["kpi-report", "--month", "2026-10"]) == 1
    assert "`make monitor` books decisions" in capsys.readouterr().err
    assert main(["kpi-report", "--month", "soon"]) == 1
    assert "write it as 2026-10" in capsys.readouterr().err
