"""The component in Seldon's real server: REST, gRPC, health, metadata and metrics."""

import grpc
import pytest
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc

NAMES = ["income", "visits", "member", "region", "plan"]
ROW = [500.0, 3, True, "süd", "a"]


@pytest.fixture(scope="module")
def mixed(bundles, start):
    return start(SELDON_BUNDLE=str(bundles["mixed"]))


@pytest.fixture(scope="module")
def numeric(bundles, start):
    parameter = f'[{{"name": "bundle", "value": "{bundles["numeric"]}", "type": "STRING"}}]'
    return start("--parameters", parameter)


def test_probabilities_with_names_and_tags(mixed):
    status, answer = mixed.post({"data": {"names": NAMES, "ndarray": [ROW, ROW]}})
    assert status == 200
    assert answer["data"]["names"] == ["stays", "leaves"]
    assert [sum(row) for row in answer["data"]["ndarray"]] == pytest.approx([1, 1])
    tags = answer["meta"]["tags"]
    assert tags["model_name"] == "mixed" and tags["model_version"] == "v7"
    assert set(tags["classes"]) <= {"stays", "leaves"} and len(tags["classes"]) == 2


def test_columns_in_any_order_and_missing_values(mixed):
    one = mixed.post({"data": {"names": NAMES, "ndarray": [[500.0, None, True, "süd", None]]}})
    other = mixed.post(
        {"data": {"names": NAMES[::-1], "ndarray": [[None, "süd", True, None, 500.0]]}}
    )
    assert one[0] == other[0] == 200
    assert one[1]["data"] == other[1]["data"]


def test_a_tensor(numeric):
    values = [1.5, 2, 4, 1, 0, 0, 9, 0]
    status, answer = numeric.post({"data": {"tensor": {"shape": [2, 4], "values": values}}})
    assert status == 200
    assert answer["data"]["tensor"]["shape"] == [2, 3]


@pytest.mark.parametrize(
    "data, reason, text",
    [
        ({"names": NAMES, "ndarray": [[-1, *ROW[1:]]]}, "out_of_range", "income"),
        (
            {"names": NAMES, "ndarray": [[500.0, 3, True, "west", "a"]]},
            "unknown_category",
            "region",
        ),
        ({"names": NAMES, "ndarray": [["much", *ROW[1:]]]}, "wrong_type", "income"),
        ({"names": NAMES, "ndarray": [[None, *ROW[1:]]]}, "missing_value", "income"),
        ({"names": NAMES[:4], "ndarray": [ROW[:4]]}, "missing_column", "plan"),
        ({"names": [*NAMES, "x"], "ndarray": [[*ROW, 1]]}, "unexpected_column", "x"),
        ({"names": NAMES[:3], "ndarray": [ROW]}, "invalid_shape", "3 names"),
        ({"ndarray": [ROW[:4]]}, "invalid_shape", "5 columns"),
        ({"ndarray": []}, "invalid_shape", "table"),
        ({"ndarray": [1.0, 2.0]}, "invalid_shape", "table"),
    ],
)
def test_bad_input(mixed, data, reason, text):
    status, answer = mixed.post({"data": data})
    assert status == 400
    assert answer["status"]["reason"] == reason
    assert text in answer["status"]["info"]


def test_other_payloads(mixed):
    status, answer = mixed.post({"strData": "hello"})
    assert status == 400 and answer["status"]["reason"] == "invalid_shape"


def test_a_fault_tells_the_caller_nothing(bundles, start):
    service = start(SELDON_BUNDLE=str(bundles["fragile"]))
    status, answer = service.post({"data": {"ndarray": [[-4.0]]}})
    assert status == 500
    assert answer["status"]["reason"] == "internal_error"
    assert "NaN" not in str(answer)
    assert "ValueError" in service.log.read_text()
    assert service.post({"data": {"ndarray": [[4.0]]}})[0] == 200


def test_a_model_that_holds_a_random_generator_of_numpy_2(bundles, start):
    service = start(SELDON_BUNDLE=str(bundles["boosted"]))
    status, answer = service.post({"data": {"ndarray": [[1.5, 2.0, 4.0, 1.0]]}})
    assert status == 200, answer
    assert len(answer["data"]["ndarray"][0]) == 3


def test_regression(bundles, start):
    service = start(SELDON_BUNDLE=str(bundles["amount"]))
    status, answer = service.post({"data": {"ndarray": [[25.0], [75.0]]}})
    assert status == 200
    assert answer["data"]["names"] == ["prediction"]
    assert len(answer["data"]["ndarray"]) == 2


def test_health_metadata_and_metrics(numeric):
    status, body = numeric.get("/health/status")
    assert status == 200 and b"numeric v7 is ready" in body
    status, body = numeric.get("/metadata")
    assert status == 200
    assert b'"versions":["v7"]' in body.replace(b" ", b"") and b'"length"' in body
    numeric.post({"data": {"ndarray": [[1.5, 2.0, 4.0, 1.0]]}})
    _, page = numeric.get("/metrics", numeric.metrics_port)
    assert b"ml_predictions_total{" in page and b'predicted_class="' in page
    assert b'run_id="0123456789abcdef"' in page


def test_grpc(mixed, numeric):
    with grpc.insecure_channel(f"127.0.0.1:{numeric.grpc_port}") as channel:
        stub = prediction_pb2_grpc.SeldonStub(channel)
        tensor = prediction_pb2.Tensor(shape=[1, 4], values=[1.5, 2, 4, 1])
        message = prediction_pb2.SeldonMessage(data=prediction_pb2.DefaultData(tensor=tensor))
        answer = stub.Predict(message, timeout=20, wait_for_ready=True)
        assert list(answer.data.names) == ["one", "two", "three"]
        assert sum(answer.data.tensor.values) == pytest.approx(1)
        assert answer.meta.tags["model_version"].string_value == "v7"
        message.data.tensor.values[0] = 11
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(message, timeout=20)
        assert "out_of_range" in caught.value.details()


def test_a_damaged_bundle(bundles, start, tmp_path):
    service = start(wait=False, SELDON_BUNDLE=str(tmp_path))
    assert service.process.wait(60) == 1
    assert "bundle.json is missing" in service.log.read_text().splitlines()[-1]
