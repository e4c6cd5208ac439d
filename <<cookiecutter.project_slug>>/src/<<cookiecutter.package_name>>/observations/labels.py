"""Labels that arrive later than the predictions: what really happened, by event id."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from ..schema import Schema
from .files import matching
from .predictions import hash_ids
from .records import LABEL, ObservationError, Reader, flat

NAMES = ("event_id", "label", "labelled_at")
# How the same three are called in label events.
_ECS = {"event.id": "event_id", "ml.label": "label", "@timestamp": "labelled_at"}


@dataclass(frozen=True)
class Labels:
    """Usable labels, shape (rows,), and how many were not.

    ``truth`` are class indices, or float64 values of a regression; ``times`` are milliseconds since
    1970, UTC.
    """

    keys: np.ndarray
    truth: np.ndarray
    times: np.ndarray
    ids: np.ndarray
    invalid: int = 0

    def __len__(self) -> int:
        return len(self.keys)


def read_label_files(root: Path, pattern: str, schema: Schema) -> Labels:
    """Labels of all CSV, Parquet and NDJSON files that match, packed by gzip or not.

    Raises ``ObservationError`` naming a file that cannot be read or lacks a column. Without any
    file there are no labels, which is no error.
    """
    frames = [_read(path) for path in matching(root, pattern)]
    return check_labels(frames, schema)


def read_label_records(reader: Reader, schema: Schema, since: datetime, until: datetime) -> Labels:
    """The same from records with ``event.id``, ``ml.label`` and ``@timestamp``."""
    found = _from_records(reader.records(LABEL, since, until))
    return check_labels([found], schema)


def check_labels(frames: list[pd.DataFrame], schema: Schema) -> Labels:
    """Labels with an id, a time, and a value that the target can have; others are counted."""
    if not frames:
        frames = [pd.DataFrame({name: pd.Series(dtype=object) for name in NAMES})]
    frame = pd.concat([each[list(NAMES)].astype(object) for each in frames], ignore_index=True)
    times = pd.to_datetime(frame["labelled_at"], utc=True, errors="coerce", format="ISO8601")
    truth, usable = _truth(frame["label"], schema)
    ids = frame["event_id"].to_numpy(object)
    named = np.array([isinstance(text, str) and text != "" for text in ids], dtype=bool)
    good = usable & times.notna().to_numpy() & named
    milliseconds = times.to_numpy("datetime64[ms]").astype(np.int64)
    return Labels(
        keys=hash_ids(ids[good]) if good.any() else np.empty(0, np.uint64),
        truth=truth[good],
        times=milliseconds[good],
        ids=ids[good],
        invalid=int(len(good) - good.sum()),
    )


def _truth(values: pd.Series, schema: Schema) -> tuple[np.ndarray, np.ndarray]:
    target = schema.target
    if target.classes is not None:
        codes = {text: code for code, text in enumerate(target.classes)}
        found = np.array([codes.get(_text(value), -1) for value in values], dtype=np.int64)
        return found, found >= 0
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    usable = np.isfinite(numbers)
    if target.minimum is not None:
        usable &= numbers >= target.minimum
    if target.maximum is not None:
        usable &= numbers <= target.maximum
    return numbers, usable


def _text(value: Any) -> str:
    # Tables store codes as numbers, and beside a missing value as floating ones.
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


def _read(path: Path) -> pd.DataFrame:
    packed = path.suffix == ".gz"
    kind = Path(path.stem).suffix if packed else path.suffix
    if kind not in _READERS:
        raise ObservationError(
            f"labels in {path}: not a .csv, .parquet, .ndjson or .jsonl file; convert it, or name "
            "others as labels in configs/monitoring.yaml"
        )
    try:
        frame = _READERS[kind](path, packed)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        # In this order: no table, line or text of that kind; no right to read, no gzip at all, or a
        # damaged page of Parquet; gzip that was cut off; gzip with damage inside.
        told = f"labels in {path} cannot be read: {error}; mend the file"
        raise ObservationError(told) from error
    missing = [name for name in NAMES if name not in frame.columns]
    if missing:
        raise ObservationError(
            f"labels in {path}: there is no column {', '.join(missing)}; there must be "
            f"{', '.join(NAMES)}"
        )
    return frame


def _read_csv(path: Path, packed: bool) -> pd.DataFrame:
    compression = "gzip" if packed else None
    # Codes keep their zeros, and "NA" may be a class.
    return pd.read_csv(path, dtype=str, keep_default_na=False, compression=compression)


def _read_lines(path: Path, packed: bool) -> pd.DataFrame:
    with gzip.open(path, "rb") if packed else path.open("rb") as lines:
        return _from_records(orjson.loads(line) for line in lines if line.strip())


def _from_records(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for record in records:
        if not isinstance(record, Mapping):
            raise ValueError(f"a line is {str(record)[:40]!r} and no object")
        if "event_id" not in record:
            record = {_ECS.get(name, name): value for name, value in flat(record).items()}
        rows.append([record.get(name) for name in NAMES])
    return pd.DataFrame(rows, columns=list(NAMES), dtype=object)


_READERS: dict[str, Callable[[Path, bool], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".parquet": lambda path, packed: pd.read_parquet(path),
    ".ndjson": _read_lines,
    ".jsonl": _read_lines,
}
