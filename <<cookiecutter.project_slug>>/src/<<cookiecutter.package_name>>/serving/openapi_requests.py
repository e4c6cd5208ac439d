"""What the OpenAPI document says of a request: what each column and a matrix take."""

from typing import Any

from ..schema import Column, Schema
from .protocol import LONGEST_NAME, NUMBERS, REQUEST_ID, Tensor
from .scoring import output_names, sample_request

_FLOATS = ("FP64", "FP32", "FP16")
_DATATYPES = {
    "number": list(_FLOATS),
    "integer": list(NUMBERS),
    "boolean": ["BOOL"],
    "category": ["BYTES"],
}
_ANY_OBJECT = {
    "type": ["object", "null"],
    "description": "Ignored; `content_type` of MLServer's codecs may be in here.",
}


def infer_request(schema: Schema, max_rows: int) -> dict[str, Any]:
    """JSON Schema of a request: a tensor a column, or one matrix if no column is a category."""
    forms = [_columns(schema, max_rows)]
    if schema.is_numeric:
        forms.insert(0, _matrix(schema, max_rows))
    return {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {
                "type": ["string", "null"],
                "pattern": f"^(?:{REQUEST_ID})?$",
                "description": "Comes back in the answer.",
            },
            "parameters": _ANY_OBJECT,
            "inputs": {"anyOf": forms},
            "outputs": {
                "type": ["array", "null"],
                "description": "Only these outputs are wanted; all if empty.",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": {"enum": list(output_names(schema))},
                        "parameters": _ANY_OBJECT,
                    },
                },
            },
        },
    }


def request_examples(schema: Schema) -> dict[str, Any]:
    """One row in each form that the model takes."""
    tensors = sample_request(schema).tensors
    columns = [_written(tensor) for tensor in tensors]
    examples = {"columns": {"summary": "One tensor a column", "value": {"inputs": columns}}}
    if schema.is_numeric:
        row = [float(tensor.data[0]) for tensor in tensors]
        matrix = Tensor("rows", "FP64", (1, len(row)), [row])
        examples["matrix"] = {
            "summary": "One matrix, features in the schema's order",
            "value": {"inputs": [_written(matrix)]},
        }
    return examples


def _matrix(schema: Schema, max_rows: int) -> dict[str, Any]:
    row = [_number(column) for column in schema.features]
    width = len(row)
    nested = {"type": "array", "prefixItems": row, "minItems": width, "maxItems": width}
    # The ranges of a flat matrix's later rows cannot be said, unless there is only one column.
    rest = row[0] if width == 1 else {"type": ["number", "null"]}
    tensor = _tensor(
        name={"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
        datatype={"enum": list(_FLOATS)},
        shape={
            "type": "array",
            "prefixItems": [_rows(max_rows), {"const": width}],
            "minItems": 2,
            "maxItems": 2,
        },
        data={
            "description": "Row by row, features in this order; nested or flat.",
            "anyOf": [
                {"type": "array", "minItems": 1, "maxItems": max_rows, "items": nested},
                {"type": "array", "minItems": width, "prefixItems": row, "items": rest},
            ],
        },
    )
    return {
        "description": f"One matrix of shape [rows, {width}].",
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": tensor,
    }


def _columns(schema: Schema, max_rows: int) -> dict[str, Any]:
    width = len(schema.features)
    return {
        "description": "One tensor a column, in any order, all of the same number of rows.",
        "type": "array",
        "minItems": width,
        "maxItems": width,
        "prefixItems": [_column(column, max_rows) for column in schema.features],
    }


def _column(column: Column, max_rows: int) -> dict[str, Any]:
    value = _value(column)
    alone = {"type": "array", "minItems": 1, "maxItems": 1, "items": value}
    values = {"type": "array", "minItems": 1, "maxItems": max_rows}
    tensor = _tensor(
        name={"const": column.name},
        datatype={"enum": _DATATYPES[column.type]},
        shape={
            "type": "array",
            "description": "[rows, 1] or [rows].",
            "prefixItems": [_rows(max_rows), {"const": 1}],
            "minItems": 1,
            "maxItems": 2,
        },
        data={"anyOf": [{**values, "items": value}, {**values, "items": alone}]},
    )
    return {**tensor, "description": column.description} if column.description else tensor


def _value(column: Column) -> dict[str, Any]:
    """JSON Schema of one value."""
    if column.type == "category":
        texts = [*column.values, None] if column.nullable else column.values
        return {"enum": texts}
    kind = column.type
    found: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind}
    if column.minimum is not None:
        found["minimum"] = column.minimum
    if column.maximum is not None:
        found["maximum"] = column.maximum
    return found


def _number(column: Column) -> dict[str, Any]:
    """JSON Schema of one value in a matrix, where a boolean is written as a number."""
    if column.type == "boolean":
        return {"enum": [0, 1, None] if column.nullable else [0, 1]}
    return _value(column)


def _rows(max_rows: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": max_rows}


def _tensor(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, "parameters": _ANY_OBJECT},
    }


def _written(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "datatype": tensor.datatype,
        "shape": list(tensor.shape),
        "data": list(tensor.data),
    }
