"""What `make monitor` prints and writes; the pipeline is played by a stand-in."""

import argparse
from pathlib import Path
from types import SimpleNamespace

import pytest

from <<cookiecutter.package_name>> import monitor_command

OBSERVATION = {
    "model_version": "v7",
    "events": {"of_version": 400, "recent": 120},
    "drift": {
        "status": "drift",
        "columns": {
            "age": {"drifted": True, "score": 0.5, "threshold": 0.2},
            "income": {"drifted": False, "score": 0.0, "threshold": 0.2},
        },
    },
    "performance": {
        "metrics": {"all": {"accuracy": 0.8125}},
        "reference": {"accuracy": 0.9},
    },
    "labels": {"used": 300, "rejected": {"unknown": 2, "duplicate": 0, "late": 1, "invalid": 0}},
    "notes": ["not logged, so not measured: shoe size"],
    "findings": ["drift: 1 of 2 features drifted"],
}


def run(
    monkeypatch,
    tmp_path,
    observation,
    pushed=True,
    pages=("<p>a", "<p>b", "<p>c"),
    output=None,
) -> int:
    monkeypatch.setenv("PROJECT_ROOT", str(tmp_path))

    def made(**outputs):
        return SimpleNamespace(
            outputs={
                name: [SimpleNamespace(load=lambda value=value: value)]
                for name, value in outputs.items()
            }
        )

    names = ("predictions_report", "quality_report", "drift_report")
    steps = {
        "observe_predictions": made(
            observation=observation, **dict(zip(names, pages, strict=True))
        ),
        "push_observation": made(pushed=pushed),
        "answer_findings": made(answer="issue 3: https://example.com/3"),
    }
    done = SimpleNamespace(steps=steps)
    monkeypatch.setattr(monitor_command, "run_pipeline", lambda *a, **b: done)
    return monitor_command.run(
        argparse.Namespace(batch=None, config=Path("x.yaml"), output=output, findings_exit=3)
    )


def test_findings_are_told_with_what_they_rest_on(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, tmp_path, OBSERVATION) == 3

    said = capsys.readouterr().out
    for line in (
        "400 predictions of v7, 120 of them recent, 300 labelled",
        "drift: 1 of 2 columns over the limit",
        "  age: 0.500 over 0.2",
        "  accuracy                  0.8125  (evaluation 0.9000)",
        "labels not used: 2 unknown, 1 late",
        "  note: not logged, so not measured: shoe size",
        "  finding: drift: 1 of 2 features drifted",
        "issue 3: https://example.com/3",
    ):
        assert f"{line}\n" in said
    assert "not pushed" not in said
    assert (tmp_path / "artifacts/reports/monitoring-predictions.html").read_text() == "<p>a"


def test_pages_go_where_they_are_asked_for(monkeypatch, tmp_path):
    run(monkeypatch, tmp_path, OBSERVATION, output=tmp_path / "some" / "where")

    names = {path.name for path in (tmp_path / "some" / "where").iterdir()}
    assert names == {f"monitoring-{part}.html" for part in ("predictions", "quality", "drift")}
    assert not (tmp_path / "artifacts").exists()


def test_without_findings_it_ends_well(monkeypatch, tmp_path, capsys):
    quiet = {**OBSERVATION, "findings": [], "drift": None}
    old = tmp_path / "artifacts" / "reports" / "monitoring-drift.html"
    old.parent.mkdir(parents=True)
    old.write_text("of last week")

    assert run(monkeypatch, tmp_path, quiet, pushed=False, pages=("<p>a", "", "")) == 0

    said = capsys.readouterr().out
    assert "figures were not pushed: PUSHGATEWAY_URL is not set" in said
    assert "issue" not in said
    assert not old.exists()


@pytest.mark.parametrize("reference", [{}, {"accuracy": 0.9}])
def test_a_metric_without_reference_is_shown_alone(monkeypatch, tmp_path, capsys, reference):
    performance = {**OBSERVATION["performance"], "reference": reference}

    run(monkeypatch, tmp_path, {**OBSERVATION, "performance": performance})

    assert ("(evaluation 0.9000)" in capsys.readouterr().out) is bool(reference)
