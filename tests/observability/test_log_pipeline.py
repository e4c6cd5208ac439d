"""The ingest pipeline and the templates with lines of every kind, and spoilt copies of them."""

import functools
import json
import time

import pytest

from tests.observability.log_checks import (
    PERSONAL,
    check_levels_and_times,
    check_no_explosion,
    check_place,
    check_redacted,
)
from tests.observability.stack import apply, changed_copy, clear, ship

# Shapes that no mapping would take as they are.
ODD = [
    {"log": {"level": {"a": 1}}, "@timestamp": {"x": 1}, "message": {"m": 1}},
    {"ml": "text", "http": {"request": "text"}, "trace": {"id": {"a": 1}}, "message": "odd"},
    {"message": "odd", "error": {"message": 5, "type": ["a", {"b": 1}]}, "tags": "one"},
    {"message": "odd", "event": {"duration": "long", "dataset": "ml.training", "id": "x" * 40000}},
    {"a.": 1, ".b": 2, "..": 3, "c..d": 4, "": 5, "message": "odd"},
    {"ml.features": [1, 2], "message": "odd"},
    {"ml.features": {"..": 1, "a.b": {"": 2}}, "message": "odd"},
    {"message": None, "@timestamp": "yesterday", "service": None},
    functools.reduce(lambda inner, _: {"a": inner}, range(300), {"message": "deep"}),
]


@pytest.fixture
def empty(engine):
    """The engine with what the job made, before any line."""
    clear(engine)
    apply(engine)
    yield engine
    clear(engine)


def test_features_never_become_fields(empty):
    check_no_explosion(empty)


@pytest.mark.parametrize(
    ("line", "level", "time"),
    [
        ("2026-11-28 13:00:00,250 ERROR the disk is full", "error", "2026-11-28T13:00:00.250Z"),
        ("2026-11-28T15:00:00.5+02:00 | WARN  | slow", "warning", "2026-11-28T13:00:00.500Z"),
        ("CRITICAL: no memory", "critical", None),
        ("[info] started", "info", None),
        ("no error at all", "info", None),
        ('{"message": "cut in the mid', "info", None),
        ("", "info", None),
    ],
)
def test_plain_lines_are_kept_and_marked(empty, line, level, time):
    ship(empty, [line], "ml.serving")
    (found,) = empty.documents("logs-ml.serving-dev")
    assert found["message"] == line and found["tags"] == ["not_json"]
    assert found["log"]["level"] == level
    assert found["@timestamp"] == (time or "2026-11-28T12:00:00.000Z")


def test_lines_that_filebeat_has_parsed_are_as_those_that_it_has_not(empty):
    read = {"@timestamp": "2026-11-28T12:00:00.000Z", "container": {"name": "model"}}
    line = {"@timestamp": "2026-11-28T13:00:00+00:00", "log.level": "WARN", "message": "slow"}
    line |= {"ml.features": {"a.b": 1}, "error": {"type": "json"}}
    said = {"error": {"type": "json", "message": "Error decoding JSON: invalid character"}}
    documents = [read | {"message": json.dumps(line)}, read | {"message": "", "line": line}]
    documents += [read | {"message": "plain"}, read | {"message": "plain", "line": said}]
    empty.index("logs-ml.serving-dev", documents)
    found = empty.documents("logs-ml.serving-dev")
    for each in found:
        assert each["event"].pop("ingested")
    plain, parsed = found[:2], found[2:]
    assert plain[0] == plain[1] and parsed[0] == parsed[1]
    assert plain[0]["tags"] == ["not_json"] and "error" not in plain[0]
    assert parsed[0]["message"] == "slow" and parsed[0]["error"] == {"type": "json"}
    assert parsed[0]["ml"]["features"] == {"a.b": 1} and "line" not in parsed[0]


def test_a_line_cannot_say_where_it_comes_from_or_goes(empty):
    check_place(empty)


@pytest.mark.parametrize("parsed", [False, True], ids=["as a line", "parsed on the way"])
def test_odd_shapes_are_kept(empty, parsed):
    documents = [{"@timestamp": "2026-11-28T12:00:00.000Z"} | each for each in ODD]
    taken = empty.index("logs-ml.training-dev", documents if parsed else list(map(json.dumps, ODD)))
    assert [each.get("error") for each in taken] == [None] * len(ODD)
    assert len(empty.documents("logs-ml.training-dev")) == len(ODD)
    check_levels_and_times(empty)


def test_a_time_that_cannot_be_read_is_told(empty):
    ship(empty, ['{"@timestamp": "yesterday", "message": "late"}'], "ml.training")
    (found,) = empty.documents("logs-ml.training-dev", {"term": {"tags": "time_unreadable"}})
    assert found["@timestamp"] == "2026-11-28T12:00:00.000Z"


def test_debug_lines_are_kept_everywhere_but_in_prod(engine, empty):
    apply(engine, "prod")
    noise = [json.dumps({"log.level": level, "message": level}) for level in ("DEBUG", "info")]
    for environment in ("dev", "prod"):
        ship(engine, noise, "ml.serving", environment)
    kept = [each["log"]["level"] for each in engine.documents("logs-ml.serving-dev")]
    assert sorted(kept) == ["debug", "info"]
    assert [e["log"]["level"] for e in engine.documents("logs-ml.serving-prod")] == ["info"]


def test_personal_data_is_redacted(empty):
    ship(empty, [json.dumps(PERSONAL)], "ml.serving")
    check_redacted(empty)


def test_a_failure_in_the_pipeline_keeps_the_line_tagged_and_redacted(engine, empty, tmp_path):
    # A processor that always fails stands before all others.
    first = '"processors": ['
    fail = '{"fail": {"message": "on purpose"}},'
    folder = changed_copy(tmp_path, "pipeline-ml-normalise.json", first, first + fail)
    apply(engine, folder=folder)
    document = {"@timestamp": "2026-11-28T12:00:00.000Z", "message": PERSONAL["message"]}
    document |= {"user": {"id": "patient-17", "name": "jane"}, "client": {"ip": "192.0.2.7"}}
    document |= {"error": {"message": PERSONAL["error.message"]}, "source": PERSONAL["source"]}
    engine.index("logs-ml.serving-dev", [document])
    (found,) = engine.documents("logs-ml.serving-dev", {"term": {"tags": "pipeline_failure"}})
    assert "on purpose" in found["pipeline_error"]
    check_redacted(engine)


# What a careless change would do, and the check that must see it.
SPOILT = {
    "new fields are mapped": (
        ("component-ml-ecs.json", '"dynamic": false', '"dynamic": true'),
        check_no_explosion,
    ),
    "a line chooses its index": (
        ("script-unfold.painless", "key.startsWith('_') ? 'other.'", "key == '' ? 'other.'"),
        check_place,
    ),
    "a line chooses its environment": (
        ("script-defaults.painless", "ctx.service.environment = stream", "String ignored = stream"),
        check_place,
    ),
    "levels stay as they are": (
        ("script-defaults.painless", ".toLowerCase()", ""),
        lambda engine: (
            ship(engine, ['{"level": "WARN"}'], "ml.x"),
            check_levels_and_times(engine),
        ),
    ),
    "mail addresses stay": (
        ("redaction.json", '"$patterns"', '{"trim": {"field": "message"}}'),
        lambda engine: (ship(engine, [json.dumps(PERSONAL)], "ml.serving"), check_redacted(engine)),
    ),
    "fields stay": (
        ("script-redact.painless", "for (String path : params.removed)", "for (String path : [])"),
        lambda engine: (ship(engine, [json.dumps(PERSONAL)], "ml.serving"), check_redacted(engine)),
    ),
    "the pipeline is not used": (
        ("component-ml-settings.json", '"index.default_pipeline": "ml-normalise",', ""),
        lambda engine: (ship(engine, ["plain"], "ml.serving"), check_levels_and_times(engine)),
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_copies_are_caught(engine, empty, tmp_path, name):
    change, check = SPOILT[name]
    clear(engine)
    apply(engine, folder=changed_copy(tmp_path, *change))
    with pytest.raises((AssertionError, KeyError)):
        check(engine)


def test_ten_thousand_lines_are_taken_in_a_minute(empty):
    text = '{"log.level": "info", "message": "m", "ml.features": {"a": 1}, "trace.id": "t"}'
    before = time.monotonic()
    for _ in range(5):
        ship(empty, [text] * 2000, "ml.serving")
    seconds = time.monotonic() - before
    # On two busy cores and a heap of half a gigabyte.
    assert seconds < 60, f"{10_000 / seconds:.0f} lines a second"
