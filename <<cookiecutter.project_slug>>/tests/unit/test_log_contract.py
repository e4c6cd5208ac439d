"""The contract of logs finds what breaks it, and lines of commands keep it."""

import json
import logging
import sys
from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import console

sys.path.insert(0, str(Path(__file__).parents[1]))

from log_contract import FIELDS, check, faults

GOOD = {
    "@timestamp": "2026-05-01T12:00:00.000+00:00",
    "ecs.version": "9.4.0",
    "log.level": "info",
    "message": "hello",
    "event.dataset": "ml.serving",
    "service.name": "model",
    "service.environment": "dev",
}


def test_a_good_line():
    features = {"ml.features": {"mean radius": 1.5, "region": None}}
    assert check(json.dumps(GOOD | features)) == [GOOD | features]
    mesh = {name: GOOD[name] for name in GOOD if not name.startswith("service")}
    mesh |= {"event.dataset": "mesh.access"}
    # A proxy writes null for what a request does not have.
    assert not faults(json.dumps(mesh | {"trace.id": None}))
    assert faults(json.dumps(mesh | {"trace.id": 1}))


@pytest.mark.parametrize(
    "change, said",
    [
        ({"colour": "red"}, "colour is not in docs/reference/logs.md"),
        ({"ml.colour": "red"}, "ml.colour is not in"),
        ({"event.duration": 1.5}, "event.duration is 1.5 and no long"),
        ({"event.duration": True}, "and no long"),
        ({"http.response.status_code": "200"}, "and no long"),
        ({"ml.model.run_id": None}, "ml.model.run_id is None"),
        ({"@timestamp": "2026-05-01T12:00:00"}, "no date"),
        ({"@timestamp": "2026-05-01T12:00:00+02:00"}, "no date"),
        ({"ml.prediction.score": float("nan")}, "no JSON"),
        ({"log.level": "INFO"}, "log.level is 'INFO'"),
        ({"event": {"action": "x"}}, "event is a value and an object"),
        ({"ml.features": 1}, "and no object"),
    ],
)
def test_what_breaks_it(change, said):
    assert any(said in fault for fault in faults(json.dumps(GOOD | change)))


def test_what_is_no_record():
    assert faults("hello") and faults("[1]") and faults("")
    assert "no service.name" in faults(json.dumps({**GOOD} | {"x": 1}).replace("service.name", "x"))
    assert any("twice" in fault for fault in faults(json.dumps(GOOD)[:-1] + ', "message": "x"}'))
    with pytest.raises(AssertionError, match="no JSON"):
        check("plain")


def test_the_table_was_read():
    assert FIELDS["event.duration"] == "long" and FIELDS["ml.features"] == "object"
    assert len(FIELDS) > 40


def test_what_commands_write(capsys):
    def work():
        print("done")
        logging.getLogger(console.__name__).warning("odd\n%s", float("nan"))
        raise RuntimeError("broken")

    assert console.run("train", work) == 1
    records = check(capsys.readouterr().out)
    assert [record.get("event.action") for record in records][::3] == [
        "command_started",
        "command_finished",
    ]
