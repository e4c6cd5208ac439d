"""Rows go out as requests whose ids name them; labels come back for what was logged."""

import csv
import json
from datetime import datetime

import pandas as pd

from <<cookiecutter.package_name>>.observe.traffic import write_labels, write_rows
from <<cookiecutter.package_name>>.schema import Schema

SCHEMA = Schema.model_validate(
    {
        "target": {"name": "kind", "classes": ["a", "b"]},
        "features": [
            {"name": "size", "type": "number", "nullable": True},
            {"name": "count", "type": "integer"},
        ],
    }
)


def test_rows_are_plain_json(tmp_path):
    rows = pd.DataFrame({"kind": ["a", "b"], "count": [1, 2], "size": [0.5, None]})
    write_rows(tmp_path / "rows.json", rows, SCHEMA)

    content = json.loads((tmp_path / "rows.json").read_text())
    assert content == {"columns": ["size", "count"], "rows": [[0.5, 1], [None, 2]]}


def test_labels_are_the_truth_of_the_rows_that_were_asked_about(tmp_path):
    at = "2026-01-02T03:04:05.678+00:00"
    events = [
        {"event.dataset": "ml.prediction", "event.id": "rows-2.0-a1-1", "@timestamp": at},
        {"event.dataset": "ml.prediction", "event.id": "rows-2.0-a1-0", "@timestamp": at},
        {"event.dataset": "ml.prediction", "event.id": "somebody-0", "@timestamp": at},
        {"event.dataset": "ml.serving", "http.request.id": "rows-2.0-a1"},
    ]
    log = tmp_path / "events.ndjson"
    log.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events))

    path = tmp_path / "labels" / "labels.csv"
    assert write_labels(path, log, ["a", "b", "b"], 1.0, 60) == 2

    with path.open() as file:
        labels = {row["event_id"]: row for row in csv.DictReader(file)}
    assert {key: row["label"] for key, row in labels.items()} == {
        "rows-2.0-a1-1": "a",
        "rows-2.0-a1-0": "b",
    }
    for row in labels.values():
        assert datetime.fromisoformat(row["labelled_at"]) > datetime.fromisoformat(at)
    assert write_labels(path, log, ["a", "b", "b"], 0.0, 60) == 0


def test_a_prediction_that_is_still_being_written_has_no_label(tmp_path):
    log = tmp_path / "events.ndjson"
    log.write_text('{"event.dataset":"ml.prediction","event.id":"rows-2.0')
    assert write_labels(tmp_path / "labels.csv", log, ["a", "b", "b"], 1.0, 60) == 0
