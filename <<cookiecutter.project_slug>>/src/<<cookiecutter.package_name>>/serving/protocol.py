"""An inference request of the Open Inference Protocol, from JSON, exactly as the document says.

MLServer's own types convert silently ("3" becomes 3); here what the OpenAPI document excludes is
refused.
"""

import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson

from .errors import RequestError

NUMBERS = ("FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8")
NUMBERS += ("UINT64", "UINT32", "UINT16", "UINT8")
DATATYPES = (*NUMBERS, "BOOL", "BYTES")
# Printable ASCII without blanks: it goes into a header, into logs and into event ids.
REQUEST_ID = "[!-~]{1,128}"
_request_id = re.compile(REQUEST_ID)
# Names come back in messages and logs; a caller must not be able to flood them.
LONGEST_NAME = 256


class Tensor(NamedTuple):
    """One input: ``data`` is a flat or nested list, or an array of shape (values,)."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Sequence[Any] | np.ndarray


@dataclass
class InferRequest:
    """``outputs`` names the outputs asked for, ``None`` means all.

    ``parameters`` is for MLServer's data plane, which keeps headers in it.
    """

    id: str | None
    tensors: list[Tensor]
    outputs: tuple[str, ...] | None = None
    parameters: Any = None


def parse_request(body: bytes) -> InferRequest:
    """The request in ``body``; ``RequestError`` says what is wrong and where."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _not_json(body, error) from None
    if type(content) is not dict:
        raise _invalid("the body must be a JSON object")
    _optional(content, "parameters", dict, "")
    inputs = content.get("inputs")
    if type(inputs) is not list or not inputs:
        raise _invalid("inputs must be a list of at least one tensor", "inputs")
    tensors = [_tensor(item, f"inputs[{position}]") for position, item in enumerate(inputs)]
    return InferRequest(check_id(content.get("id")), tensors, _outputs(content.get("outputs")))


def check_id(request_id: Any) -> str | None:
    """The request's own id; refused if it could not be written into a header."""
    if request_id is None or request_id == "":
        return None
    if type(request_id) is not str or not _request_id.fullmatch(request_id):
        raise _invalid("id must be 1 to 128 printable ASCII characters without blanks", "id")
    return request_id


def usable_id(text: str | None) -> str | None:
    """``text`` if it can serve as a request id, else ``None``."""
    return text if text is not None and _request_id.fullmatch(text) else None


def _not_json(body: bytes, error: ValueError) -> RequestError:
    """Many a client writes NaN, which JSON does not know: say so, and in which tensor."""
    # Whatever else may be wrong with the body: it is no JSON, which is said below.
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        for tensor in json.loads(body)["inputs"]:
            if _has_infinite(tensor["data"]):
                name = str(tensor["name"])[:LONGEST_NAME]
                return RequestError(
                    "not_finite",
                    f"{name}: NaN and Infinity are not JSON; write null for a missing value where "
                    "the column allows one",
                    name,
                )
    return RequestError("invalid_json", f"the body is not valid JSON: {error}")


def _has_infinite(data: Any) -> bool:
    if type(data) is list:
        return any(map(_has_infinite, data))
    return type(data) is float and not math.isfinite(data)


def _tensor(item: Any, place: str) -> Tensor:
    if type(item) is not dict:
        raise _invalid(f"{place} must be an object", place)
    name, datatype, shape = item.get("name"), item.get("datatype"), item.get("shape")
    if type(name) is not str or not 0 < len(name) <= LONGEST_NAME:
        message = f"{place}.name must be a text of at most {LONGEST_NAME} characters"
        raise _invalid(message, f"{place}.name")
    if datatype not in DATATYPES:
        raise RequestError(
            "wrong_datatype", f"{place}.datatype must be one of {', '.join(DATATYPES)}", name
        )
    if type(shape) is not list or not shape or not all(map(_is_count, shape)):
        raise RequestError("invalid_shape", f"{place}.shape must be a list of whole numbers", name)
    if type(item.get("data")) is not list:
        raise _invalid(f"{place}.data must be a list", name)
    _optional(item, "parameters", dict, place + ".")
    return Tensor(name, datatype, tuple(map(int, shape)), item["data"])


def _outputs(items: Any) -> tuple[str, ...] | None:
    if items is None:
        return None
    if type(items) is not list:
        raise _invalid("outputs must be a list", "outputs")
    names = []
    for position, item in enumerate(items):
        place = f"outputs[{position}]"
        if type(item) is not dict or type(item.get("name")) is not str:
            raise _invalid(f"{place} must be an object with a name", place)
        _optional(item, "parameters", dict, place + ".")
        names.append(item["name"])
    # An empty list asks for nothing in particular, which is everything.
    return tuple(names) or None


def _optional(content: dict, key: str, kind: type, place: str) -> None:
    if content.get(key) is not None and type(content[key]) is not kind:
        raise _invalid(f"{place}{key} must be an object", f"{place}{key}")


def _is_count(value: Any) -> bool:
    # JSON knows one kind of number: 3.0 is as whole as 3, true is no number.
    return (type(value) is int or (type(value) is float and value.is_integer())) and value >= 0


def _invalid(message: str, field: str | None = None) -> RequestError:
    return RequestError("invalid_request", message, field)
