"""Predictions in every form that the protocol allows, by a foreign client and by plain HTTP."""

import grpc
import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from rows import DATATYPES, columns
from tritonclient.grpc import service_pb2, service_pb2_grpc

CLIENTS = {"http": tritonclient.http, "grpc": tritonclient.grpc}


@pytest.fixture(params=["http", "grpc"])
def kind(request):
    return request.param


def connect(server, kind):
    port = server.http_port if kind == "http" else server.grpc_port
    return CLIENTS[kind].InferenceServerClient(f"127.0.0.1:{port}")


def tensor(kind, name, array, datatype):
    found = CLIENTS[kind].InferInput(name, list(array.shape), datatype)
    if kind == "http":
        found.set_data_from_numpy(array, binary_data=False)
    else:
        found.set_data_from_numpy(array)
    return found


def triton_columns(kind, rows):
    arrays = {
        "income": np.linspace(0, 1000, rows).reshape(rows, 1),
        "visits": np.arange(rows, dtype=np.int64).reshape(rows, 1) % 50,
        "member": np.zeros((rows, 1), dtype=bool),
        "region": np.full((rows, 1), "süd".encode(), dtype=object),
        "plan": np.full((rows, 1), b"b", dtype=object),
    }
    return [tensor(kind, name, array, DATATYPES[name]) for name, array in arrays.items()]


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_columns_of_every_type(mixed, kind, rows):
    answer = connect(mixed, kind).infer("mixed", triton_columns(kind, rows), request_id="join-me")
    classes, shares = answer.as_numpy("class"), answer.as_numpy("probabilities")
    assert classes.shape == (rows, 1) and shares.shape == (rows, 2)
    texts = {value.decode() if isinstance(value, bytes) else value for value in classes.ravel()}
    assert texts <= {"stays", "leaves"}
    assert np.allclose(shares.sum(axis=1), 1)
    head = answer.get_response()
    found = head if isinstance(head, dict) else {"id": head.id, "version": head.model_version}
    assert found["id"] == "join-me"
    assert found.get("model_version", found.get("version")) == "v7"


def test_one_matrix(numeric, kind):
    matrix = np.array([[1.5, -3.0, 4, 1], [0.0, 2.0, 9, 0]])
    client = connect(numeric, kind)
    as_double = client.infer("numeric", [tensor(kind, "any", matrix, "FP64")])
    as_single = client.infer("numeric", [tensor(kind, "any", matrix.astype("f4"), "FP32")])
    assert as_double.as_numpy("probabilities").shape == (2, 3)
    assert np.allclose(
        as_double.as_numpy("probabilities"), as_single.as_numpy("probabilities"), atol=1e-5
    )


def test_a_matrix_of_whole_numbers(numeric, kind):
    matrix = np.array([[1, -3, 4, 1]], dtype=np.int32)
    answer = connect(numeric, kind).infer("numeric", [tensor(kind, "any", matrix, "INT32")])
    assert answer.as_numpy("class").shape == (1, 1)


def test_typed_values_over_grpc(mixed):
    """Not every client writes raw values; what comes typed is answered typed."""
    request = service_pb2.ModelInferRequest(model_name="mixed", id="typed-1")
    fields = {"FP64": "fp64", "INT64": "int64", "BOOL": "bool", "BYTES": "bytes"}
    for item in columns(2):
        tensor = request.inputs.add(name=item["name"], datatype=item["datatype"], shape=[2, 1])
        values = [text.encode() if isinstance(text, str) else text for text in item["data"]]
        getattr(tensor.contents, fields[item["datatype"]] + "_contents").extend(values)
    with grpc.insecure_channel(f"127.0.0.1:{mixed.grpc_port}") as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        answer, call = stub.ModelInfer.with_call(request, timeout=20)
    assert answer.id == "typed-1" and not answer.raw_output_contents
    label, shares = answer.outputs
    assert len(label.contents.bytes_contents) == 2
    assert sum(shares.contents.fp64_contents) == pytest.approx(2)
    assert shares.parameters["classes"].string_param == '["stays","leaves"]'
    assert ("x-request-id", "typed-1") in [tuple(item) for item in call.trailing_metadata()]


def test_forms_agree(numeric):
    """A matrix, flat or nested, and columns in any order give the same answer."""
    row = {"length": 1.5, "width": None, "count": 4, "flag": True}
    flat = [1.5, None, 4, 1]
    kinds = {"length": "FP32", "width": "FP64", "count": "INT8", "flag": "BOOL"}
    table = [
        {"name": name, "shape": [1], "datatype": kinds[name], "data": [value]}
        for name, value in reversed(row.items())
    ]
    forms = [
        [{"name": "m", "shape": [1, 4], "datatype": "FP64", "data": flat}],
        [{"name": "m", "shape": [1, 4], "datatype": "FP64", "data": [flat]}],
        table,
    ]
    answers = [numeric.infer(form) for form in forms]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({str(answer.json["outputs"]) for answer in answers}) == 1


def test_the_pandas_codec_looks_the_same_on_the_wire(mixed):
    inputs = columns()
    inputs[3]["parameters"] = {"content_type": "str"}
    answer = mixed.infer(inputs, parameters={"content_type": "pd"})
    assert answer.status == 200, answer.body


def test_an_answer_in_full(mixed):
    answer = mixed.infer(columns(2), id="me-1")
    assert answer.status == 200
    body = answer.json
    assert body["model_name"] == "mixed"
    assert body["model_version"] == "v7"
    assert body["id"] == "me-1"
    assert answer.headers["content-type"] == "application/json"
    label, shares = body["outputs"]
    assert (label["name"], label["datatype"], label["shape"]) == ("class", "BYTES", [2, 1])
    assert (shares["name"], shares["datatype"]) == ("probabilities", "FP64")
    assert shares["shape"] == [2, 2] and len(shares["data"]) == 4
    assert shares["parameters"] == {"classes": ["stays", "leaves"]}


def test_only_the_outputs_asked_for(mixed):
    answer = mixed.infer(columns(), outputs=[{"name": "probabilities"}])
    assert [output["name"] for output in answer.json["outputs"]] == ["probabilities"]


def test_missing_values_where_the_schema_allows_them(mixed):
    assert mixed.infer(columns(visits=None, plan=None)).status == 200


def test_id_and_target_columns_are_ignored(mixed):
    extra = [
        {"name": "customer", "shape": [1, 1], "datatype": "INT64", "data": [17]},
        {"name": "outcome", "shape": [1, 1], "datatype": "BYTES", "data": ["stays"]},
    ]
    assert mixed.infer(columns() + extra).status == 200


def test_a_version_may_be_named(mixed):
    for path in ("/v2/models/mixed/versions/v7/infer", "/v2/models/mixed/infer"):
        assert mixed.request("POST", path, {"inputs": columns()}).status == 200


def test_metadata_is_typed(mixed, kind):
    client = connect(mixed, kind)
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("mixed") and client.is_model_ready("mixed", "v7")
    found = client.get_model_metadata("mixed")
    if kind == "grpc":
        inputs = {item.name: (item.datatype, list(item.shape)) for item in found.inputs}
        outputs = {item.name: list(item.shape) for item in found.outputs}
        versions, platform = list(found.versions), found.platform
    else:
        inputs = {item["name"]: (item["datatype"], item["shape"]) for item in found["inputs"]}
        outputs = {item["name"]: item["shape"] for item in found["outputs"]}
        versions, platform = found["versions"], found["platform"]
    assert inputs == {name: (DATATYPES[name], [-1, 1]) for name in DATATYPES}
    assert outputs == {"class": [-1, 1], "probabilities": [-1, 2]}
    assert versions == ["v7"] and platform == "sklearn"


def test_gzip(mixed):
    inputs = triton_columns("http", 50)
    client = connect(mixed, "http")
    packed = client.infer("mixed", inputs, request_compression_algorithm="gzip")
    assert packed.as_numpy("class").shape == (50, 1)


def test_a_large_batch_does_not_delay_health_checks(mixed):
    """Batches are computed in a thread: the probe in between is answered at once."""
    answer = mixed.infer(columns(5000))
    assert answer.status == 200 and len(answer.json["outputs"][0]["data"]) == 5000
    assert mixed.ready()
