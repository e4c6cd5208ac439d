"""The command line: what can be typed, and what is said when something is wrong."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import __main__, commands, labelling
from <<cookiecutter.package_name>>.dashboards import command as dashboards
from <<cookiecutter.package_name>>.kpis import command as kpis
from <<cookiecutter.package_name>>.observe import command as observe
from <<cookiecutter.package_name>>.promotion import cli, rollout_cli, status_cli

PACKAGE = Path(commands.__file__).parent


LINES = [
    ("data", commands.data, {}),
    ("ingest", commands.ingest, {}),
    ("prepare", commands.prepare, {}),
    ("reference", commands.reference, {}),
    ("push-data", commands.push_data, {}),
    ("pull-data", commands.pull_data, {}),
    (
        "train",
        commands.train,
        {"config": Path("configs/training.yaml"), "revision": None, "no_cache": False},
    ),
    (
        "train --config other.yaml --revision v1 --no-cache",
        commands.train,
        {"config": Path("other.yaml"), "revision": "v1", "no_cache": True},
    ),
    (
        "monitor",
        commands.monitor,
        {
            "config": Path("configs/monitoring.yaml"),
            "batch": None,
            "output": None,
            "findings_exit": 3,
        },
    ),
    (
        "monitor --config other.yaml --batch new.csv --output pages --findings-exit 0",
        commands.monitor,
        {
            "config": Path("other.yaml"),
            "batch": "new.csv",
            "output": Path("pages"),
            "findings_exit": 0,
        },
    ),
    (
        "compare",
        commands.compare,
        {"last": 10, "output": Path("artifacts/reports/compare.html")},
    ),
    (
        "compare --last 3 --output page.html",
        commands.compare,
        {"last": 3, "output": Path("page.html")},
    ),
    (
        "schema --target y",
        commands.schema,
        {"target": "y", "source": None, "id": None, "write": False},
    ),
    (
        "schema --target y --source x.csv --id row --write",
        commands.schema,
        {"target": "y", "source": Path("x.csv"), "id": "row", "write": True},
    ),
    (
        "label answers.csv",
        labelling.run,
        {"file": Path("answers.csv"), "event_id": None, "label": None, "at": ""},
    ),
    ("kpi-rules", kpis.write_rules, {}),
    (
        "kpi-report --month 2026-10 --ledger book --output pages",
        kpis.write_report,
        {"month": "2026-10", "ledger": Path("book"), "output": Path("pages")},
    ),
    ("dashboards", dashboards.dashboards, {"output": None}),
    ("observe", observe.observe, {"seconds": 60, "faults": False, "keep": False}),
    (
        "observe --seconds 9 --faults --keep",
        observe.observe,
        {"seconds": 9, "faults": True, "keep": True},
    ),
    (
        "check-queries http://host:9090 --environment prod --also x.json --also y.yaml",
        observe.check_queries,
        {
            "prometheus": "http://host:9090",
            "environment": "prod",
            "also": [Path("x.json"), Path("y.yaml")],
            "reasons": None,
        },
    ),
    ("champion", commands.champion, {"bundle": False}),
    ("champion --bundle", commands.champion, {"bundle": True}),
    ("verify some/bundle", commands.verify, {"bundle": Path("some/bundle")}),
    (
        "example-request --rows 3",
        commands.example_request,
        {"rows": 3},
    ),
    (
        "example-batch new.csv",
        commands.example_batch,
        {"file": Path("new.csv"), "rows": 200, "shifted": False},
    ),
    (
        "example-batch new.csv --rows 9 --shifted",
        commands.example_batch,
        {"file": Path("new.csv"), "rows": 9, "shifted": True},
    ),
]


@pytest.mark.parametrize(("line", "run", "options"), LINES)
def test_every_command_has_its_function_and_options(line, run, options):
    found = vars(__main__.parser().parse_args(line.split()))

    command = line.split()[0]
    assert found == {"command": command, "run": run, **options}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: COMMAND"),
        ("retrain", "invalid choice: 'retrain'"),
        ("schema", "required: --target"),
        ("verify", "required: bundle"),
        ("compare --last many", "invalid int value: 'many'"),
        ("train now", "unrecognized arguments: now"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_the_usage(capsys, line, message):
    with pytest.raises(SystemExit) as ended:
        __main__.main(line.split())

    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def promoting() -> set[str]:
    """The commands that promote, whose lines are in unit/promotion."""
    found: dict[str, argparse.ArgumentParser] = {}

    def add(name: str, run, text: str) -> argparse.ArgumentParser:
        return found.setdefault(name, argparse.ArgumentParser())

    for part in (cli, rollout_cli, status_cli):
        part.add_commands(add)
    return set(found)


def test_help_tells_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        __main__.main(["--help"])

    assert ended.value.code == 0
    text = capsys.readouterr().out
    (choices,) = (
        action.choices
        for action in __main__.parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    assert set(choices) == {line.split()[0] for line, _, _ in LINES} | promoting()
    words = text.split()
    assert set(choices) <= set(words)


def test_the_exit_status_is_that_of_the_command(monkeypatch):
    monkeypatch.setattr(commands, "monitor", lambda arguments: 3)

    assert __main__.main(["monitor"]) == 3


def test_an_error_that_a_person_can_mend_is_one_message(capsys, tmp_path):
    assert __main__.main(["verify", str(tmp_path)]) == 1

    said = capsys.readouterr()
    assert said.err == f"error: {tmp_path} is no bundle: bundle.json is missing\n"
    assert said.out == ""


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    # Twice what a pipe holds, so that the second half meets a closed one.
    script = (
        f"from {PACKAGE.name} import __main__, commands\n"
        "commands.data = lambda arguments: print('line\\n' * 30_000) or 0\n"
        "raise SystemExit(__main__.main(['data']))\n"
    )
    shell = 'set -o pipefail; "$1" -c "$2" | head -1'
    done = subprocess.run(
        ["bash", "-c", shell, "bash", sys.executable, script], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "line\n", "")


def test_any_other_error_keeps_its_traceback(monkeypatch):
    def fail(arguments: argparse.Namespace) -> int:
        raise KeyError("a mistake in the code")

    monkeypatch.setattr(commands, "verify", fail)

    with pytest.raises(KeyError):
        __main__.main(["verify", "bundle"])


def test_nothing_is_sent_unless_somebody_wants_it():
    code = "import json, os, runpy, sys; runpy.run_module(sys.argv[1] + '.__main__');"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} print(json.dumps(dict(os.environ)))", PACKAGE.name],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(PACKAGE.parent), "ZENML_ANALYTICS_OPT_IN": "true"},
    )

    found = json.loads(done.stdout)
    switches = {"MLFLOW_DISABLE_TELEMETRY": "true", "DVC_NO_ANALYTICS": "1", "DO_NOT_TRACK": "1"}
    assert found.items() >= switches.items()
    assert found["ZENML_ANALYTICS_OPT_IN"] == "true"


def test_the_package_can_be_run(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", PACKAGE.name, "verify", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
    )

    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path} is no bundle: bundle.json is missing\n"
