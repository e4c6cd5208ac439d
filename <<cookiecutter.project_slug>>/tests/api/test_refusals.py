"""Bad input: the right status, one error body, the field named, nothing of the inside shown."""

import gzip
import json
import socket
import time

import numpy as np
import pytest
import tritonclient.grpc
from rows import ROW, changed, columns, matrix

KEYS = {"error", "code", "message", "field", "request_id"}


def check(answer, status, code, field=None):
    """One error body, whatever went wrong."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json"
    body = answer.json
    assert set(body) == KEYS
    assert body["code"] == code, body
    assert body["field"] == field, body
    assert body["error"] == body["message"] != ""
    assert body["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.body.decode() and "site-packages" not in answer.body.decode()


def without(name):
    return [tensor for tensor in columns() if tensor["name"] != name]


def twice(name):
    return columns() + [tensor for tensor in columns() if tensor["name"] == name]


TOO_MANY = {"shape": [9_000_000, 1]}
COLUMN_CASES = {
    "missing column": (without("income"), "missing_column", "income"),
    "extra column": (
        columns() + [{"name": "x", "shape": [1, 1], "datatype": "FP64", "data": [1]}],
        "unexpected_column",
        "x",
    ),
    "misspelt column": (changed("income", name="Income"), "missing_column", "income"),
    "column twice": (twice("income"), "duplicate_column", "income"),
    "null": (columns(income=None), "missing_value", "income"),
    "null in a category": (columns(region=None), "missing_value", "region"),
    "null in a boolean": (columns(member=None), "missing_value", "member"),
    "below the range": (columns(income=-0.001), "out_of_range", "income"),
    "above the range": (columns(visits=51), "out_of_range", "visits"),
    "unknown category": (columns(region="west"), "unknown_category", "region"),
    "text for a number": (columns(income="12"), "wrong_type", "income"),
    "true for a number": (columns(income=True), "wrong_type", "income"),
    "number for a text": (columns(region=1), "wrong_type", "region"),
    "number for a boolean": (columns(member=1), "wrong_type", "member"),
    "fraction in whole numbers": (columns(visits=1.5), "wrong_type", "visits"),
    "fraction in a float": (
        changed("visits", datatype="FP64", data=[1.5]),
        "wrong_type",
        "visits",
    ),
    "object for a number": (columns(income={}), "wrong_type", "income"),
    "text datatype for a number": (changed("income", datatype="BYTES"), "wrong_datatype", "income"),
    "number datatype for a text": (changed("region", datatype="FP64"), "wrong_datatype", "region"),
    "boolean datatype for a number": (
        changed("income", datatype="BOOL"),
        "wrong_datatype",
        "income",
    ),
    "unknown datatype": (changed("income", datatype="FLOAT"), "wrong_datatype", "income"),
    "datatype as a list": (changed("income", datatype=["FP64"]), "wrong_datatype", "income"),
    "no datatype": (changed("income", datatype=None), "wrong_datatype", "income"),
    "no shape": (changed("income", shape=None), "invalid_shape", "income"),
    "empty shape": (changed("income", shape=[]), "invalid_shape", "income"),
    "shape of texts": (changed("income", shape=["1", "1"]), "invalid_shape", "income"),
    "negative shape": (changed("income", shape=[-1, 1]), "invalid_shape", "income"),
    "wide column": (changed("income", shape=[1, 2], data=[1, 2]), "invalid_shape", "income"),
    "deep column": (changed("income", shape=[1, 1, 1]), "invalid_shape", "income"),
    "more rows than the others": (
        changed("plan", shape=[2, 1], data=["a", "a"]),
        "invalid_shape",
        "plan",
    ),
    "more data than the shape": (changed("income", data=[1, 2]), "invalid_shape", "income"),
    "less data than the shape": (changed("income", data=[]), "invalid_shape", "income"),
    "ragged data": (changed("income", data=[[1, 2]]), "invalid_shape", "income"),
    "half nested data": (
        changed("income", shape=[2, 1], data=[[1], 2]),
        "invalid_shape",
        "income",
    ),
    "no data": (changed("income", data=None), "invalid_request", "income"),
    "data as a number": (changed("income", data=1), "invalid_request", "income"),
    "no name": (changed("income", name=None), "invalid_request", "inputs[0].name"),
    "very long name": (changed("income", name="x" * 257), "invalid_request", "inputs[0].name"),
    "no rows": (columns(0), "no_rows", "income"),
    "too many rows": (changed("income", **TOO_MANY), "too_many_rows", "income"),
    "parameters as a list": (
        changed("income", parameters=[1]),
        "invalid_request",
        "inputs[0].parameters",
    ),
    "one matrix with categories": (matrix(), "invalid_shape", "m"),
    "no tensors": ([], "invalid_request", "inputs"),
    "tensor as a text": (["income"], "invalid_request", "inputs[0]"),
}


@pytest.mark.parametrize("inputs, code, field", COLUMN_CASES.values(), ids=COLUMN_CASES)
def test_columns(mixed, inputs, code, field):
    check(mixed.infer(inputs), 400, code, field)


MATRIX_CASES = {
    "too narrow": ({"shape": [1, 3], "data": [1, 2, 3]}, "invalid_shape", "m"),
    "too wide": ({"shape": [1, 5], "data": [1, 2, 3, 1, 1]}, "invalid_shape", "m"),
    "flat shape": ({"shape": [4]}, "invalid_shape", "m"),
    "deep shape": ({"shape": [1, 4, 1]}, "invalid_shape", "m"),
    "rows that are not there": ({"shape": [2, 4]}, "invalid_shape", "m"),
    "ragged rows": ({"data": [[1, 2, 3]]}, "invalid_shape", "m"),
    "no rows": ({"shape": [0, 4], "data": []}, "no_rows", "m"),
    "texts": ({"datatype": "BYTES"}, "wrong_datatype", "m"),
    "booleans": ({"datatype": "BOOL"}, "wrong_datatype", "m"),
    "a text among numbers": ({"data": [1.5, 2, "4", 1]}, "wrong_type", "count"),
    "true among numbers": ({"data": [True, 2, 4, 1]}, "wrong_type", "length"),
    "null": ({"data": [None, 2, 4, 1]}, "missing_value", "length"),
    "out of range": ({"data": [10.5, 2, 4, 1]}, "out_of_range", "length"),
    "no whole number": ({"data": [1.5, 2, 4.5, 1]}, "wrong_type", "count"),
    "no boolean": ({"data": [1.5, 2, 4, 2]}, "wrong_type", "flag"),
    "fraction in whole numbers": ({"datatype": "INT64"}, "wrong_type", "length"),
}


@pytest.mark.parametrize("changes, code, field", MATRIX_CASES.values(), ids=MATRIX_CASES)
def test_matrices(numeric, changes, code, field):
    check(numeric.infer(matrix(**changes)), 400, code, field)


def test_every_wrong_column_is_named(mixed):
    inputs = columns(income=-1, visits=99, region="west")
    answer = mixed.infer(inputs)
    check(answer, 400, "out_of_range", "income")
    for name in ("income", "visits", "region"):
        assert name in answer.json["message"]


BODY_CASES = {
    "no body": (b"", "invalid_json", None),
    "half a body": (b'{"inputs": [', "invalid_json", None),
    "two bodies": (b"{}{}", "invalid_json", None),
    "no object": (b"[]", "invalid_request", None),
    "no inputs": (b"{}", "invalid_request", "inputs"),
    "no UTF-8": (b'{"inputs": "\xff"}', "invalid_json", None),
    "a lone surrogate": (b'{"inputs": "\\ud800"}', "invalid_json", None),
    "very deep": (b"[" * 100_000, "invalid_json", None),
    "id as a number": (b'{"id": 1, "inputs": []}', "invalid_request", "inputs"),
    "parameters as a text": (
        b'{"parameters": "pd", "inputs": []}',
        "invalid_request",
        "parameters",
    ),
}


@pytest.mark.parametrize("body, code, field", BODY_CASES.values(), ids=BODY_CASES)
def test_bodies(mixed, body, code, field):
    check(mixed.request("POST", "/v2/models/mixed/infer", body), 400, code, field)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_in_json(mixed, text):
    body = json.dumps({"inputs": columns()}).replace("500.0", text).encode()
    check(mixed.request("POST", "/v2/models/mixed/infer", body), 400, "not_finite", "income")


@pytest.mark.parametrize("bad", [5, "", "a b", "a\nb", "ü", "x" * 129, ["a"]])
def test_ids_that_no_header_can_hold(mixed, bad):
    answer = mixed.infer(columns(), id=bad)
    if bad == "":
        assert answer.status == 200
    else:
        check(answer, 400, "invalid_request", "id")


OUTPUT_CASES = {
    "unknown": ([{"name": "confidence"}], "unknown_output", "outputs"),
    "no list": ("class", "invalid_request", "outputs"),
    "no object": (["class"], "invalid_request", "outputs[0]"),
    "no parameters": ([{"name": "class", "parameters": 1}], "invalid_request", None),
}


@pytest.mark.parametrize("outputs, code, field", OUTPUT_CASES.values(), ids=OUTPUT_CASES)
def test_outputs(mixed, outputs, code, field):
    check(mixed.infer(columns(), outputs=outputs), 400, code, field or "outputs[0].parameters")


def test_unknown_things(mixed):
    body = {"inputs": columns()}
    check(
        mixed.request("POST", "/v2/models/nobody/infer", body), 404, "unknown_model", "model_name"
    )
    path = "/v2/models/mixed/versions/v8"
    for method, end in (("POST", "/infer"), ("GET", ""), ("GET", "/ready")):
        answer = mixed.request(method, path + end, body if method == "POST" else None)
        check(answer, 404, "unknown_version", "model_version")
    check(mixed.request("GET", "/v2/models/nobody"), 404, "unknown_model", "model_name")
    check(mixed.request("GET", "/v2/nothing"), 404, "unknown_path")
    check(mixed.request("GET", "/v2/"), 404, "unknown_path")


def test_nobody_can_unload_the_model(mixed):
    for path in ("index", "models/mixed/unload", "models/mixed/load"):
        check(mixed.request("POST", f"/v2/repository/{path}", {}), 404, "unknown_path")
    assert mixed.ready()


def test_wrong_methods(mixed):
    answer = mixed.request("GET", "/v2/models/mixed/infer")
    check(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    check(mixed.request("DELETE", "/v2/models/mixed"), 405, "method_not_allowed")


def test_ten_megabytes(mixed):
    """Also a caller that sends everything before it listens gets the answer."""
    body = b'{"inputs": "' + b"x" * 10_000_000 + b'"}'
    check(mixed.request("POST", "/v2/models/mixed/infer", body), 413, "payload_too_large")
    assert mixed.infer(columns()).status == 200


def test_ten_megabytes_of_unknown_length(mixed):
    chunk = b"x" * 100_000
    with socket.create_connection(("127.0.0.1", mixed.http_port), timeout=20) as connection:
        connection.sendall(
            b"POST /v2/models/mixed/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
            b"content-type: application/json\r\nconnection: close\r\n\r\n"
        )
        for _ in range(100):
            connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        connection.sendall(b"0\r\n\r\n")
        answer = b""
        while received := connection.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"payload_too_large"' in answer


def test_a_caller_that_goes_away(mixed):
    head = b"POST /v2/models/mixed/infer HTTP/1.1\r\nhost: x\r\nx-request-id: gone-1\r\n"
    with socket.create_connection(("127.0.0.1", mixed.http_port), timeout=20) as connection:
        connection.sendall(head + b"content-length: 1000\r\n\r\nhalf")
    (line,) = mixed.wait_for_records(http_request_id="gone-1")
    assert line["error.code"] == "client_disconnected" and line["log.level"] == "warning"


def test_a_caller_that_asks_before_sending(mixed):
    with socket.create_connection(("127.0.0.1", mixed.http_port), timeout=20) as connection:
        connection.sendall(
            b"POST /v2/models/mixed/infer HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            b"content-type: application/json\r\ncontent-length: 10000000\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_the_limit_is_a_setting(numeric):
    body = b'{"inputs": "' + b"x" * 1_000_001 + b'"}'
    answer = numeric.request("POST", "/v2/models/numeric/infer", body)
    check(answer, 413, "payload_too_large")
    assert "1000000 bytes" in answer.json["message"]


def test_gzip_that_unpacks_to_gigabytes(mixed):
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    headers = {"content-encoding": "gzip"}
    path = "/v2/models/mixed/infer"
    check(mixed.request("POST", path, bomb, headers), 413, "payload_too_large")
    check(mixed.request("POST", path, b"no gzip", headers), 400, "invalid_encoding")
    half = gzip.compress(b"{}")[:-6]
    check(mixed.request("POST", path, half, headers), 400, "invalid_encoding")
    headers = {"content-encoding": "br"}
    check(mixed.request("POST", path, b"{}", headers), 415, "unsupported_media_type")


def test_other_media(mixed):
    path = "/v2/models/mixed/infer"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        answer = mixed.request("POST", path, b"{}", {"content-type": kind})
        check(answer, 415, "unsupported_media_type")
    binary = {"inference-header-content-length": "2"}
    answer = mixed.request("POST", path, b"{}xx", binary)
    check(answer, 415, "unsupported_media_type")
    assert "binary_data=False" in answer.json["message"]


def grpc_inputs(**changes):
    arrays = {
        "income": np.array([[ROW["income"]]]),
        "visits": np.array([[3]], dtype=np.int64),
        "member": np.array([[True]]),
        "region": np.array([["süd".encode()]], dtype=object),
        "plan": np.array([[b"a"]], dtype=object),
        **changes,
    }
    kinds = {"f": "FP64", "i": "INT64", "b": "BOOL", "O": "BYTES"}
    found = []
    for name, array in arrays.items():
        tensor = tritonclient.grpc.InferInput(name, list(array.shape), kinds[array.dtype.kind])
        tensor.set_data_from_numpy(array)
        found.append(tensor)
    return found


GRPC_CASES = {
    "NaN": ({"income": np.array([[np.nan]])}, "missing_value", "income"),
    "infinity": ({"income": np.array([[np.inf]])}, "not_finite", "income"),
    "out of range": ({"income": np.array([[-1.0]])}, "out_of_range", "income"),
    "unknown category": ({"region": np.array([[b"west"]], dtype=object)}, "unknown_category", None),
    "no UTF-8": ({"region": np.array([[b"\xff"]], dtype=object)}, "wrong_type", "region"),
    "wrong datatype": ({"income": np.array([[True]])}, "wrong_datatype", "income"),
    "extra column": ({"x": np.array([[1.0]])}, "unexpected_column", "x"),
    "more rows": ({"plan": np.array([[b"a"], [b"a"]], dtype=object)}, "invalid_shape", "plan"),
}


@pytest.mark.parametrize("changes, code, field", GRPC_CASES.values(), ids=GRPC_CASES)
def test_grpc(mixed, changes, code, field):
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{mixed.grpc_port}")
    with pytest.raises(tritonclient.utils.InferenceServerException) as caught:
        client.infer("mixed", grpc_inputs(**changes), request_id="mine")
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    message = caught.value.message()
    assert f"code {code}" in message and f"field {field or 'region'}" in message
    assert "request mine" in message


def test_grpc_nan_is_a_missing_value_where_one_is_allowed(numeric):
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{numeric.grpc_port}")
    tensor = tritonclient.grpc.InferInput("m", [1, 4], "FP64")
    tensor.set_data_from_numpy(np.array([[1.5, np.nan, 4, 1]]))
    assert client.infer("numeric", [tensor]).as_numpy("class").shape == (1, 1)


def test_grpc_unknown_things(mixed):
    answers = []
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{mixed.grpc_port}")
    for call in (
        lambda: client.infer("nobody", grpc_inputs()),
        lambda: client.infer("mixed", grpc_inputs(), model_version="v8"),
        lambda: client.get_model_metadata("nobody"),
        lambda: client.is_model_ready("nobody"),
    ):
        with pytest.raises(tritonclient.utils.InferenceServerException) as caught:
            call()
        assert caught.value.status() == "StatusCode.NOT_FOUND"
    with pytest.raises(tritonclient.utils.InferenceServerException) as caught:
        client.unload_model("mixed")
    assert caught.value.status() == "StatusCode.UNIMPLEMENTED"
    client.start_stream(callback=lambda result, error: answers.append(error))
    end = time.monotonic() + 10
    while not answers and time.monotonic() < end:
        time.sleep(0.05)
    client.stop_stream()
    assert "does not stream" in str(answers[0])
    assert mixed.ready()


def test_grpc_message_limit(numeric):
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{numeric.grpc_port}")
    tensor = tritonclient.grpc.InferInput("m", [40_000, 4], "FP64")
    tensor.set_data_from_numpy(np.zeros((40_000, 4)))
    with pytest.raises(tritonclient.utils.InferenceServerException) as caught:
        client.infer("numeric", [tensor])
    assert caught.value.status() == "StatusCode.RESOURCE_EXHAUSTED"
