"""From a frame of any size and state to the small, tidy one that charts are drawn from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .data import sample
from .profile import as_numbers
from .schema import Column, Schema
from .validation import target_column


@dataclass(frozen=True)
class Excerpt:
    """Rows to draw: numbers as float64 with NaN for missing and infinite, all else as text."""

    numbers: pd.DataFrame
    texts: pd.DataFrame
    description: str

    @property
    def names(self) -> list[str]:
        """Columns with at least one value; there is nothing to draw in the others."""
        both = [*self.numbers.columns, *self.texts.columns]
        return [name for name in both if self[name].notna().any()]

    def __getitem__(self, name: str) -> pd.Series:
        return self.numbers[name] if name in self.numbers else self.texts[name]


def excerpt(frame: pd.DataFrame, schema: Schema, max_rows: int, seed: int) -> Excerpt:
    """At most about ``max_rows`` rows of the columns that the schema knows and ``frame`` has.

    Classes keep their shares where the target is there. Values of a wrong type are left out
    instead of refused, because a report is wanted above all when the data is wrong.
    """
    rows, target = len(frame), schema.target
    frame = frame.loc[:, ~frame.columns.duplicated()]
    described = "all 1 row" if rows == 1 else f"all {rows:,} rows"
    if rows > max_rows:
        how = "at random"
        if target.classes is not None and target.name in frame.columns:
            frame, how = sample(frame, schema, max_rows, seed), f"evenly from every {target.name}"
        else:
            frame = frame.sample(max_rows, random_state=seed)
        described = f"{len(frame):,} of {rows:,} rows, drawn {how} with seed {seed}"
    numbers, texts = {}, {}
    for column in [*schema.features, target_column(schema)]:
        if column.name in frame.columns:
            place = numbers if column.type in ("number", "integer") else texts
            place[column.name] = _drawable(frame[column.name], column)
    index = pd.RangeIndex(len(frame))
    return Excerpt(pd.DataFrame(numbers, index), pd.DataFrame(texts, index), described)


def _drawable(values: pd.Series, column: Column) -> np.ndarray:
    if column.type in ("number", "integer"):
        numbers = as_numbers(values).astype(np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    texts = values.astype(object).map(str, na_action="ignore").to_numpy(object)
    texts = np.where(values.isna(), None, texts)
    return (
        np.array([text and text.lower() for text in texts]) if column.type == "boolean" else texts
    )
