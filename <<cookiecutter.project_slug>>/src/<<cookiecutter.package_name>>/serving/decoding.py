"""From a request's tensors to the matrix that the model sees, or to an error naming the column."""

from itertools import chain
from typing import Any

import numpy as np

from ..features import MatrixGuard, columns_to_matrix
from ..schema import Column, Schema
from ..validation import check_columns, check_values
from .errors import RequestError, schema_error
from .protocol import NUMBERS, Tensor

_DATATYPES = {
    "number": NUMBERS,
    "integer": NUMBERS,
    "boolean": ("BOOL", *NUMBERS),
    "category": ("BYTES",),
}
# Types of JSON values that a datatype takes; null is a missing value.
_NUMBER_TYPES = {int, float, type(None)}
_BOOLEAN_TYPES = {bool, type(None)}
_TEXT_TYPES = {str, type(None)}


class Decoder:
    """Tensors of one request to float64 of shape (rows, features), checked against the schema."""

    def __init__(self, schema: Schema, max_rows: int) -> None:
        self._schema = schema
        self._max_rows = max_rows
        self._width = len(schema.features)
        self._columns = {column.name: column for column in schema.features}
        self._categories = [column for column in schema.features if column.type == "category"]
        # Known to a caller's table, of no use for a prediction.
        self._ignored = {schema.id, schema.target.name}
        self._guard = MatrixGuard(schema)

    def decode(self, tensors: list[Tensor]) -> np.ndarray:
        """The matrix of shape (rows, features); ``RequestError`` names the first wrong column."""
        if len(tensors) == 1 and self._is_matrix(tensors[0]):
            matrix = self._matrix(tensors[0])
        else:
            matrix = self._table(tensors)
        violations = self._guard.violations(matrix)
        if violations:
            raise schema_error(violations)
        return matrix

    def _is_matrix(self, tensor: Tensor) -> bool:
        if self._categories:
            return False
        if tensor.name not in self._columns:
            return True
        # A matrix may bear any name, but a column of the only feature is a column.
        return self._width > 1 and tensor.shape[1:] == (self._width,)

    def _matrix(self, tensor: Tensor) -> np.ndarray:
        if tensor.datatype not in NUMBERS:
            raise _wrong_datatype(tensor, NUMBERS, "a matrix")
        if len(tensor.shape) != 2 or tensor.shape[1] != self._width:
            raise RequestError(
                "invalid_shape",
                f"{tensor.name}: one matrix must have the shape [rows, {self._width}], found "
                f"{list(tensor.shape)}; or send one tensor a column",
                tensor.name,
            )
        rows = self._check_rows(tensor)
        data = _flat(tensor, rows * self._width)
        if isinstance(data, np.ndarray):
            return data.astype(np.float64).reshape(rows, self._width)
        if not _all_of(data, _NUMBER_TYPES, tensor.datatype):
            place = _first_wrong(data, _NUMBER_TYPES, tensor.datatype)
            column = self._schema.features[place % self._width]
            raise _wrong_value(column.name, tensor.datatype, data[place], column)
        return np.array(data, dtype=np.float64).reshape(rows, self._width)

    def _table(self, tensors: list[Tensor]) -> np.ndarray:
        if len(tensors) == 1 and self._categories and tensors[0].name not in self._columns:
            texts = ", ".join(column.name for column in self._categories)
            message = f"one matrix cannot hold the texts of {texts}; send one tensor a column"
            raise RequestError("invalid_shape", message, tensors[0].name)
        arrays: dict[str, np.ndarray] = {}
        rows = None
        for tensor in tensors:
            if tensor.name in arrays:
                message = f"{tensor.name}: the column is there more than once"
                raise RequestError("duplicate_column", message, tensor.name)
            count = self._check_rows(tensor)
            rows = count if rows is None else rows
            if count != rows or tensor.shape not in ((rows,), (rows, 1)):
                raise RequestError(
                    "invalid_shape",
                    f"{tensor.name}: every column must have the shape [{rows}, 1], found "
                    f"{list(tensor.shape)}",
                    tensor.name,
                )
            arrays[tensor.name] = self._values(tensor, rows)
        if arrays.keys() - self._ignored != self._columns.keys():
            raise schema_error(check_columns(arrays, self._schema))
        for column in self._categories:
            if check_values(column, arrays[column.name]):
                raise schema_error(check_columns(arrays, self._schema))
        return columns_to_matrix(arrays, self._schema)

    def _values(self, tensor: Tensor, rows: int) -> np.ndarray:
        """One column of shape (rows,): float64, or texts as objects."""
        column = self._columns.get(tensor.name)
        if column is not None and tensor.datatype not in _DATATYPES[column.type]:
            raise _wrong_datatype(tensor, _DATATYPES[column.type], f"a {column.type} column")
        data = _flat(tensor, rows)
        if tensor.datatype == "BYTES":
            return _texts(tensor.name, data, column)
        if isinstance(data, np.ndarray):
            return data.astype(np.float64)
        allowed = _BOOLEAN_TYPES if tensor.datatype == "BOOL" else _NUMBER_TYPES
        if not _all_of(data, allowed, tensor.datatype):
            place = _first_wrong(data, allowed, tensor.datatype)
            raise _wrong_value(tensor.name, tensor.datatype, data[place], column)
        return np.array(data, dtype=np.float64)

    def _check_rows(self, tensor: Tensor) -> int:
        rows = tensor.shape[0]
        if rows == 0:
            raise RequestError("no_rows", f"{tensor.name}: the request holds no rows", tensor.name)
        if rows > self._max_rows:
            raise RequestError(
                "too_many_rows",
                f"{tensor.name}: {rows} rows in one request, at most {self._max_rows} are allowed; "
                "send several requests",
                tensor.name,
            )
        return rows


def _flat(tensor: Tensor, size: int) -> Any:
    data = tensor.data
    if len(data) and type(data[0]) is list:
        # Nested lists are as good as flat ones as long as every row has the declared length.
        inner = 1 if len(tensor.shape) == 1 else tensor.shape[1]
        if not all(type(row) is list and len(row) == inner for row in data):
            raise _ragged(tensor)
        data = list(chain.from_iterable(data))
    if len(data) != size:
        raise RequestError(
            "invalid_shape",
            f"{tensor.name}: shape {list(tensor.shape)} needs {size} values, data has {len(data)}",
            tensor.name,
        )
    return data


def _all_of(data: list, allowed: set[type], datatype: str) -> bool:
    found = set(map(type, data))
    if not found <= allowed:
        return False
    if float in found and datatype not in ("FP64", "FP32", "FP16"):
        return all(type(value) is not float or value.is_integer() for value in data)
    return True


def _first_wrong(data: list, allowed: set[type], datatype: str) -> int:
    return next(i for i, value in enumerate(data) if not _all_of([value], allowed, datatype))


def _texts(name: str, data: list, column: Column | None) -> np.ndarray:
    if any(type(value) is bytes for value in data):
        try:
            data = [value.decode() if type(value) is bytes else value for value in data]
        except UnicodeDecodeError:
            raise RequestError("wrong_type", f"{name}: a text is not valid UTF-8", name) from None
    if not set(map(type, data)) <= _TEXT_TYPES:
        place = _first_wrong(data, _TEXT_TYPES, "BYTES")
        raise _wrong_value(name, "BYTES", data[place], column)
    array = np.empty(len(data), dtype=object)
    array[:] = data
    return array


def _wrong_datatype(tensor: Tensor, allowed: tuple[str, ...], what: str) -> RequestError:
    message = f"{tensor.name}: {what} takes {', '.join(allowed)}, found {tensor.datatype}"
    return RequestError("wrong_datatype", message, tensor.name)


def _wrong_value(name: str, datatype: str, value: Any, column: Column | None) -> RequestError:
    message = f"{name}: expected values of datatype {datatype}"
    # The message is logged; what is no feature may be the id of a row, so of a person.
    if column is not None and not column.personal:
        message += f", found {value!r:.40}"
    return RequestError("wrong_type", message, name)


def _ragged(tensor: Tensor) -> RequestError:
    message = f"{tensor.name}: data must be nested as the shape {list(tensor.shape)} says, or flat"
    return RequestError("invalid_shape", message, tensor.name)
