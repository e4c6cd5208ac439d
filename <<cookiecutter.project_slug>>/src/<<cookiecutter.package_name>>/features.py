"""From checked columns to the matrix that the model sees."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .schema import Column, Schema
from .validation import Violation, check_values, target_column


def to_matrix(frame: pd.DataFrame, schema: Schema) -> np.ndarray:
    """Features of ``frame`` as float64 of shape (rows, features), in the schema's order.

    Numbers stay as they are, booleans become 0 and 1, a category becomes the index of its text in
    the schema's list, a missing value becomes NaN. The frame must be one of ``coerce_frame``.
    """
    return columns_to_matrix(
        {name: frame[name].to_numpy() for name in schema.feature_names}, schema
    )


def columns_to_matrix(columns: Mapping[str, np.ndarray], schema: Schema) -> np.ndarray:
    """The same from arrays of shape (rows,), one a feature."""
    rows = len(columns[schema.feature_names[0]])
    matrix = np.empty((rows, len(schema.features)), dtype=np.float64)
    for position, column in enumerate(schema.features):
        matrix[:, position] = _encode(column, columns[column.name])
    return matrix


def encode_target(frame: pd.DataFrame, schema: Schema) -> np.ndarray:
    """The target of shape (rows,): class indices (int64), or float64 for a regression."""
    values = frame[schema.target.name].to_numpy()
    encoded = _encode(target_column(schema), values)
    return encoded.astype(np.int64) if schema.target.classes is not None else encoded


def _encode(column: Column, values: np.ndarray) -> np.ndarray:
    if column.type != "category":
        return values.astype(np.float64)
    index = {text: position for position, text in enumerate(column.values or ())}
    codes, uniques = pd.factorize(values)
    table = np.array([index[text] for text in uniques] + [np.nan], dtype=np.float64)
    return table[codes]


class MatrixGuard:
    """Checks a float64 matrix of shape (rows, features) against a schema without categories.

    Limits are laid out as arrays once, so that a good request costs two comparisons; only a bad
    one is looked at column by column to say what is wrong.
    """

    def __init__(self, schema: Schema) -> None:
        largest = np.finfo(np.float64).max
        lows, highs = [], []
        for column in schema.features:
            boolean = column.type == "boolean"
            lows.append(0.0 if boolean else _or(column.minimum, -largest))
            highs.append(1.0 if boolean else _or(column.maximum, largest))
        self._schema = schema
        self._low, self._high = np.array(lows), np.array(highs)
        self._nullable = np.array([column.nullable for column in schema.features])
        self._whole = np.array(
            [column.type in ("integer", "boolean") for column in schema.features]
        )

    def violations(self, matrix: np.ndarray) -> list[Violation]:
        # NaN fails both comparisons, infinity one: the usual request needs no more than this.
        fits = (matrix >= self._low) & (matrix <= self._high)
        if self._nullable.any():
            fits |= np.isnan(matrix) & self._nullable
        if self._whole.any():
            whole = matrix[:, self._whole]
            fits[:, self._whole] &= (whole == np.floor(whole)) | np.isnan(whole)
        if fits.all():
            return []
        found = []
        for position in np.flatnonzero(~fits.all(axis=0)):
            found += check_values(self._schema.features[position], matrix[:, position])
        return found


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
