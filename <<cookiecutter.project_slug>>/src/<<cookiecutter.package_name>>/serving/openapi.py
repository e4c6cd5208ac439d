"""The OpenAPI document of one model's REST interface, made from its schema.

It says exactly what the server accepts, as far as JSON Schema can: that shapes fit the data and
that columns are of equal length is said in words. The model's version is left out, so that the
committed file changes only with the schema.
"""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from ..schema import Schema, load_schema
from .openapi_answers import answers, required, response_example
from .openapi_requests import infer_request, request_examples
from .settings import ServingSettings

_DEFAULT = Path("docs/reference/openapi.json")
_FAULTS = {
    "400": "The request does not fit; `code` and `field` say where.",
    "404": "There is no such model, version or path.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "500": "The server failed; its log has the cause under `request_id`.",
    "503": "The model is being loaded, or the server is about to stop.",
}


def build_document(schema: Schema, name: str, max_rows: int) -> dict[str, Any]:
    """OpenAPI 3.1 for the model ``name``; ``max_rows`` is the server's limit for one request."""
    paths = {
        "/v2/health/live": _get("isLive", "The process answers", _flag("live")),
        "/v2/health/ready": _get("isReady", "The model can answer", _flag("ready"), "503"),
        "/v2": _get("serverMetadata", "Name and version of the server", _ref("ServerMetadata")),
    }
    for base, parameters, suffix in (
        (f"/v2/models/{name}", [], ""),
        (f"/v2/models/{name}/versions/{{version}}", [_version_parameter()], "Version"),
    ):
        missing = ("404",) if parameters else ()
        described = _get(
            f"metadata{suffix}", "Typed inputs and outputs", _ref("Metadata"), "503", *missing
        )
        ready = _get(f"ready{suffix}", "The model can answer", _flag("ready"), "503", *missing)
        infer = {"post": _infer(schema, f"infer{suffix}", missing)}
        for path, item in (("", described), ("/ready", ready), ("/infer", infer)):
            paths[base + path] = {"parameters": parameters, **item} if parameters else item
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": "1",
            "description": "Predictions by the Open Inference Protocol. Every answer has the "
            "header `x-request-id`: the request's header of that name, else its `Seldon-Puid`, "
            "else `id` in the body, else a new one.",
        },
        "paths": paths,
        "components": {
            "examples": request_examples(schema),
            "schemas": _schemas(schema, max_rows),
        },
    }


def dump_document(schema: Schema, name: str, max_rows: int) -> bytes:
    """The document as it is served and committed."""
    document = build_document(schema, name, max_rows)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def _infer(schema: Schema, operation: str, missing: tuple[str, ...]) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": "Predict for one or more rows",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _ref("InferRequest"),
                    "examples": {
                        name: {"$ref": f"#/components/examples/{name}"}
                        for name in request_examples(schema)
                    },
                }
            },
        },
        "responses": {
            "200": {
                "description": "One prediction a row, in the rows' order.",
                "content": {
                    "application/json": {
                        "schema": _ref("InferResponse"),
                        "example": response_example(schema),
                    }
                },
            },
            **_faults("400", *missing, "413", "415", "500", "503"),
        },
    }


def _get(operation: str, summary: str, answer: dict[str, Any], *faults: str) -> dict[str, Any]:
    content = {"application/json": {"schema": answer}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "responses": {"200": {"description": summary, "content": content}, **_faults(*faults)},
        }
    }


def _faults(*statuses: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref("Error")}}
    return {status: {"description": _FAULTS[status], "content": content} for status in statuses}


def _schemas(schema: Schema, max_rows: int) -> dict[str, Any]:
    return {"InferRequest": infer_request(schema, max_rows), **answers(schema)}


def _flag(name: str) -> dict[str, Any]:
    return required(**{name: {"const": True}})


def _version_parameter() -> dict[str, Any]:
    return {
        "name": "version",
        "in": "path",
        "required": True,
        "description": "The version that the caller expects; any other one is answered with 404.",
        "schema": {"type": "string", "pattern": "^v[0-9]{1,9}$"},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the document, or with ``--check`` say whether the written one is up to date."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--schema", type=Path, default=Path("configs/schema.yaml"))
    parser.add_argument("--output", type=Path, default=_DEFAULT)
    parser.add_argument("--name", help="the model's name; the project's if not given")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args(argv)
    name = arguments.name or tomllib.loads(Path("pyproject.toml").read_text())["project"]["name"]
    document = dump_document(load_schema(arguments.schema), name, ServingSettings().max_rows)
    if not arguments.check:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_bytes(document)
        return 0
    if arguments.output.is_file() and arguments.output.read_bytes() == document:
        return 0
    print(f"{arguments.output} is out of date; run `make openapi`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
