"""The load test passes on a healthy server and fails when its budget is broken."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers import ROOT, make_bundles

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    return make_bundles(tmp_path_factory.mktemp("store"))


def run(bundle, output, **limits):
    """Five seconds with three users, and the budget's lines replaced by ``limits``."""
    lines = (HERE / "budget.yaml").read_text().splitlines()
    for key, value in limits.items():
        name = key.replace("_", " ") if key in ("one_row", "batch", "invalid") else key
        lines = [
            f"{line.partition(name)[0]}{name}: {value}"
            if line.strip().startswith(f"{name}:")
            else line
            for line in lines
        ]
    budget = output / "budget.yaml"
    budget.write_text("\n".join(lines) + "\n")
    command = [sys.executable, HERE / "run.py", "--bundle", bundle, "--budget", budget]
    command += ["--output", output, "--users", "3", "--seconds", "5"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


# Generous: these tests are about the verdict, and their machine may be busy.
EASY = {"one_row": 5000, "batch": 5000, "invalid": 5000, "requests_per_second": 1}


@pytest.mark.parametrize("kind", ["project", "mixed"])
def test_a_healthy_server(bundles, tmp_path, kind):
    done = run(bundles[kind], tmp_path, **EASY)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "budget kept" in done.stdout
    assert "<html" in (tmp_path / "report.html").read_text().lower()
    with (tmp_path / "figures_stats.csv").open() as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    for name in ("one row", "batch", "invalid"):
        assert int(rows[name]["Request Count"]) > 0
        assert int(rows[name]["Failure Count"]) == 0
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["passed"] is True
    assert result["problems"] == []
    assert result["error_share"] == 0
    assert result["requests_per_second"] > 1
    assert set(result["p95_milliseconds"]) == {"one row", "batch", "invalid"}
    assert result["budget"]["p95_milliseconds"]["one row"] == EASY["one_row"]
    manifest = json.loads((Path(bundles[kind]) / "bundle.json").read_text())
    assert result["bundle_digest"] == manifest["digest"]


def test_an_impossible_latency(bundles, tmp_path):
    done = run(bundles["project"], tmp_path, **{**EASY, "one_row": 0})
    assert done.returncode == 1, done.stdout[-3000:]
    assert "budget broken: p95 of 'one row'" in done.stdout
    assert json.loads((tmp_path / "result.json").read_text())["passed"] is False
    assert (tmp_path / "report.html").is_file()


def test_a_server_that_fails(bundles, tmp_path):
    """Half of the values that its schema allows are too much for this model."""
    done = run(bundles["fragile"], tmp_path, **EASY)
    assert done.returncode == 1, done.stdout[-3000:]
    assert "of requests failed" in done.stdout
    assert "500 instead of 200" in (tmp_path / "figures_failures.csv").read_text()


def test_too_few_requests(bundles, tmp_path):
    done = run(bundles["project"], tmp_path, **{**EASY, "requests_per_second": 1_000_000})
    assert done.returncode == 1
    assert "requests a second, at least 1000000" in done.stdout
