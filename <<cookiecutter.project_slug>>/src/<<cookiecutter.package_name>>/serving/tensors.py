"""Tensors that arrive otherwise than as our own JSON: MLServer's types, and gRPC messages."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from mlserver.types import RequestInput

from .errors import RequestError
from .protocol import DATATYPES, LONGEST_NAME, Tensor

_DTYPES = {
    "BOOL": "?",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
# Where a gRPC message keeps values that are not raw; FP16 has no such place.
_CONTENTS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def tensors_from_mlserver(inputs: Iterable[RequestInput]) -> list[Tensor]:
    """Tensors from MLServer's parsed types, as its own REST and gRPC servers make them."""
    tensors = []
    for item in inputs:
        data = getattr(item.data, "root", item.data)
        data = data if isinstance(data, list | np.ndarray) else list(data)
        tensors.append(_tensor(item.name, str(item.datatype), tuple(item.shape), data))
    return tensors


def tensors_from_grpc(message: Any) -> list[Tensor]:
    """Tensors of a ``ModelInferRequest``, whose values are either typed or raw."""
    raw = list(message.raw_input_contents)
    if raw and len(raw) != len(message.inputs):
        raise RequestError(
            "invalid_request",
            f"raw_input_contents has {len(raw)} entries for {len(message.inputs)} inputs",
            "raw_input_contents",
        )
    if not message.inputs:
        raise RequestError("invalid_request", "the request has no inputs", "inputs")
    tensors = []
    for position, item in enumerate(message.inputs):
        tensor = _tensor(item.name, item.datatype, tuple(item.shape), [])
        data = _unpack(tensor, raw[position]) if raw else _contents(tensor, item.contents)
        tensors.append(tensor._replace(data=data))
    return tensors


def pack(datatype: str, values: list[Any]) -> bytes:
    """Values as the raw bytes of a gRPC message."""
    if datatype != "BYTES":
        return np.array(values, _DTYPES[datatype]).tobytes()
    texts = [text.encode() for text in values]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def _tensor(name: str, datatype: str, shape: tuple[int, ...], data: Any) -> Tensor:
    if not 0 < len(name) <= LONGEST_NAME:
        message = f"a tensor's name must have 1 to {LONGEST_NAME} characters"
        raise RequestError("invalid_request", message, "name")
    if datatype not in DATATYPES:
        message = f"{name}: unknown datatype {datatype!r:.40}; known: {', '.join(DATATYPES)}"
        raise RequestError("wrong_datatype", message, name)
    if not shape or any(size < 0 for size in shape):
        message = f"{name}: the shape {list(shape)} must hold whole numbers from 0"
        raise RequestError("invalid_shape", message, name)
    return Tensor(name, datatype, shape, data)


def _contents(tensor: Tensor, contents: Any) -> list[Any]:
    field = _CONTENTS.get(tensor.datatype)
    if field is None:
        message = f"{tensor.name}: {tensor.datatype} can only be sent in raw_input_contents"
        raise RequestError("wrong_datatype", message, tensor.name)
    used = [descriptor.name for descriptor, _ in contents.ListFields()]
    if used not in ([], [field]):
        message = f"{tensor.name}: {tensor.datatype} belongs into {field}, found {', '.join(used)}"
        raise RequestError("wrong_datatype", message, tensor.name)
    return list(getattr(contents, field))


def _unpack(tensor: Tensor, raw: bytes) -> list[Any] | np.ndarray:
    if tensor.datatype == "BYTES":
        return _unpack_texts(tensor, raw)
    dtype = np.dtype(_DTYPES[tensor.datatype])
    if len(raw) % dtype.itemsize:
        message = f"{tensor.name}: {len(raw)} bytes are no whole number of {tensor.datatype} values"
        raise RequestError("invalid_shape", message, tensor.name)
    return np.frombuffer(raw, dtype)


def _unpack_texts(tensor: Tensor, raw: bytes) -> list[bytes]:
    """Each text follows its length, four bytes in little-endian order."""
    texts, place = [], 0
    while place < len(raw):
        try:
            (size,) = struct.unpack_from("<I", raw, place)
        except struct.error:
            size = len(raw)
        place += 4 + size
        if place > len(raw):
            message = f"{tensor.name}: the raw texts end in the middle of one"
            raise RequestError("invalid_shape", message, tensor.name)
        texts.append(raw[place - size : place])
    return texts
