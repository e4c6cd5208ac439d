"""Logged predictions as columns, one row an event."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from ..schema import Column, Schema
from .columns import Numbers, Texts
from .records import FEATURES, PREDICTION, Reader, Record, milliseconds, moment

# Events that are turned into columns at once: few enough to cost no memory worth mentioning.
_CHUNK = 2048


@dataclass
class Predictions:
    """Columns of shape (rows,), in the order in which they were read.

    ``keys`` are 64-bit hashes of the event ids; ``times`` are milliseconds since 1970, UTC;
    ``predicted`` are class indices, or float64 values of a regression; ``scores`` are NaN where the
    server logs none. ``versions`` and ``lists`` are indices into ``version_names`` and
    ``feature_lists``: which features the event carried, -1 for none at all.
    """

    schema: Schema
    keys: np.ndarray
    times: np.ndarray
    predicted: np.ndarray
    scores: np.ndarray
    versions: np.ndarray
    version_names: list[str]
    lists: np.ndarray
    feature_lists: list[tuple[str, ...]]
    features: dict[str, np.ndarray | pd.Categorical] = field(default_factory=dict)
    unusable: int = 0
    outside: int = 0
    unknown_features: Counter = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.keys)

    def of_version(self, version: str) -> np.ndarray:
        """Which rows a version answered, bool of shape (rows,)."""
        if version not in self.version_names:
            return np.zeros(len(self), dtype=bool)
        return self.versions == self.version_names.index(version)

    def frame(self, names: list[str], rows: np.ndarray) -> pd.DataFrame:
        """The features ``names`` of the chosen rows; without a copy if that is all of them."""
        everything = bool(rows.all())
        columns = {
            name: values if everything else values[rows]
            for name, values in self.features.items()
            if name in names
        }
        count = len(self) if everything else int(np.count_nonzero(rows))
        return pd.DataFrame(columns, index=pd.RangeIndex(count), copy=False)


def read_predictions(
    reader: Reader, schema: Schema, since: datetime, until: datetime
) -> Predictions:
    """All predictions from ``since`` to before ``until``.

    Events that lack an id, a time, a version or a usable prediction are counted as unusable, and
    features that the schema does not know by name. Raises ``ObservationError``.
    """
    builder = _Builder(schema, since, until)
    chunk: list[Record] = []
    for record in reader.records(PREDICTION, since, until):
        chunk.append(record)
        if len(chunk) == _CHUNK:
            builder.add(chunk)
            chunk.clear()
    builder.add(chunk)
    return builder.finish(reader.broken)


class _Builder:
    def __init__(self, schema: Schema, since: datetime, until: datetime) -> None:
        self._schema, self._target = schema, schema.target
        self._low, self._high = milliseconds(since), milliseconds(until)
        self._textual = [column for column in schema.features if column.type == "category"]
        self._numeric = [column for column in schema.features if column.type != "category"]
        self._texts = {column.name: Texts(column.values) for column in self._textual}
        self._columns: dict[str, Numbers] = {}
        self._lists: dict[tuple[str, ...], int] = {}
        self._versions = Texts()
        self._classes = {text: code for code, text in enumerate(self._target.classes or ())}
        self._keys, self._times = Numbers(np.uint64, 0), Numbers(np.int64, 0)
        self._predicted = Numbers(np.float64 if not self._classes else np.int16, -1)
        self._scores, self._told = Numbers(np.float64, np.nan), Numbers(np.int32, -1)
        self._by = Numbers(np.int32, -1)
        self._unusable = self._outside = self._rows = 0
        self._unknown: Counter = Counter()
        self._known = set(schema.feature_names)
        self._last: tuple[Any, int | None] = (None, None)

    def add(self, records: list[Record]) -> None:
        rows = [row for row in map(self._row, records) if row is not None]
        if not rows:
            return
        ids, times, versions, predicted, scores, lists, features = zip(*rows, strict=True)
        start = self._rows
        self._keys.write(start, hash_ids(ids))
        self._times.write(start, np.array(times))
        self._by.write(start, np.array(versions))
        self._predicted.write(start, np.array(predicted))
        self._scores.write(start, as_floats(scores))
        self._told.write(start, np.array(lists))
        self._rows += len(rows)
        if any(features):
            self._add_features(start, features)

    def _row(self, record: Record) -> tuple | None:
        time = self._time(record.get("@timestamp"))
        version = record.get("ml.model.version") or record.get("service.version")
        predicted = self._prediction(record)
        event = record.get("event.id")
        if time is None or predicted is None or not isinstance(event, str) or not version:
            self._unusable += 1
            return None
        if not self._low <= time < self._high:
            self._outside += 1
            return None
        features = record.get(FEATURES)
        told = -1
        if isinstance(features, dict) and features:
            told = self._list(tuple(features))
        else:
            features = {}
        score = record.get("ml.prediction.score")
        return event, time, self._versions.code(version), predicted, score, told, features

    def _time(self, text: Any) -> int | None:
        # All rows of a request have the same.
        if text != self._last[0]:
            found = moment(text)
            self._last = (text, None if found is None else milliseconds(found))
        return self._last[1]

    def _prediction(self, record: Record) -> float | int | None:
        if self._classes:
            found = record.get("ml.prediction.class")
            return self._classes.get(found) if isinstance(found, str) else None
        value = record.get("ml.prediction.value")
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if usable and np.isfinite(value) else None

    def _list(self, names: tuple[str, ...]) -> int:
        code = self._lists.get(names)
        if code is None:
            code = self._lists[names] = len(self._lists)
        return code

    def _add_features(self, start: int, features: tuple[dict[str, Any], ...]) -> None:
        lists = {tuple(row) for row in features}
        logged = {name for names in lists for name in names}
        for name in logged - self._known:
            self._unknown[name] += sum(name in row for row in features)
        for column in self._textual:
            if column.name in logged:
                code = self._texts[column.name].code
                values = np.array([code(row.get(column.name)) for row in features])
                self._column(column).write(start, values)
        numeric = [column for column in self._numeric if column.name in logged]
        names = [column.name for column in numeric]
        if names:
            matrix = as_floats(_rows(features, names, lists))
            for position, column in enumerate(numeric):
                self._column(column).write(start, matrix[:, position])

    def _column(self, column: Column) -> Numbers:
        if column.name not in self._columns:
            kind, gap = (np.int32, -1) if column.type == "category" else (np.float64, np.nan)
            self._columns[column.name] = Numbers(kind, gap)
        return self._columns[column.name]

    def finish(self, broken: int) -> Predictions:
        features: dict[str, np.ndarray | pd.Categorical] = {}
        for column in self._schema.features:
            if column.name in self._columns:
                values = self._columns.pop(column.name).finish(self._rows)
                if column.type == "category":
                    texts = self._texts[column.name].texts
                    values = pd.Categorical.from_codes(values, categories=texts)
                features[column.name] = values
        return Predictions(
            schema=self._schema,
            keys=self._keys.finish(self._rows),
            times=self._times.finish(self._rows),
            predicted=self._predicted.finish(self._rows),
            scores=self._scores.finish(self._rows),
            versions=self._by.finish(self._rows),
            version_names=self._versions.texts,
            lists=self._told.finish(self._rows),
            feature_lists=list(self._lists),
            features=features,
            unusable=self._unusable + broken,
            outside=self._outside,
            unknown_features=self._unknown,
        )


def _rows(features: Any, names: list[str], lists: set[tuple[str, ...]]) -> list:
    if len(names) > 1 and all(set(names) <= set(told) for told in lists):
        # The usual case, in a third of the time.
        return list(map(itemgetter(*names), features))
    return [[row.get(name) for name in names] for row in features]


def hash_ids(ids: Any) -> np.ndarray:
    """64-bit hashes of texts, shape (n,).

    Two of a million different ids share one with a probability of 3 in 100 million, and 8 bytes are
    a tenth of the text.
    """
    return pd.util.hash_array(np.array(ids, dtype=object), categorize=False)


def as_floats(values: Any) -> np.ndarray:
    """Float64 of the same shape; None and whatever is no number become NaN."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.array(values, dtype=object)
        return np.vectorize(_as_float, otypes=[np.float64])(found)


def _as_float(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else np.nan
