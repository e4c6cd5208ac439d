"""Where records come from: one small protocol, and the names of their fields.

A record is a mapping with ECS names, such as ``event.id``. Shippers and search engines hand the
same names on as nested objects, so both spellings are read.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

Record = Mapping[str, Any]
PREDICTION = "ml.prediction"
LABEL = "ml.label"
# Its content is data and not a name; whatever is in it stays together.
FEATURES = "ml.features"


class ObservationError(RuntimeError):
    """Predictions or labels cannot be read; the message names the place and the way out."""


class Reader(Protocol):
    """``broken`` counts what looked like a record and was none, so far."""

    place: str
    broken: int

    def records(self, dataset: str, since: datetime, until: datetime) -> Iterator[Record]:
        """Records whose ``event.dataset`` is ``dataset``, in any order.

        A reader that can tell leaves out those before ``since`` or not before ``until``; the caller
        looks again. Raises ``ObservationError`` if the place cannot be read.
        """
        ...


def flat(record: Record) -> Record:
    """The record with dotted names at its top; itself if that is what it has."""
    if "event.id" in record and not isinstance(record.get("ml"), dict):
        return record
    found: dict[str, Any] = {}
    _flatten(record, "", found)
    return found


def _flatten(value: Record, prefix: str, found: dict[str, Any]) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if name == FEATURES and isinstance(item, dict):
            features: dict[str, Any] = {}
            _flatten(item, "", features)
            found[name] = features
        elif isinstance(item, dict):
            _flatten(item, f"{name}.", found)
        else:
            found[name] = item


def moment(value: Any) -> datetime | None:
    """A time with zone from ISO 8601 text; one without zone is UTC. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def milliseconds(time: datetime) -> int:
    """Since 1970, UTC, as columns hold times."""
    return round(time.timestamp() * 1000)
