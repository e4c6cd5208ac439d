"""Record what really happened: labels of earlier predictions, by their event id.

A label goes to a file that monitoring reads, and to the log as an event of its own, which a search
engine keeps beside the prediction. Both name it as the prediction event does.
"""

import argparse
import csv
import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .settings import load_settings

COLUMNS = ("event_id", "label", "labelled_at")
PLACE = Path("data/labels/recorded.csv")
_log = logging.getLogger(__name__)


class LabelError(ValueError):
    """A label cannot be recorded; nothing was. The message names the line and the way out."""


@dataclass(frozen=True)
class Label:
    """One outcome; ``labelled_at`` is the time, UTC, at which it was known."""

    event_id: str
    label: str
    labelled_at: datetime


def add_commands(add) -> None:
    """The command ``label``."""
    label = add("label", run, "record what really happened, by event id of the prediction")
    label.add_argument("file", nargs="?", type=Path, help=f"CSV with {', '.join(COLUMNS)}")
    label.add_argument("--event-id", help="one prediction, such as 4bf92f35-0")
    label.add_argument("--label", help="its true class or value")
    label.add_argument("--at", default="", help="when it was known, ISO 8601; now if not given")


def run(arguments: argparse.Namespace) -> int:
    one = (arguments.event_id, arguments.label)
    if (one != (None, None)) if arguments.file else (None in one):
        raise LabelError("name a CSV file, or one prediction with --event-id and --label")
    if arguments.file is None:
        rows = [dict(zip(COLUMNS, (*one, arguments.at), strict=True))]
        place = "the command line"
    else:
        rows, place = _rows(arguments.file), str(arguments.file)
    settings = load_settings()
    found = parse(rows, place, _classes(settings.schema_path))
    record(found, settings.root / PLACE)
    print(f"{len(found)} labels recorded in {PLACE}")
    return 0


def parse(rows: Iterable[dict[str, str]], place: str, classes: Sequence[str] | None) -> list[Label]:
    """Labels from rows of text; ``classes`` are the possible ones, None for a regression."""
    found = []
    for number, row in enumerate(rows, 1):
        where = f"{place}, label {number}"
        event_id, text = (row.get("event_id") or "").strip(), (row.get("label") or "").strip()
        if not event_id:
            raise LabelError(f"{where}: event_id is empty; it is event.id of the prediction event")
        _check(text, classes, where)
        found.append(Label(event_id, text, _time(row.get("labelled_at") or "", where)))
    if not found:
        raise LabelError(f"{place} holds no labels")
    return found


def record(labels: Sequence[Label], place: Path) -> None:
    """Append to the file, which is whole or unchanged, and log an event for each.

    Raises ``LabelError`` if the file does not take them all; then none is logged.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    if not place.exists() or place.stat().st_size == 0:
        writer.writerow(COLUMNS)
    for item in labels:
        writer.writerow((item.event_id, item.label, item.labelled_at.isoformat()))
    _append(place, lines.getvalue().encode())
    for item in labels:
        fields = {
            "@timestamp": item.labelled_at.isoformat(timespec="milliseconds"),
            "event.dataset": "ml.label",
            "event.action": "label_received",
            "event.outcome": "success",
            "event.id": item.event_id,
            # The row's number follows the last hyphen.
            "http.request.id": item.event_id.rpartition("-")[0] or item.event_id,
            "ml.label": item.label,
        }
        _log.info("label of %s", item.event_id, extra={"ecs": fields})


def _append(place: Path, content: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("ab", buffering=0) as file:
            # One write to a file opened for appending: two commands at once do not mix their lines.
            written = file.write(content)
            if written == len(content):
                return
            file.truncate(file.tell() - written)
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        reason = "the disk is full"
    raise LabelError(f"labels cannot be written to {place}: {reason}; nothing was recorded")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"labels in {path} cannot be read: {error}") from error
    missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]
    if missing:
        raise LabelError(f"{path} has no column {', '.join(missing)}; needed: event_id, label")
    return rows


def _classes(schema_path: Path) -> Sequence[str] | None:
    from .schema import load_schema

    return load_schema(schema_path).target.classes


def _check(text: str, classes: Sequence[str] | None, where: str) -> None:
    if classes is not None:
        if text not in classes:
            raise LabelError(f"{where}: {text!r} is no class; known: {', '.join(classes)}")
        return
    try:
        float(text)
    except ValueError:
        raise LabelError(f"{where}: {text!r} is not a number") from None


def _time(text: str, where: str) -> datetime:
    if not text.strip():
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise LabelError(
            f"{where}: labelled_at={text!r} is no time such as 2026-05-01T12:00Z"
        ) from None
    # Without a zone it is UTC, as monitoring reads it.
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
