"""The rules of the schema, on frames, on columns and on one matrix.

Everything works column by column on NumPy arrays, so that a million rows cost a few passes and a
request of one row costs microseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .schema import Column, Schema

Rule = Literal["missing", "unexpected", "type", "null", "range", "category", "infinite"]
_EXPECTED = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "category": "one of the listed texts",
}


@dataclass(frozen=True)
class Violation:
    """One broken rule of one column, and in how many rows (0 if it concerns the whole column)."""

    column: str
    rule: Rule
    message: str
    rows: int = 0


class SchemaError(ValueError):
    """Data breaks the schema; ``violations`` holds one entry a column and rule."""

    def __init__(self, violations: list[Violation], place: str = "data") -> None:
        self.violations = violations
        lines = [f"  - {item.column}: {item.message}" for item in violations]
        columns = len({item.column for item in violations})
        noun = "column breaks" if columns == 1 else "columns break"
        super().__init__(f"{place}: {columns} {noun} the schema\n" + "\n".join(lines))


def check_frame(frame: pd.DataFrame, schema: Schema, with_target: bool = True) -> list[Violation]:
    """All violations in ``frame`` of (rows, columns); an empty list means that it fits."""
    frame = frame.rename(columns=str)
    duplicated = frame.columns[frame.columns.duplicated()].unique()
    if len(duplicated):
        return [
            Violation(name, "unexpected", "the column is there more than once")
            for name in duplicated
        ]
    columns = {name: _plain(frame[name]) for name in frame.columns}
    return check_columns(columns, schema, with_target=with_target)


def validate_frame(
    frame: pd.DataFrame, schema: Schema, with_target: bool = True, place: str = "data"
) -> None:
    """Raise ``SchemaError`` naming every offending column; ``place`` says whose data it is."""
    violations = check_frame(frame, schema, with_target)
    if violations:
        raise SchemaError(violations, place)


def check_columns(
    columns: Mapping[str, np.ndarray], schema: Schema, with_target: bool = False
) -> list[Violation]:
    """The same rules on arrays of shape (rows,), one a column.

    The id column may be there or not: it takes no part in a prediction.
    """
    wanted = list(schema.features)
    if with_target:
        wanted.append(target_column(schema))
    known = {column.name for column in wanted} | {schema.id, schema.target.name}
    found = [_missing(column.name, columns) for column in wanted if column.name not in columns]
    found += [
        Violation(name, "unexpected", "the schema does not know this column")
        for name in columns
        if name not in known
    ]
    for column in wanted:
        if column.name in columns:
            found += check_values(column, columns[column.name])
    return found


def target_column(schema: Schema) -> Column:
    """The target seen as a column, so that one set of rules serves both."""
    target = schema.target
    if target.classes is not None:
        return Column(name=target.name, type="category", values=target.classes)
    return Column(name=target.name, type="number", minimum=target.minimum, maximum=target.maximum)


def check_values(column: Column, values: np.ndarray) -> list[Violation]:
    """Violations of one column's values, shape (rows,)."""
    if column.type == "category":
        return _check_category(column, values)
    if values.dtype.kind == "b":
        fits = column.type == "boolean" or not len(values)
        return [] if fits else [_wrong_type(column, values[:1], len(values))]
    if values.dtype.kind not in "iuf":
        return _check_objects(column, values)
    return _check_numbers(column, values)


def _plain(values: pd.Series) -> np.ndarray:
    # Text stays packed: a million texts as Python objects cost 70 MB and most of the time.
    packed = isinstance(values.dtype, pd.StringDtype)
    return values.array if packed else values.to_numpy()  # type: ignore[return-value]


def _check_numbers(column: Column, values: np.ndarray) -> list[Violation]:
    if not len(values):
        return []
    # Sum of extremes first: one pass decides the usual case, in which nothing is wrong.
    is_float = values.dtype.kind == "f"
    nulls = int(np.isnan(values).sum()) if is_float else 0
    found = []
    if nulls and not column.nullable:
        found.append(_null(column, nulls))
    if nulls == len(values):
        return found
    low, high = (np.nanmin(values), np.nanmax(values)) if nulls else (values.min(), values.max())
    if np.isinf(low) or np.isinf(high):
        count = int(np.isinf(values).sum())
        found.append(Violation(column.name, "infinite", f"infinite in {_rows(count)}", count))
    if column.type == "boolean":
        wrong = ~np.isin(values, (0, 1)) & ~_isnan(values)
    elif column.type == "integer" and is_float:
        finite = np.isfinite(values)
        wrong = finite & (np.floor(values, where=finite, out=np.zeros_like(values)) != values)
    else:
        wrong = None
    if wrong is not None and wrong.any():
        found.append(_wrong_type(column, values[wrong]))
    else:
        found += _check_range(column, values, float(low), float(high))
    return found


def _check_range(column: Column, values: np.ndarray, low: float, high: float) -> list[Violation]:
    found = []
    if column.minimum is not None and low < column.minimum:
        count = int((values < column.minimum).sum())
        message = f"below the minimum {column.minimum:g} in {_rows(count)}"
        message += _unless_personal(column, f", lowest {low:g}")
        found.append(Violation(column.name, "range", message, count))
    if column.maximum is not None and high > column.maximum:
        count = int((values > column.maximum).sum())
        message = f"above the maximum {column.maximum:g} in {_rows(count)}"
        message += _unless_personal(column, f", highest {high:g}")
        found.append(Violation(column.name, "range", message, count))
    return found


def _check_objects(column: Column, values: np.ndarray) -> list[Violation]:
    """Mixed Python objects: numbers and nulls are checked as numbers, anything else is refused."""
    nulls = pd.isna(values)
    present = values[~nulls]
    if column.type == "boolean":
        wrong = [value for value in present if not isinstance(value, bool | np.bool_)]
    else:
        wrong = [
            value
            for value in present
            if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number)
        ]
    if wrong:
        return [_wrong_type(column, wrong)]
    found = [_null(column, int(nulls.sum()))] if nulls.any() and not column.nullable else []
    return found + _check_numbers(column, present.astype(float))


def _check_category(column: Column, values: np.ndarray) -> list[Violation]:
    if values.dtype.kind not in "OUT":
        return [_wrong_type(column, values[:1], len(values))] if len(values) else []
    try:
        codes, uniques = pd.factorize(values)
    except TypeError:  # Lists and the like, which have no hash.
        return [_wrong_type(column, [value for value in values if not isinstance(value, str)])]
    nulls = int((codes < 0).sum())
    found = [_null(column, nulls)] if nulls and not column.nullable else []
    allowed = set(column.values or ())
    wrong = [index for index, value in enumerate(uniques) if value not in allowed]
    if wrong:
        texts = [uniques[index] for index in wrong]
        count = int(np.isin(codes, wrong).sum())
        if any(not isinstance(value, str) for value in texts):
            return [*found, _wrong_type(column, texts, count)]
        message = f"unknown in {_rows(count)}" + _unless_personal(column, f": {_some(texts)}")
        message += f"; known: {_some(column.values or [])}"
        found.append(Violation(column.name, "category", message, count))
    return found


def _missing(name: str, columns: Iterable[str]) -> Violation:
    close = [other for other in columns if other.strip().casefold() == name.strip().casefold()]
    hint = f"; there is {close[0]!r}, spelt otherwise" if close else ""
    return Violation(name, "missing", f"the column is missing{hint}")


def _null(column: Column, count: int) -> Violation:
    return Violation(column.name, "null", f"missing value in {_rows(count)}", count)


def _wrong_type(column: Column, wrong: Iterable[object], count: int | None = None) -> Violation:
    wrong = list(wrong)
    message = f"expected {_EXPECTED[column.type]}"
    message += _unless_personal(column, f", found {_some(wrong)}")
    return Violation(column.name, "type", message, len(wrong) if count is None else count)


def _unless_personal(column: Column, values: str) -> str:
    """``values`` of the rows, for a message: messages are logged, and sent to others."""
    return "" if column.personal else values


def _isnan(values: np.ndarray) -> np.ndarray:
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _some(values: Iterable[object], limit: int = 3) -> str:
    """The first few values as text, cut so that a caller's data cannot flood a message."""
    values = list(values)
    plain = [value.item() if isinstance(value, np.generic) else value for value in values[:limit]]
    shown = ", ".join(repr(value)[:40] for value in plain)
    return shown + (f" and {len(values) - limit} more" if len(values) > limit else "")
