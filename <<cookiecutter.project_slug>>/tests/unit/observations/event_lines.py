"""Prediction events as the server prints them, and the columns that are read from them."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from <<cookiecutter.package_name>>.observations.predictions import Predictions, read_predictions
from <<cookiecutter.package_name>>.observations.records import Record, flat
from <<cookiecutter.package_name>>.schema import Schema

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)


def event(number: int = 0, at: datetime = NOW - timedelta(hours=1), **changes: Any) -> dict:
    """One event; names of ``changes`` have ``_`` for ``.``, and None takes a field away."""
    record = {
        "@timestamp": at.isoformat(timespec="milliseconds"),
        "event.dataset": "ml.prediction",
        "event.id": f"request-{number}",
        "service.version": "v1",
        "ml.model.version": "v1",
        "ml.prediction.class": "benign",
        "ml.prediction.score": 0.25,
        "ml.features": {"mean radius": 14.0, "mean texture": 20.0},
    }
    for name, value in changes.items():
        key = "@timestamp" if name == "timestamp" else name.replace("_", ".")
        record[key] = value
        if value is None:
            del record[key]
    return record


def nested(record: dict[str, Any]) -> dict[str, Any]:
    """The same as a shipper hands it on: dotted names become objects."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        *path, last = name.split(".")
        place = found
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def write(path: Path, records: Iterable[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


class Given:
    """A reader of records that are there already."""

    place = "here"
    broken = 0

    def __init__(self, *records: dict) -> None:
        self._records = records

    def records(self, dataset: str, since: datetime, until: datetime) -> Iterator[Record]:
        yield from map(flat, self._records)


def read(schema: Schema, *records: dict, since: datetime = SINCE) -> Predictions:
    return read_predictions(Given(*records), schema, since, NOW)
