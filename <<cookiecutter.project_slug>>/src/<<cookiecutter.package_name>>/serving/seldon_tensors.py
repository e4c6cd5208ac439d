"""The arrays of the Seldon protocol as tensors."""

from typing import Any

import numpy as np

from ..schema import Column, Schema
from .errors import RequestError
from .protocol import Tensor


def tensors_from_array(array: Any, names: list[str], schema: Schema) -> list[Tensor]:
    """Tensors of a (rows, columns) array; without ``names`` the columns are in schema order.

    Seldon's server turns a table of numbers and texts into texts, so that a number may arrive as
    one; what is no number is refused like everywhere else.
    """
    if not isinstance(array, np.ndarray) or array.ndim != 2:
        shape = list(array.shape) if isinstance(array, np.ndarray) else type(array).__name__
        raise _wrong_shape(f"data must be a table of shape [rows, columns], found {shape}")
    wanted = schema.feature_names
    if not names and array.shape[1] != len(wanted):
        raise _wrong_shape(f"rows must have {len(wanted)} columns, found {array.shape[1]}")
    if names and array.shape[1] != len(names):
        raise _wrong_shape(f"{len(names)} names for {array.shape[1]} columns")
    names = names or wanted
    if names == wanted and schema.is_numeric and array.dtype.kind in "iuf":
        return [Tensor("data", "FP64", array.shape, array.ravel())]
    known = {column.name: column for column in schema.features}
    return [
        _column(name, array[:, position].tolist(), known.get(name))
        for position, name in enumerate(names)
    ]


def _column(name: str, values: list[Any], column: Column | None) -> Tensor:
    kind = "number" if column is None else column.type
    if kind == "category":
        return Tensor(name, "BYTES", (len(values), 1), values)
    if kind == "boolean":
        values = [_truth(value) for value in values]
        plain = all(value is None or isinstance(value, bool) for value in values)
        return Tensor(name, "BOOL" if plain else "FP64", (len(values), 1), values)
    return Tensor(name, "FP64", (len(values), 1), [_number(value) for value in values])


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _truth(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"True": True, "true": True, "False": False, "false": False}.get(value, _number(value))


def _wrong_shape(message: str) -> RequestError:
    return RequestError("invalid_shape", message, "data")
