"""Request ids, log lines, prediction events and metrics of a running server."""

import json
import re
import time
from pathlib import Path

import numpy as np
import pytest
import tritonclient.grpc
from log_contract import check
from rows import columns, matrix
from servers import serving

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def line_of(server, request_id):
    """The one line about a request."""
    found = [
        record
        for record in server.wait_for_records(
            http_request_id=request_id, event_dataset="ml.serving"
        )
        if record["event.action"] in ("prediction", "request")
    ]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    "headers, body_id, expected, answered",
    [
        ({"x-request-id": "from-header-1"}, None, "from-header-1", "from-header-1"),
        ({"Seldon-Puid": "puid-1"}, None, "puid-1", "puid-1"),
        ({"x-request-id": "both-1", "seldon-puid": "puid"}, None, "both-1", "both-1"),
        ({}, "body-1", "body-1", "body-1"),
        # The protocol wants the body's id back; logs and headers speak of the header's.
        ({"x-request-id": "both-2"}, "body-2", "both-2", "body-2"),
    ],
)
def test_request_ids(mixed, headers, body_id, expected, answered):
    answer = mixed.infer(columns(), headers, **({"id": body_id} if body_id else {}))
    assert answer.headers["x-request-id"] == expected
    assert answer.json["id"] == answered
    line = line_of(mixed, expected)
    assert line.get("labels.inference_id") == (answered if answered != expected else None)


@pytest.mark.parametrize("unusable", ["with blank", "x" * 200, ""])
def test_an_unusable_header_is_replaced(mixed, unusable):
    answer = mixed.infer(columns(), {"x-request-id": unusable})
    assert len(answer.headers["x-request-id"]) == 36
    assert answer.json["id"] == answer.headers["x-request-id"]


def test_refusals_bear_the_callers_id(mixed):
    answer = mixed.infer(columns(income=-1), id="refused-1")
    assert answer.json["request_id"] == answer.headers["x-request-id"] == "refused-1"


def test_grpc_metadata_carries_the_id(mixed):
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{mixed.grpc_port}")
    assert client.get_model_metadata(
        "mixed", headers={"x-request-id": "rpc-1", "traceparent": TRACE}
    )
    line = line_of(mixed, "rpc-1")
    assert line["network.protocol"] == "grpc" and line["ml.grpc.status"] == "OK"
    assert line["trace.id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["url.path"].endswith("/ModelMetadata") and "http.request.method" not in line


def test_one_line_a_request(mixed):
    mixed.infer(columns(3), {"x-request-id": "line-1", "traceparent": TRACE})
    line = line_of(mixed, "line-1")
    assert line["event.action"] == "prediction" and line["event.outcome"] == "success"
    assert line["log.level"] == "info" and line["@timestamp"].endswith("+00:00")
    assert line["http.request.method"] == "POST"
    assert line["url.path"] == "/v2/models/mixed/infer"
    assert line["http.response.status_code"] == 200
    assert line["http.request.body.bytes"] > 100
    assert 0 < line["event.duration"] < 10**10
    assert line["trace.id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["span.id"] == "b7ad6b7169203331"
    assert line["service.name"] == "mixed" and line["service.version"] == "v7"
    assert line["service.environment"] == "dev" and line["ecs.version"]
    assert line["ml.model.name"] == "mixed" and line["ml.model.run_id"] == "0123456789abcdef"
    assert line["ml.rows"] == 3


def test_a_refused_request_is_logged_with_its_reason(mixed):
    mixed.infer(columns(income=-1), {"x-request-id": "line-2"})
    line = line_of(mixed, "line-2")
    assert line["event.outcome"] == "failure" and line["log.level"] == "warning"
    assert line["http.response.status_code"] == 400
    assert line["error.code"] == "out_of_range" and line["ml.field"] == "income"
    assert "error.stack_trace" not in line


def test_prediction_events(mixed):
    inputs = columns(2, region="north")
    inputs[3]["data"] = ["north", "süd"]
    answer = mixed.infer(inputs, {"x-request-id": "events-1", "traceparent": TRACE})
    mixed.wait_for_records(event_id="events-1-1")
    events = mixed.wait_for_records(http_request_id="events-1", event_dataset="ml.prediction")
    assert [event["event.id"] for event in events] == ["events-1-0", "events-1-1"]
    labels = answer.json["outputs"][0]["data"]
    shares = np.reshape(answer.json["outputs"][1]["data"], (2, 2))
    assert [event["ml.prediction.class"] for event in events] == labels
    # The score is the probability of the positive class, "leaves", which is the second.
    assert np.allclose([event["ml.prediction.score"] for event in events], shares[:, 1])
    # Only what the allow-list names, as the caller wrote it.
    assert [event["ml.features"] for event in events] == [
        {"income": 500.0, "region": "north"},
        {"income": 500.0, "region": "süd"},
    ]
    assert events[0]["trace.id"] == "0af7651916cd43dd8448eb211c80319c"
    assert events[0]["service.version"] == "v7"


def test_no_features_without_an_allow_list(numeric):
    numeric.infer(matrix(), {"x-request-id": "events-2"})
    (event,) = numeric.wait_for_records(http_request_id="events-2", event_dataset="ml.prediction")
    assert "ml.features" not in event
    assert event["service.environment"] == "test"


def test_refused_requests_have_no_prediction_events(mixed):
    mixed.infer(columns(income=-1), {"x-request-id": "events-3"})
    line_of(mixed, "events-3")
    records = [item for item in mixed.records() if item.get("http.request.id") == "events-3"]
    assert len(records) == 1


def test_health_checks_are_not_logged(mixed):
    mixed.request("GET", "/v2/health/live")
    mixed.request("GET", "/v2")
    assert mixed.wait_for_records(url_path="/v2")
    assert not [record for record in mixed.records() if "health" in record.get("url.path", "")]


def test_every_line_is_json_from_the_first_on(mixed):
    """Also those of libraries, warnings and start-up; nothing goes to standard error."""
    mixed.infer(columns(region='"quoted"\nnew line'), {"x-request-id": "quoted-1"})
    assert "new line" in line_of(mixed, "quoted-1")["error.message"]
    datasets = {record["event.dataset"] for record in check(mixed.log.read_text("utf-8"))}
    assert datasets == {"ml.serving", "ml.prediction"}
    assert mixed.log.with_suffix(".err").read_text() == ""


def delta(server, action):
    before = server.metrics()
    action()
    after = server.metrics()
    return {name: value - before.get(name, 0) for name, value in after.items()}


MODEL = 'model_name="mixed",model_version="v7"'


def test_predictions_are_counted(mixed):
    inputs = columns(4)
    inputs[0]["data"] = [0, 300, 700, 1000]
    answers = []
    change = delta(mixed, lambda: answers.append(mixed.infer(inputs).json["outputs"]))
    labels = answers[0][0]["data"]
    for text in ("stays", "leaves"):
        name = f'ml_predictions_total{{{MODEL},predicted_class="{text}"}}'
        assert change[name] == labels.count(text)
    assert change[f"ml_prediction_score_count{{{MODEL}}}"] == 4
    assert change[f"ml_predictor_duration_seconds_count{{{MODEL}}}"] == 1
    scores = np.array(answers[0][1]["data"])[1::2]
    assert change[f"ml_prediction_score_sum{{{MODEL}}}"] == pytest.approx(scores.sum())
    half = change[f'ml_prediction_score_bucket{{le="0.5",{MODEL}}}']
    assert half == (scores <= 0.5).sum()
    assert change['model_infer_request_success_total{model="mixed",version="v7"}'] == 1
    path = 'method="POST",path="/v2/models/{model_name}/infer",status_code="200"'
    assert change[f'rest_server_requests_total{{app_name="mlserver",{path}}}'] == 1


def test_scores_can_be_compared_with_those_at_training(mixed):
    """The same bins on both sides, and no row lost: 200 of them were scored at training."""
    samples = mixed.metrics()
    reference = {
        name.split('bin="')[1].split('"')[0]: value
        for name, value in samples.items()
        if name.startswith("ml_prediction_score_reference_rows{")
    }
    edges = {
        name.split('le="')[1].split('"')[0]
        for name in samples
        if name.startswith("ml_prediction_score_bucket{")
    }
    assert reference.keys() == edges and len(edges) == 11
    assert sum(reference.values()) == 200
    assert reference["+Inf"] == 0


def test_latency_objectives_are_edges_of_what_is_counted(mixed):
    """Otherwise the alert on slow answers would find no bucket, and be silent for ever."""
    mixed.infer(columns(1))
    overlays = Path(__file__).parents[2] / "gitops" / "overlays"
    texts = [path.read_text("utf-8") for path in overlays.glob("*/settings/thresholds.yaml")]
    wanted = {edge for text in texts for edge in re.findall(r'le: "([^"]+)"', text)}
    counted = {
        name.split('le="')[1].split('"')[0]
        for name in mixed.metrics()
        if name.startswith("rest_server_request_duration_seconds_bucket{")
    }
    assert len(texts) >= 4 and wanted and wanted <= counted


def test_a_scrape_is_cheap(mixed):
    """Every 15 seconds, in the thread that answers requests."""
    mixed.metrics()
    times = []
    for _ in range(5):
        started = time.perf_counter()
        mixed.metrics()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


def test_refusals_are_counted_by_reason(mixed):
    def refused():
        mixed.infer(columns(income=-1, visits=None))
        mixed.infer(columns(region="west"))
        mixed.request("POST", "/v2/models/mixed/infer", b"{")
        mixed.request("POST", "/v2/models/mixed/infer", b"x" * 9_000_000)

    change = delta(mixed, refused)
    reasons = {
        name.split('reason="')[1].removesuffix('"}'): value
        for name, value in change.items()
        if name.startswith("ml_request_rejected_total") and value
    }
    assert reasons == {
        "out_of_range": 1,
        "unknown_category": 1,
        "invalid_json": 1,
        "payload_too_large": 1,
    }
    assert change[f'ml_feature_out_of_range_total{{feature="income",{MODEL}}}'] == 1
    path = 'method="POST",path="/v2/models/{model_name}/infer",status_code="413"'
    assert change[f'rest_server_requests_total{{app_name="mlserver",{path}}}'] == 1


def test_missing_values_are_counted_allowed_or_not(mixed):
    def with_nulls():
        mixed.infer(columns(3, plan=None))
        mixed.infer(columns(2, income=None))

    change = delta(mixed, with_nulls)
    assert change[f'ml_feature_missing_total{{feature="plan",{MODEL}}}'] == 3
    assert change[f'ml_feature_missing_total{{feature="income",{MODEL}}}'] == 2


def test_grpc_errors_are_counted(mixed):
    client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{mixed.grpc_port}")

    def wrong():
        with pytest.raises(tritonclient.utils.InferenceServerException):
            client.get_model_metadata("nobody")

    change = delta(mixed, wrong)
    labels = (
        'grpc_code="NOT_FOUND",grpc_method="ModelMetadata",'
        'grpc_service="inference.GRPCInferenceService",grpc_type="UNARY"'
    )
    assert change[f"grpc_server_handled_total{{{labels}}}"] == 1


def test_all_series_exist_from_the_start(numeric):
    samples = numeric.metrics()
    model = 'model_name="numeric",model_version="v7"'
    assert samples[f'ml_model_info{{{model},run_id="0123456789abcdef"}}'] == 1
    assert samples[f"ml_model_trained_timestamp_seconds{{{model}}}"] > 1.7e9
    for text in ("one", "two", "three"):
        assert f'ml_predictions_total{{{model},predicted_class="{text}"}}' in samples
    for reason in ("out_of_range", "invalid_json", "payload_too_large"):
        assert f'ml_request_rejected_total{{{model},reason="{reason}"}}' in samples
    assert not [name for name in samples if "_created" in name]
    assert not [name for name in samples if 'version="None"' in name]


def test_callers_cannot_invent_labels(numeric):
    numeric.request("POST", "/v2/models/made-up/infer", {"inputs": matrix()})
    assert not [name for name in numeric.metrics() if "made-up" in name]


def test_sampling_and_regression(bundles, tmp_path):
    """Events can be switched off, a regression has values and no classes."""
    settings = {"SERVING_EVENT_SAMPLE_RATE": "0", "MLSERVER_METRICS_ENDPOINT": "prometheus"}
    with serving(bundles["amount"], tmp_path, **settings) as server:
        inputs = [{"name": "size", "shape": [2, 1], "datatype": "FP32", "data": [0, 100]}]
        answer = server.infer(inputs, id="value-1")
        assert answer.status == 200, answer.body
        (output,) = answer.json["outputs"]
        assert output["name"] == "prediction" and output["datatype"] == "FP64"
        assert output["shape"] == [2, 1]
        assert server.infer(inputs, id="value-2").status == 200
        server.wait_for_records(http_request_id="value-2")
        assert not [item for item in server.records() if item["event.dataset"] == "ml.prediction"]
        page = server.request("GET", "/prometheus", port=server.metrics_port).body.decode()
        model = 'model_name="amount",model_version="v7"'
        assert f'ml_predictions_total{{{model},predicted_class="value"}} 4.0' in page
        assert f"ml_prediction_score_count{{{model}}} 4.0" in page


def test_a_regression_event(bundles, tmp_path):
    with serving(bundles["amount"], tmp_path, SERVING_EVENT_FEATURES="size") as server:
        inputs = [{"name": "size", "shape": [1, 1], "datatype": "FP64", "data": [25]}]
        value = server.infer(inputs, id="value-3").json["outputs"][0]["data"][0]
        (event,) = server.wait_for_records(http_request_id="value-3", event_dataset="ml.prediction")
        assert event["ml.prediction.value"] == pytest.approx(value)
        assert event["ml.prediction.score"] == pytest.approx((value + 100) / 200)
        assert event["ml.features"] == {"size": 25.0}
        assert "ml.prediction.class" not in event
        assert json.dumps(event)
