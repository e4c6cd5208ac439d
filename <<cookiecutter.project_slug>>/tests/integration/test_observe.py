"""`make observe` on a trained model: real servers, load and monitoring, and a page with data."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from absent import absent

from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.observe.programs import MissingProgramsError, find_programs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def look(trained_once, tmp_path, monkeypatch, capsys):
    try:
        find_programs()
    except MissingProgramsError as error:
        absent(str(error))
    place = tmp_path / "checkout"
    shutil.copytree(trained_once, place, symlinks=True)
    monkeypatch.chdir(place)
    # The model's records keep the places of the original.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained_once / 'mlflow.db'}")
    shutil.copytree(ROOT / "observability", place / "observability", dirs_exist_ok=True)
    for part in (".venv", "gitops", "pyproject.toml", "tests"):
        if not (place / part).exists():
            (place / part).symlink_to(ROOT / part)
    assert main(["observe", "--seconds", "20", "--faults"]) == 0
    return capsys.readouterr().out, Path("artifacts/reports/observe/index.html").read_text("utf-8")


def test_every_panel_is_drawn_and_everything_is_stopped(look):
    said, page = look

    for name in ("Model operations", "Model quality and drift", "Business KPIs"):
        assert f"<h2>{name}</h2>" in page
    assert "page: " in said and "artifacts/reports/observe/index.html" in said
    assert re.findall("no data: (.*)", said) == []
    # The canary fails, and somebody is told.
    assert "alert: MLErrorBudgetBurn" in said and "<b>MLErrorBudgetBurn</b>" in page
    assert re.search(r"with [1-9][0-9,]* labels", said)
    running = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True).stdout
    assert str(Path.cwd() / "artifacts/observe") not in running
    # The pages of `make monitor` stay.
    reports = Path("artifacts/reports")
    assert (reports / "observe/monitoring-drift.html").stat().st_size > 10_000
    assert list(reports.glob("monitoring-*.html")) == []


def test_without_a_model_it_says_what_to_do(root, capsys, tmp_path, monkeypatch):
    for name in ("prometheus", "alertmanager", "pushgateway"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert main(["observe"]) == 1
    assert "make train" in capsys.readouterr().err
