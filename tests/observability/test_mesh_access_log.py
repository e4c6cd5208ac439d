"""A real Envoy writes the mesh's access log with the very format that Istio is given.

Istio itself cannot run here: what is proven is the format, not that istiod hands it on.
"""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from tests.cluster.process import Process, answers
from tests.observability.elastalert import PROGRAMS, ROOT
from tests.observability.needs import need
from tests.ports import Ports

VALUES = ROOT / "gitops" / "argocd" / "values" / "istiod.yaml"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PREFIX = "type.googleapis.com/envoy.extensions"


def provider() -> dict:
    """The access log as the mesh's configuration has it."""
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    found = [
        item["envoyFileAccessLog"]
        for item in values["meshConfig"]["extensionProviders"]
        if item["name"] == "ecs-access-log"
    ]
    return found[0]


def configuration(port: int, admin: int, upstream: int) -> dict:
    """Envoy's own configuration, as istiod would write it for one port."""
    log = provider()
    access = {
        "@type": f"{PREFIX}.access_loggers.file.v3.FileAccessLog",
        "path": log["path"],
        "log_format": {
            "json_format": log["logFormat"]["labels"],
            "omit_empty_values": log["omitEmptyValues"],
        },
    }
    nobody = {"envoy_grpc": {"cluster_name": "nobody"}, "timeout": "1s"}
    tracer = {
        "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
        "grpc_service": nobody,
        "service_name": "model",
    }
    manager = {
        "@type": f"{PREFIX}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "inbound",
        "access_log": [{"name": "log", "typed_config": access}],
        "tracing": {
            "random_sampling": {"value": 0},
            "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": tracer},
        },
        "request_id_extension": {
            "typed_config": {
                "@type": f"{PREFIX}.request_id.uuid.v3.UuidRequestIdConfig",
                "use_request_id_for_trace_sampling": False,
            }
        },
        "http_filters": [
            {
                "name": "router",
                "typed_config": {"@type": f"{PREFIX}.filters.http.router.v3.Router"},
            }
        ],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"prefix": "/gone"}, "route": {"cluster": "nobody"}},
                        {"match": {"prefix": "/"}, "route": {"cluster": "model"}},
                    ],
                }
            ]
        },
    }
    return {
        "admin": {"address": address(admin)},
        "static_resources": {
            "listeners": [
                {
                    "address": address(port),
                    "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
                }
            ],
            "clusters": [cluster("model", upstream), cluster("nobody", 1)],
        },
    }


def address(port: int) -> dict:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def cluster(name: str, port: int) -> dict:
    endpoint = {"lb_endpoints": [{"endpoint": {"address": address(port)}}]}
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [endpoint]},
    }


class Model(BaseHTTPRequestHandler):
    """Stands behind the proxy and tells which headers arrived."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps({key.lower(): value for key, value in self.headers.items()}).encode()
        self.send_response(403 if self.path.startswith("/refused") else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the stand-in's own lines are of no use here."""


class Proxy:
    def __init__(self, port: int, process: Process) -> None:
        self._port, self._process = port, process

    def post(self, path: str, **headers: str) -> dict:
        """What the model saw; `_` stands for the hyphens of names."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, b"{}", named)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return json.loads(body) if body.startswith(b"{") else {}

    def lines(self, request_id: str) -> list[str]:
        """The lines about a request, waiting for the first one."""

        def written() -> list[str]:
            # Whole lines: Envoy may be writing the last one.
            text = self._process.log.read_text(encoding="utf-8").rpartition("\n")[0]
            return [line for line in text.splitlines() if f'"{request_id}"' in line]

        self._process.wait_until(lambda: bool(written()), 15)
        return written()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    need(PROGRAMS / "envoy")
    folder, ports = tmp_path_factory.mktemp("envoy"), Ports()
    model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    port, admin = ports.take(), ports.take()
    config = folder / "envoy.json"
    config.write_text(json.dumps(configuration(port, admin, model.server_port)), encoding="utf-8")
    command = [str(PROGRAMS / "envoy"), "-c", str(config), "--log-level", "off"]
    command += ["--concurrency", "1", "--use-dynamic-base-id"]
    command += ["--file-flush-interval-msec", "100"]
    process = Process("envoy", command, folder)
    try:
        process.wait_until(lambda: answers(f"http://127.0.0.1:{admin}/ready"), 60)
        yield Proxy(port, process)
    finally:
        process.stop()
        model.shutdown()
        model.server_close()
        ports.release()


def test_a_request(proxy, contract):
    path = "/v2/models/credit/infer"
    seen = proxy.post(f"{path}?secret=1", x_request_id="order-17", traceparent=TRACE)
    (line,) = proxy.lines("order-17")
    (record,) = contract.check(line)
    assert "secret" not in line and "127.0.0.1" not in line
    assert record["event.dataset"] == "mesh.access" and record["event.action"] == "access"
    assert record["http.request.method"] == "POST" and record["url.path"] == path
    assert record["message"] == f"POST {path} 200"
    assert record["http.response.status_code"] == 200
    assert record["http.request.body.bytes"] == 2 and record["http.response.body.bytes"] > 100
    assert 10_000 < record["event.duration"] < 10**10, "nanoseconds"
    assert record["ml.mesh.flags"] == "-"
    # The model gets both ids as the caller sent them, and so the lines of both are found by either.
    assert record["http.request.id"] == seen["x-request-id"] == "order-17"
    assert record["trace.id"] == TRACE.split("-")[1] == seen["traceparent"].split("-")[1]


def test_a_request_without_ids(proxy, contract):
    seen = proxy.post("/v2")
    (record,) = contract.check("\n".join(proxy.lines(seen["x-request-id"])))
    assert record["http.request.id"] == seen["x-request-id"]


def test_what_went_wrong(proxy, contract):
    proxy.post("/refused", x_request_id="refused-1")
    (record,) = contract.check("\n".join(proxy.lines("refused-1")))
    assert record["http.response.status_code"] == 403
    proxy.post("/gone", x_request_id="gone-1")
    (record,) = contract.check("\n".join(proxy.lines("gone-1")))
    assert record["http.response.status_code"] == 503 and record["ml.mesh.flags"] == "UF"


def test_paths_that_break_templates(proxy, contract):
    proxy.post('/v2/"quoted"\\%0a{x}', x_request_id="odd-1")
    (record,) = contract.check("\n".join(proxy.lines("odd-1")))
    assert record["url.path"] == '/v2/"quoted"\\%0a{x}'
