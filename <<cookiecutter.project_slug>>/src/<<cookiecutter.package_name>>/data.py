"""From raw rows to the dataset: prepare, split, sample. Pure functions on frames.

Split and sample depend on what a row holds and on the seed, never on the order of the rows: an
export in another order gives the same parts, and new rows leave nearly all old ones where they are.
"""

import numpy as np
import pandas as pd

from .coercion import coerce_frame
from .params import PrepareSettings
from .reading import DataError
from .schema import Schema

# Below this, neither part of a split can say anything about a model.
MIN_ROWS = 10


def prepare(
    frame: pd.DataFrame, schema: Schema, settings: PrepareSettings | None = None
) -> pd.DataFrame:
    """The dataset: raw rows renamed, reduced, checked and typed; shape (rows, declared columns).

    Raises ``DataError`` for settings that name absent columns and for a target that cannot be
    learned, ``SchemaError`` naming every column that breaks the schema. Nothing is repaired.
    """
    settings = settings or PrepareSettings()
    frame = _select(frame, settings)
    if settings.drop_duplicates:
        frame = frame.drop_duplicates()
    target = schema.target.name
    if settings.rows_without_target == "drop" and target in frame.columns:
        frame = frame.dropna(subset=[target])
    if frame.empty:
        raise DataError("data/raw: no row is left after preparing; see prepare in params.yaml")
    frame = coerce_frame(frame.reset_index(drop=True), schema, place="data/raw")
    check_target(frame, schema)
    return frame


def check_target(frame: pd.DataFrame, schema: Schema) -> None:
    """Raise ``DataError`` unless there is something to learn: rows, classes, a spread."""
    target = schema.target
    if len(frame) < MIN_ROWS:
        raise DataError(f"{len(frame)} rows are too few to train and test; at least {MIN_ROWS}")
    if target.classes is None:
        if frame[target.name].nunique() == 1:
            raise DataError(
                f"target {target.name!r} is {frame[target.name].iloc[0]:g} in every row; "
                "nothing to learn"
            )
        return
    counts = frame[target.name].value_counts().reindex(target.classes, fill_value=0)
    rare = [f"{name!r} ({count})" for name, count in counts.items() if count < 2]
    if rare:
        raise DataError(
            f"target {target.name!r}: too few rows of {', '.join(rare)}; every class in "
            "configs/schema.yaml needs at least 2, one to train and one to test: get more data or "
            "remove the class from the schema and its rows from the data"
        )


def split(
    frame: pd.DataFrame, schema: Schema, test_share: float, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(train, test), with every class in both in its share; rows in an order set by the seed.

    ``test_share`` is the part of the rows for the test, above 0 and below 1. Raises ``DataError``
    for a share outside and for a target that cannot be learned.
    """
    if not 0 < test_share < 1:
        raise DataError(f"test_share is {test_share}; it must lie between 0 and 1")
    check_target(frame, schema)
    shuffled = _in_hash_order(frame, seed)
    taken = np.zeros(len(shuffled), dtype=bool)
    for rows in _strata(shuffled, schema):
        count = min(max(round(len(rows) * test_share), 1), len(rows) - 1)
        taken[rows[:count]] = True
    return _numbered(shuffled[~taken]), _numbered(shuffled[taken])


def sample(frame: pd.DataFrame, schema: Schema, rows: int, seed: int) -> pd.DataFrame:
    """About ``rows`` rows that stand for all: classes keep their shares, and none is lost."""
    if len(frame) <= rows:
        return frame
    shuffled = _in_hash_order(frame, seed)
    taken = np.zeros(len(shuffled), dtype=bool)
    for stratum in _strata(shuffled, schema):
        taken[stratum[: max(round(len(stratum) * rows / len(frame)), 1)]] = True
    return _numbered(shuffled[taken])


def _select(frame: pd.DataFrame, settings: PrepareSettings) -> pd.DataFrame:
    _refuse_absent("prepare.rename", list(settings.rename), frame)
    frame = frame.rename(columns=settings.rename)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        names = ", ".join(sorted(set(twice)))
        raise DataError(f"prepare.rename in params.yaml gives two columns one name: {names}")
    _refuse_absent("prepare.drop_columns", settings.drop_columns, frame)
    return frame.drop(columns=settings.drop_columns)


def _refuse_absent(setting: str, names: list[str], frame: pd.DataFrame) -> None:
    absent = [repr(name) for name in names if name not in frame.columns]
    if absent:
        raise DataError(
            f"{setting} in params.yaml names {', '.join(absent)}; "
            f"the data has: {', '.join(map(repr, frame.columns))}"
        )


def _in_hash_order(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    mixed = pd.util.hash_array(rows ^ np.uint64(seed))
    return _numbered(frame.iloc[np.argsort(mixed, kind="stable")])


def _strata(frame: pd.DataFrame, schema: Schema) -> list[np.ndarray]:
    """Row numbers, one array a class; one array in all for a regression."""
    if schema.target.classes is None:
        return [np.arange(len(frame))]
    target = frame[schema.target.name].to_numpy()
    return [np.flatnonzero(target == name) for name in schema.target.classes]


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True)
