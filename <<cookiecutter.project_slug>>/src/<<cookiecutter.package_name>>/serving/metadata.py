"""What a model says about itself: typed inputs and outputs, for MLServer and for Seldon."""

from typing import Any

from ..schema import Column, Schema

_DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "category": "BYTES"}


def model_metadata(schema: Schema, name: str, version: str, platform: str) -> dict[str, Any]:
    """Metadata of the Open Inference Protocol; -1 stands for any number of rows."""
    return {
        "name": name,
        "versions": [version],
        "platform": platform,
        "inputs": [_input(column) for column in schema.features],
        "outputs": _outputs(schema),
        "parameters": {"model_version": version, "task": schema.target.task},
    }


def _input(column: Column) -> dict[str, Any]:
    tensor = {"name": column.name, "datatype": _DATATYPES[column.type], "shape": [-1, 1]}
    limits = {
        "minimum": column.minimum,
        "maximum": column.maximum,
        "values": column.values,
        "nullable": column.nullable or None,
    }
    limits = {key: value for key, value in limits.items() if value is not None}
    return {**tensor, "parameters": limits} if limits else tensor


def _outputs(schema: Schema) -> list[dict[str, Any]]:
    classes = schema.target.classes
    if classes is None:
        return [{"name": "prediction", "datatype": "FP64", "shape": [-1, 1]}]
    return [
        {"name": "class", "datatype": "BYTES", "shape": [-1, 1]},
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [-1, len(classes)],
            "parameters": {"classes": classes},
        },
    ]
