"""From start to stop: nothing unverified is served, nothing accepted is lost."""

import json
import shutil
import signal
import socket
import threading
import time

import numpy as np
import pytest
import tritonclient.grpc
from rows import columns, matrix
from servers import START_SECONDS, launch, serving


def wait_for_exit(server):
    """Exit code and log of a server that is expected to give up by itself."""
    try:
        code = server.process.wait(START_SECONDS)
    finally:
        if server.process.poll() is None:
            server.stop()
    return code, server.records()


def failures(records):
    return [record for record in records if record["log.level"] in ("error", "critical")]


def copy(bundle, tmp_path):
    place = tmp_path / "copy" / bundle.name
    shutil.copytree(bundle, place)
    for path in place.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    return place


def damage_model(folder):
    path = folder / "model" / "model.joblib"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_manifest(folder):
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["version"] = "v8"
    (folder / "bundle.json").write_text(json.dumps(manifest))


DAMAGES = {
    "one bit of the model": (damage_model, "model.joblib was altered"),
    "the version": (damage_manifest, "bundle.json was altered"),
    "no manifest": (lambda folder: (folder / "bundle.json").unlink(), "bundle.json is missing"),
    "half a manifest": (lambda folder: (folder / "bundle.json").write_text("{"), "not valid JSON"),
}


@pytest.mark.parametrize("damage, message", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_bundle_is_never_served(bundles, tmp_path, damage, message):
    bundle = copy(bundles["numeric"], tmp_path)
    damage(bundle)
    server = launch(bundle, tmp_path)
    code, records = wait_for_exit(server)
    assert code == 1
    (failure,) = failures(records)
    assert message in failure["message"]
    assert failure["event.action"] == "server_failed"
    assert "error.stack_trace" not in failure


def test_another_bundle_than_expected(bundles, tmp_path):
    server = launch(bundles["numeric"], tmp_path, SERVING_BUNDLE_DIGEST="sha256:" + "0" * 64)
    code, records = wait_for_exit(server)
    assert code == 1
    assert "expected sha256:0000" in failures(records)[0]["message"]


def test_a_model_that_fails_its_first_prediction_is_never_ready(bundles, tmp_path):
    server = launch(bundles["misfit"], tmp_path)
    code, records = wait_for_exit(server)
    assert code == 1
    assert not [record for record in records if record.get("event.action") == "model_loaded"]
    (failure,) = failures(records)
    assert "features" in failure["error.message"]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"SERVING_MAX_ROWS": "many"}, "SERVING_MAX_ROWS='many'"),
        ({"SERVING_EVENT_FEATURES": "nothing"}, "SERVING_EVENT_FEATURES names nothing"),
        ({"MLSERVER_PARALLEL_WORKERS": "2"}, "MLSERVER_PARALLEL_WORKERS must be 0"),
    ],
)
def test_wrong_settings(bundles, tmp_path, settings, message):
    code, records = wait_for_exit(launch(bundles["numeric"], tmp_path, **settings))
    assert code == 1
    (failure,) = failures(records)
    assert message in failure["message"]


def test_a_personal_feature_on_the_list_stops_the_start(bundles, tmp_path):
    server = launch(bundles["personal"], tmp_path, SERVING_EVENT_FEATURES="visits,income")
    code, records = wait_for_exit(server)
    assert code == 1
    (failure,) = failures(records)
    assert "SERVING_EVENT_FEATURES names income, which the schema calls" in failure["message"]
    assert "error.stack_trace" not in failure


def test_a_port_that_is_taken(bundles, tmp_path):
    with serving(bundles["amount"], tmp_path) as first:
        for kind in ("http", "grpc"):
            port = getattr(first, f"{kind}_port")
            code, records = wait_for_exit(launch(bundles["amount"], tmp_path, {kind: port}))
            assert code == 1
            (failure,) = failures(records)
            assert f"port {port} on 127.0.0.1 cannot be used" in failure["message"]
        assert first.ready()


def test_not_ready_before_the_model_has_answered(bundles, tmp_path):
    # On a machine that stands still for a moment, the first look may come too late.
    for _ in range(3):
        seen = watch_start(bundles["numeric"], tmp_path)
        if seen[0] != (200, 200, 200):
            break
    assert seen[0] == (200, 503, 503)


def watch_start(bundle, folder):
    """Of a server that starts, again and again: is it alive, does it answer, is it ready?"""
    server = launch(bundle, folder)
    seen = []
    try:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and server.process.poll() is None:
            try:
                live = server.request("GET", "/v2/health/live").status
                answer = server.infer(matrix())
                ready = server.request("GET", "/v2/health/ready")
            except OSError:
                time.sleep(0.02)
                continue
            seen.append((live, answer.status, ready.status))
            if ready.status == 200:
                break
            assert ready.json["code"] == "not_ready"
            assert answer.status == 200 or answer.json["code"] == "not_ready"
        assert seen[-1][2] == 200
        assert server.infer(matrix()).status == 200
        assert server.stop() == 0
    finally:
        if server.process.poll() is None:
            server.stop()
    return seen


def test_started_as_seldons_operator_does(bundles, tmp_path):
    """Names, ports and the bundle's place by environment; the operator's version is not ours."""
    environment = {
        "MLSERVER_MODEL_NAME": "classifier",
        "MLSERVER_MODEL_URI": str(bundles["numeric"]),
        "MLSERVER_MODEL_VERSION": "v1",
        "MLSERVER_METRICS_ENDPOINT": "/prometheus",
        "SERVING_ENVIRONMENT": "staging",
    }
    with serving(bundles["numeric"], tmp_path, **environment) as server:
        answer = server.infer(matrix())
        assert answer.json["model_name"] == "classifier"
        assert answer.json["model_version"] == "v7"
        assert server.request("GET", "/v2/models/classifier").json["versions"] == ["v7"]
        document = server.request("GET", "/v2/docs/openapi.json").json
        assert "/v2/models/classifier/infer" in document["paths"]
        page = server.request("GET", "/prometheus", port=server.metrics_port)
        assert b'ml_model_info{model_name="classifier",model_version="v7"' in page.body


def test_a_fault_of_ours(bundles, tmp_path):
    """The caller learns nothing but the id under which the log has the stack trace."""
    with serving(bundles["fragile"], tmp_path) as server:
        good = [{"name": "size", "shape": [1, 1], "datatype": "FP64", "data": [4]}]
        bad = [{"name": "size", "shape": [1, 1], "datatype": "FP64", "data": [-4]}]
        answer = server.infer(bad, id="fault-1")
        assert answer.status == 500
        assert answer.json["code"] == "internal_error"
        assert answer.json["request_id"] == answer.headers["x-request-id"] == "fault-1"
        for secret in (b"NaN", b"sklearn", b"Traceback", b"ValueError"):
            assert secret not in answer.body
        client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
        tensor = tritonclient.grpc.InferInput("size", [1, 1], "FP64")
        tensor.set_data_from_numpy(np.array([[-4.0]]))
        with pytest.raises(tritonclient.utils.InferenceServerException) as caught:
            client.infer("fragile", [tensor], request_id="fault-2")
        assert caught.value.status() == "StatusCode.INTERNAL"
        assert "NaN" not in caught.value.message() and "fault-2" in caught.value.message()
        for name in ("fault-1", "fault-2"):
            found = server.wait_for_records(http_request_id=name, log_level="error")
            traces = [record for record in found if "error.stack_trace" in record]
            assert len(traces) == 1 and "ValueError" in traces[0]["error.stack_trace"]
            lines = [record for record in found if record.get("event.action") == "prediction"]
            assert len(lines) == 1 and lines[0]["event.outcome"] == "failure"
        assert server.infer(good).status == 200


def test_sigterm_under_load(bundles, tmp_path):
    """Callers that heed readiness, as a load balancer does, lose nothing."""
    settings = {"SERVING_DRAIN_SECONDS": "5", "SERVING_SHUTDOWN_SECONDS": "15"}
    with serving(bundles["mixed"], tmp_path, **settings) as server:
        statuses, errors, not_ready = [], [], threading.Event()

        def call():
            while not not_ready.is_set():
                try:
                    statuses.append(server.infer(columns(200)).status)
                except Exception as error:
                    errors.append(error)

        def probe():
            while server.ready():
                time.sleep(0.1)
            not_ready.set()

        threads = [threading.Thread(target=call) for _ in range(4)]
        threads.append(threading.Thread(target=probe))
        for thread in threads:
            thread.start()
        slow = begin_request(server, json.dumps({"inputs": columns()}).encode())
        time.sleep(1)
        assert not not_ready.is_set()
        server.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        for thread in threads:
            thread.join(10)
        # Readiness fell before the server stopped listening: during the drain it still answers.
        assert not_ready.is_set() and time.monotonic() - started < 4.5
        late = server.infer(columns())
        assert late.status == 200 and late.headers["connection"] == "close"
        answer = finish_request(slow)
        assert answer.startswith(b"HTTP/1.1 200 ") and b'"probabilities"' in answer
        assert server.process.wait(20) == 0
        assert time.monotonic() - started < 10
        assert errors == [] and set(statuses) == {200} and len(statuses) > 10
        actions = [record.get("event.action") for record in server.records()]
        assert actions.index("server_draining") < actions.index("server_stopped")


def begin_request(server, body):
    """Send all of a request but its last byte."""
    connection = socket.create_connection(("127.0.0.1", server.http_port), timeout=20)
    head = f"POST /v2/models/{server.name}/infer HTTP/1.1\r\nhost: x\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body[:-1])
    return connection, body[-1:]


def finish_request(begun):
    connection, rest = begun
    with connection:
        connection.sendall(rest)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


def test_a_caller_that_never_finishes_cannot_hold_the_server(bundles, tmp_path):
    settings = {"SERVING_DRAIN_SECONDS": "0", "SERVING_SHUTDOWN_SECONDS": "2"}
    with serving(bundles["amount"], tmp_path, **settings) as server:
        connection, _ = begin_request(server, b"{}")
        time.sleep(0.3)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10
        connection.close()


def test_grpc_calls_are_finished(bundles, tmp_path):
    settings = {"SERVING_DRAIN_SECONDS": "0.5"}
    with serving(bundles["numeric"], tmp_path, **settings) as server:
        tensor = tritonclient.grpc.InferInput("m", [500, 4], "FP64")
        tensor.set_data_from_numpy(np.tile([1.5, 2, 4, 1], (500, 1)))
        answered, errors = [], []

        def call():
            client = tritonclient.grpc.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
            while not errors:
                try:
                    answered.append(client.infer("numeric", [tensor]).as_numpy("class").shape)
                except tritonclient.utils.InferenceServerException as error:
                    errors.append(error)

        threads = [threading.Thread(target=call) for _ in range(2)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 20
        while len(answered) <= 5 and not errors and time.monotonic() < end:
            time.sleep(0.05)
        assert server.stop() == 0
        for thread in threads:
            thread.join(10)
        assert len(answered) > 5
        # What comes after the end finds nobody; a call that arrives with the end is handed back
        # unread by gRPC itself. Nothing that the server began was cut off in the middle.
        statuses = {error.status() for error in errors}
        assert statuses <= {"StatusCode.UNAVAILABLE", "StatusCode.CANCELLED"}
        paths = [record.get("url.path", "") for record in server.records()]
        assert sum(path.endswith("/ModelInfer") for path in paths) == len(answered)


def test_a_terminal_does_not_wait(bundles, tmp_path):
    with serving(bundles["amount"], tmp_path, SERVING_DRAIN_SECONDS="15") as server:
        started = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(15) == 0
        assert time.monotonic() - started < 8


def test_a_second_signal_cuts_the_wait_short(bundles, tmp_path):
    with serving(bundles["amount"], tmp_path, SERVING_DRAIN_SECONDS="15") as server:
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.wait_for_records(event_action="server_draining")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0
        assert time.monotonic() - started < 8
