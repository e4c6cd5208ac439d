"""Tensors of gRPC messages and of MLServer's own types."""

import numpy as np
import pandas as pd
import pytest
from mlserver.codecs import PandasCodec
from mlserver.grpc.dataplane_pb2 import ModelInferRequest

from <<cookiecutter.package_name>>.serving.errors import RequestError
from <<cookiecutter.package_name>>.serving.tensors import (
    pack,
    tensors_from_grpc,
    tensors_from_mlserver,
)


def message(datatype, shape=(2,), raw=None, **contents):
    request = ModelInferRequest()
    tensor = request.inputs.add(name="x", datatype=datatype, shape=shape)
    for field, values in contents.items():
        getattr(tensor.contents, field).extend(values)
    if raw is not None:
        request.raw_input_contents.append(raw)
    return request


@pytest.mark.parametrize(
    "datatype, field, values",
    [
        ("BOOL", "bool_contents", [True, False]),
        ("INT8", "int_contents", [1, -2]),
        ("INT64", "int64_contents", [1, 2**40]),
        ("UINT16", "uint_contents", [1, 2]),
        ("UINT64", "uint64_contents", [1, 2**63]),
        ("FP32", "fp32_contents", [0.5, 1.5]),
        ("FP64", "fp64_contents", [0.1, 1e300]),
        ("BYTES", "bytes_contents", [b"a", b"\xc3\xbc"]),
    ],
)
def test_typed_and_raw_values(datatype, field, values):
    (typed,) = tensors_from_grpc(message(datatype, **{field: values}))
    assert list(typed.data) == values and typed.shape == (2,)
    texts = [value.decode() for value in values] if datatype == "BYTES" else values
    (raw,) = tensors_from_grpc(message(datatype, raw=pack(datatype, texts)))
    assert list(raw.data) == values


def test_half_precision_is_raw_only():
    (tensor,) = tensors_from_grpc(message("FP16", raw=np.array([0.5, 2], "<f2").tobytes()))
    assert list(tensor.data) == [0.5, 2]
    with pytest.raises(RequestError, match="raw_input_contents"):
        tensors_from_grpc(message("FP16"))


@pytest.mark.parametrize(
    "request_message, code",
    [
        (ModelInferRequest(), "invalid_request"),
        (message("FLOAT", fp32_contents=[1, 2]), "wrong_datatype"),
        (message("FP64", fp32_contents=[1, 2]), "wrong_datatype"),
        (message("FP64", shape=(-1,), fp64_contents=[1]), "invalid_shape"),
        (message("FP64", shape=(), fp64_contents=[1]), "invalid_shape"),
        (message("FP64", raw=b"1234567"), "invalid_shape"),
        (message("BYTES", raw=b"\x05\x00\x00\x00abc"), "invalid_shape"),
        (message("BYTES", raw=b"\x05\x00"), "invalid_shape"),
    ],
)
def test_what_is_neither(request_message, code):
    with pytest.raises(RequestError) as caught:
        tensors_from_grpc(request_message)
    assert caught.value.code == code


def test_names_are_limited():
    request = message("FP64", fp64_contents=[1, 2])
    request.inputs[0].name = "x" * 300
    with pytest.raises(RequestError, match="256"):
        tensors_from_grpc(request)


def test_fewer_raw_values_than_inputs():
    request = message("FP64", raw=b"")
    request.inputs.add(name="y", datatype="FP64", shape=[1])
    with pytest.raises(RequestError, match="1 entries for 2 inputs"):
        tensors_from_grpc(request)


def test_the_pandas_codec():
    texts = pd.Series(["x", "ü"], dtype=object)
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": [True, False], "c": texts})
    request = PandasCodec.encode_request(frame)
    found = {tensor.name: tensor for tensor in tensors_from_mlserver(request.inputs)}
    assert found["a"].datatype == "FP64" and found["a"].shape == (2, 1)
    assert list(found["b"].data) == [True, False]
    assert list(found["c"].data) == [b"x", "ü".encode()]
