"""Working commands write records where machines read them, and text where people do."""

import json
import logging
import subprocess
import sys

import pytest

from <<cookiecutter.package_name>> import console, settings
from <<cookiecutter.package_name>>.labelling import LabelError


@pytest.fixture
def records(capsys, monkeypatch):
    """Run work as the command ``train`` and return its status and records."""
    monkeypatch.setenv("MODEL_NAME", "credit-risk")
    monkeypatch.setenv("MLOPS_ENVIRONMENT", "staging")

    def run(work, command="train"):
        status = console.run(command, work)
        out, err = capsys.readouterr()
        assert err == ""
        return status, [json.loads(line) for line in out.splitlines()]

    return run


def test_all_that_is_written_is_a_record(records):
    def work():
        print("one\ntwo", end="")
        print(" more")
        print("\rdone\r", end="")
        print("an error", file=sys.stderr)
        logging.getLogger(console.__name__).info("three", extra={"ecs": {"ml.rows": 3}})
        print("unfinished", end="")
        return 3

    status, found = records(work)

    assert status == 3
    messages = [record["message"] for record in found]
    assert messages[:6] == ["train started", "one", "two more", "done", "an error", "three"]
    assert messages[6:] == ["train finished", "unfinished"]
    assert found[4]["log.level"] == "warning" and found[4]["log.logger"] == "stderr"
    assert found[5]["ml.rows"] == 3
    assert {record["event.dataset"] for record in found} == {"ml.training"}
    assert {record["service.name"] for record in found} == {"credit-risk"}
    assert {record["service.environment"] for record in found} == {"staging"}
    end = found[6]
    assert end["event.action"] == "command_finished" and end["event.outcome"] == "success"
    assert end["process.exit_code"] == 3 and end["event.duration"] > 0
    assert end["ml.command"] == "train"


def test_a_mistake_of_the_caller_has_no_trace(records):
    def work():
        raise LabelError("no such file; name another one")

    status, found = records(work, "label")

    assert status == 1
    assert found[-1]["event.dataset"] == "ml.label"
    assert found[-1]["event.outcome"] == "failure" and found[-1]["log.level"] == "error"
    assert found[-1]["error.type"] == "LabelError"
    assert "error.stack_trace" not in found[-1]


def test_a_fault_has_its_trace(records):
    def work():
        raise ZeroDivisionError("a fault of ours")

    status, found = records(work)

    assert status == 1
    assert found[-1]["error.type"] == "ZeroDivisionError"
    assert "test_console.py" in found[-1]["error.stack_trace"]


def test_everything_is_as_before_afterwards(records):
    before = sys.stdout, sys.stderr, list(logging.getLogger().handlers)

    records(lambda: 0)

    assert (sys.stdout, sys.stderr, logging.getLogger().handlers) == before
    assert console.service() is None


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, "text"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "json"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "LOG_FORMAT": "text"}, "text"),
        ({"LOG_FORMAT": " JSON "}, "json"),
        ({"LOG_FORMAT": "xml"}, "text"),
    ],
)
def test_who_gets_records(monkeypatch, variables, expected):
    for name in ("LOG_FORMAT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert settings.log_format() == expected
    assert console.wanted("train") == (expected == "json")
    # Its output is read by shells.
    assert not console.wanted("champion")


def test_a_command_line(tmp_path):
    """As a container starts it: nothing but records, whatever goes wrong."""
    package = console.__name__.split(".")[0]
    done = subprocess.run(
        [sys.executable, "-m", package, "label", "missing.csv"],
        cwd=tmp_path,
        env={"LOG_FORMAT": "json", "PYTHONPATH": str(settings.Path(settings.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["event.action"] for record in found] == ["command_started", "command_finished"]
    assert "missing.csv" in found[-1]["error.message"]
