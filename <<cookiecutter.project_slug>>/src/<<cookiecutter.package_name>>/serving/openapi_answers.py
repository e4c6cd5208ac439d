"""What the OpenAPI document says of answers: predictions, metadata and the error body."""

from typing import Any

from ..schema import Schema
from .errors import REASONS


def answers(schema: Schema) -> dict[str, Any]:
    """JSON Schemas of all answers by name."""
    texts = {"type": "array", "items": {"type": "string"}}
    tensor = {
        "type": "object",
        "required": ["name", "datatype", "shape"],
        "properties": {
            "name": {"type": "string"},
            "datatype": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer"}},
            "parameters": {"type": "object"},
        },
    }
    tensors = {"type": "array", "items": tensor}
    codes = [
        *REASONS,
        "internal_error",
        "method_not_allowed",
        "unknown_path",
        "client_disconnected",
    ]
    return {
        "InferResponse": _infer_response(schema),
        "Metadata": required(
            name={"type": "string"},
            versions=texts,
            platform={"type": "string"},
            inputs=tensors,
            outputs=tensors,
        ),
        "ServerMetadata": required(
            name={"type": "string"}, version={"type": "string"}, extensions=texts
        ),
        "Error": required(
            error={"type": "string", "description": "The same as `message`."},
            code={"type": "string", "enum": sorted(codes)},
            message={"type": "string"},
            field={
                "type": ["string", "null"],
                "description": "The column, or the place in the body; null for the whole request.",
            },
            request_id={"type": "string"},
        ),
    }


def response_example(schema: Schema) -> dict[str, Any]:
    """What an answer to one row looks like."""
    classes = schema.target.classes
    if classes is None:
        outputs = [{"name": "prediction", "datatype": "FP64", "shape": [1, 1], "data": [150.5]}]
    else:
        shares = [round(1 / len(classes), 6)] * len(classes)
        outputs = [
            {"name": "class", "datatype": "BYTES", "shape": [1, 1], "data": classes[:1]},
            {
                "name": "probabilities",
                "datatype": "FP64",
                "shape": [1, len(classes)],
                "data": shares,
                "parameters": {"classes": classes},
            },
        ]
    return {"model_name": "model", "model_version": "v1", "id": "example", "outputs": outputs}


def required(**properties: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema of an object that has all these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _infer_response(schema: Schema) -> dict[str, Any]:
    if schema.target.classes is None:
        tensors = [_output("prediction", "FP64", {"type": "number"})]
    else:
        share = {"type": "number", "minimum": 0, "maximum": 1}
        tensors = [
            _output("class", "BYTES", {"enum": schema.target.classes}),
            _output("probabilities", "FP64", share),
        ]
    return {
        "type": "object",
        "required": ["model_name", "model_version", "id", "outputs"],
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "outputs": {"type": "array", "minItems": 1, "items": {"anyOf": tensors}},
        },
    }


def _output(name: str, datatype: str, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["name", "datatype", "shape", "data"],
        "properties": {
            "name": {"const": name},
            "datatype": {"const": datatype},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "data": {"type": "array", "items": value},
            "parameters": {"type": "object"},
        },
    }
