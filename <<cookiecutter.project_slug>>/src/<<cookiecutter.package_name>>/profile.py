"""What the reference data look like, as a small JSON document made from all of their rows.

Drift is measured against this profile, so monitoring never needs the reference rows themselves.

Bins are cut at quantiles of the reference, so that each holds about the same share, and a cut lies
halfway between two observed values: a value that is often observed is never on a cut, and a
rounding error does not move it to another bin. The outer bins are open. A column with few different
values gets one narrow bin a value, and empty bins between them for values not seen before.
"""

from typing import Any

import numpy as np
import pandas as pd

from .schema import Column, Schema
from .validation import target_column

FORMAT = 1
# Quantiles kept a number column: the middles of this many equal steps of probability.
GRID = 100
# Half the relative width of the bin around each value of a column with few different values.
_HAIR = 1e-6

Entry = dict[str, Any]


class ProfileError(ValueError):
    """No profile can be made; the message says what is missing."""


def build_profile(frame: pd.DataFrame, schema: Schema, bins: int = 10) -> dict[str, Any]:
    """Profile of all rows of ``frame``, ready for ``json.dumps``.

    Every feature, and the target if the frame has it, gets ``shares`` (of all rows, one a bin or
    listed value), ``null_share`` and ``infinite_share`` or ``unseen_share``; numbers also get
    ``edges`` between the bins, mean, std (population), minimum, maximum and ``quantiles`` at
    probabilities (i + 0.5) / 100. Statistics are of the finite values and null if there are none.

    The frame must fit the schema. Raises ``ProfileError`` if it has no rows or lacks a feature.
    """
    if not len(frame):
        raise ProfileError("the reference data has no rows; a profile needs at least one")
    if bins < 2:
        raise ProfileError(f"bins is {bins}; a profile needs at least 2")
    columns = list(schema.features)
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise ProfileError(f"the reference data lacks the columns: {', '.join(missing)}")
    target = target_column(schema)
    return {
        "format": FORMAT,
        "rows": len(frame),
        "bins": bins,
        "features": {
            column.name: profile_values(frame[column.name], column, bins) for column in columns
        },
        "target": (
            {"name": target.name, **profile_values(frame[target.name], target, bins)}
            if target.name in frame.columns
            else None
        ),
    }


def profile_values(values: pd.Series, column: Column, bins: int = 10) -> Entry:
    """Entry of one column from its values, shape (rows,), at least one row."""
    if column.type in ("number", "integer"):
        return _profile_numbers(values, column, bins)
    listed = ["false", "true"] if column.type == "boolean" else list(column.values or ())
    entry: Entry = {"type": column.type, "values": listed}
    shares = count_values(values, entry) / len(values)
    return entry | {
        "shares": shares[:-2].tolist(),
        "unseen_share": float(shares[-2]),
        "null_share": float(shares[-1]),
    }


def count_values(values: pd.Series, entry: Entry) -> np.ndarray:
    """Rows a bin (bins or listed values, then unseen values, then missing), int64.

    Infinite numbers count as missing: nothing can be said about how far away they are. Numbers
    have no unseen values, because their outer bins are open.
    """
    if "edges" in entry:
        numbers = as_numbers(values)
        finite = np.isfinite(numbers)
        present = int(np.count_nonzero(finite))
        if present < len(numbers):
            numbers = numbers[finite]
        # A comparison per edge beats a search per row: it is one pass of vector instructions.
        below = [int(np.count_nonzero(numbers <= edge)) for edge in entry["edges"]]
        counts = np.diff([0, *below, present])
        return np.array([*counts, 0, len(values) - present], dtype=np.int64)
    if entry["type"] == "boolean":
        numbers = as_numbers(values)
        found = {"false": np.count_nonzero(numbers == 0), "true": np.count_nonzero(numbers == 1)}
        present = int(np.count_nonzero(numbers == numbers))
    else:
        found = values.value_counts().to_dict()
        present = int(sum(found.values()))
    listed = [int(found.get(value, 0)) for value in entry["values"]]
    return np.array([*listed, present - sum(listed), len(values) - present], dtype=np.int64)


def reference_shares(entry: Entry) -> np.ndarray:
    """Shares of the reference in the order of ``count_values``; their sum is 1."""
    unseen = entry.get("unseen_share", 0.0)
    missing = entry["null_share"] + entry.get("infinite_share", 0.0)
    return np.array([*entry["shares"], unseen, missing])


def as_numbers(values: pd.Series) -> np.ndarray:
    """Values of shape (rows,) as NumPy numbers, without a copy if they are numbers already.

    Missing values become NaN, and so does whatever is not a number: it is for the schema to refuse
    that, and a drift measure counts it as missing.
    """
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb":
        return values.to_numpy()
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _profile_numbers(values: pd.Series, column: Column, bins: int) -> Entry:
    numbers = as_numbers(values)
    ordered = np.sort(numbers[np.isfinite(numbers)]).astype(np.float64)
    nulls = int(np.count_nonzero(np.isnan(numbers)))
    entry: Entry = {"type": column.type, "edges": _edges(ordered, bins).tolist()}
    shares = count_values(values, entry)[:-2] / len(values)
    entry |= {
        "shares": shares.tolist(),
        "null_share": nulls / len(values),
        "infinite_share": (len(values) - nulls - len(ordered)) / len(values),
        "mean": None,
        "std": None,
        "minimum": None,
        "maximum": None,
        "quantiles": [],
    }
    if len(ordered):
        # Scaled first: no sum overflows, and the deviation of a constant is exactly 0.
        scale = max(abs(ordered[0]), abs(ordered[-1])) or 1.0
        middles = ((np.arange(GRID) + 0.5) / GRID * len(ordered)).astype(np.int64)
        entry |= {
            "mean": float((ordered / scale).mean() * scale),
            "std": float((ordered / scale).std() * scale),
            "minimum": float(ordered[0]),
            "maximum": float(ordered[-1]),
            "quantiles": ordered[middles].tolist(),
        }
    return entry


def _edges(ordered: np.ndarray, bins: int) -> np.ndarray:
    """Cuts between bins, ascending, from sorted finite values of shape (n,)."""
    if not len(ordered):
        return ordered
    steps = np.flatnonzero(ordered[1:] != ordered[:-1])
    if len(steps) < bins:
        values = ordered[np.append(steps, len(ordered) - 1)]
        largest = np.finfo(np.float64).max
        with np.errstate(over="ignore"):
            gap = np.diff(values).min(initial=largest)
            hair = min(_HAIR * (np.abs(values).max() or 1.0), gap / 4)
            around = np.column_stack([values - hair, values + hair])
        return np.clip(around, -largest, largest).ravel()
    cuts = ordered[np.arange(1, bins) * len(ordered) // bins - 1]
    after = np.searchsorted(ordered, cuts, side="right")
    inside = after < len(ordered)
    # Halved before they are added, because the sum of two large numbers may be infinite.
    return np.unique(cuts[inside] / 2 + ordered[after[inside]] / 2)
