"""Rows of the dataset as requests, and later, from the log of what was predicted, their labels."""

import csv
import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from ..schema import Schema

# Request ids name the rows that they ask about, so that their truth can be found again.
_EVENT = re.compile(r"rows-(?P<rows>[0-9.]+)-[0-9a-z]+-(?P<place>[0-9]+)")
SEED = 7


def write_rows(path: Path, rows: pd.DataFrame, schema: Schema) -> None:
    """Write the features of ``rows`` for the load test; missing values become null."""
    values = rows[schema.feature_names].astype(object)
    values = values.where(values.notna(), None)
    content = {"columns": schema.feature_names, "rows": values.values.tolist()}
    path.write_text(json.dumps(content, default=lambda value: value.item()), encoding="utf-8")


def write_labels(
    path: Path, events: Path, truth: list[object], share: float, delay_seconds: float
) -> int:
    """Write labels of a ``share`` of the logged predictions; return how many.

    A label is as old as its prediction and a time drawn around ``delay_seconds``, but no label is
    from the future.
    """
    chance, now = random.Random(SEED), datetime.now(UTC)
    found = []
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            # The server may still be writing the last one.
            if '"ml.prediction"' not in line or not line.endswith("\n"):
                continue
            event = json.loads(line)
            match = _EVENT.fullmatch(event.get("event.id", ""))
            if match is None or chance.random() >= share:
                continue
            row = int(match["rows"].split(".")[int(match["place"])])
            predicted = datetime.fromisoformat(event["@timestamp"])
            late = timedelta(seconds=chance.expovariate(1 / delay_seconds))
            found.append((event["event.id"], truth[row], min(predicted + late, now).isoformat()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("event_id", "label", "labelled_at"))
        writer.writerows(found)
    return len(found)
