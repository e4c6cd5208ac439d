"""`make check-queries` on a real Prometheus that has none of this model's series."""

from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.observe.checking import REASONS, read_reasons

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def checkout(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("PROJECT_ROOT", raising=False)


def test_what_is_empty_is_listed(prometheus, tmp_path, capsys):
    more = tmp_path / "more.yaml"
    more.write_text("groups: [{rules: [{record: a, expr: 'ml:nobody'}, {alert: B, expr: up > 2}]}]")
    reasons = tmp_path / "reasons.yaml"
    reasons.write_text("- {query: alert/B, reason: There are never more than one of them}")

    asked = ["check-queries", prometheus.address, "--also", str(more), "--reasons", str(reasons)]
    assert main(asked) == 1

    said = capsys.readouterr().out
    assert "recording/a in more.yaml: empty" in said
    assert "alert/B" not in said
    assert "panel/model-operations/Requests by answer/A in observability/cluster" in said
    # Constants have data wherever they are asked for.
    assert "recording/ml:threshold/error_budget" not in said
    assert said.splitlines()[-1].endswith("without data and without a reason")


def test_the_reasons_of_this_repository_can_be_read():
    assert all(reason.reason.endswith(".") for reason in read_reasons(ROOT / REASONS))


def test_no_prometheus_is_one_message(capsys):
    assert main(["check-queries", "http://127.0.0.1:9"]) == 1
    assert "http://127.0.0.1:9 does not answer" in capsys.readouterr().err
