"""Series that only a cluster has, made from what real model servers count; and a place for alerts.

There is no orchestrator of Seldon and no proxy of Istio here. Their names, labels and bucket edges
are spoken by an exporter, but every number in them was counted by a real server that answered:
its own metrics are read, and told again under the other names.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.cluster.answering import Answering

# The edges of the orchestrator's histogram, in seconds: those of Prometheus' Go client.
SECONDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0")
# Greedy: the label `path` has braces of its own.
_LINE = re.compile(r"^(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')
SELDON, ISTIO = "seldon_api_executor_server_requests_seconds", "istio_request"


@dataclass(frozen=True)
class Predictor:
    """A real model server and who it is in the cluster."""

    name: str
    version: str
    metrics: str


class Orchestrators:
    """An exporter of what stands before the model servers."""

    def __init__(self, namespace: str, predictors: list[Predictor]) -> None:
        self.namespace, self.predictors = namespace, predictors
        server = Answering(lambda _: self.text())
        self.port, self.stop = server.port, server.stop

    def text(self) -> str:
        """All series now, in the format that Prometheus scrapes."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        for predictor in self.predictors:
            counts, buckets, sums = _counted(predictor.metrics)
            for code, count in counts.items():
                yield from self._seldon(predictor, code, count, buckets[code], sums[code])
                # A proxy on each side: who counts both counts twice.
                for reporter in ("source", "destination"):
                    yield from self._istio(predictor, reporter, code, count, buckets[code])

    def _seldon(self, who: Predictor, code: str, count: float, buckets, total: float):
        labels = _text(
            namespace=self.namespace,
            deployment_name="model",
            predictor_name=who.name,
            predictor_version=who.version,
            predictor=who.name,
            service="predictions",
            method="post",
            code=code,
        )
        yield f"{SELDON}_count{{{labels}}} {count}"
        yield f"{SELDON}_sum{{{labels}}} {total}"
        for edge in (*SECONDS, "+Inf"):
            bound = edge.removesuffix(".0")
            yield f'{SELDON}_bucket{{{labels},le="{bound}"}} {buckets[edge]}'

    def _istio(self, who: Predictor, reporter: str, code: str, count: float, buckets):
        labels = _text(
            namespace=self.namespace,
            predictor=who.name,
            reporter=reporter,
            destination_workload=f"model-{who.name}-0-model",
            destination_workload_namespace=self.namespace,
            destination_version=who.version,
            response_code=code,
            response_flags="-",
            connection_security_policy="mutual_tls",
        )
        yield f"{ISTIO}s_total{{{labels}}} {count}"
        for edge in (*SECONDS, "+Inf"):
            bound = edge if edge == "+Inf" else f"{float(edge) * 1000:g}"
            name = f"{ISTIO}_duration_milliseconds_bucket"
            yield f'{name}{{{labels},le="{bound}"}} {buckets[edge]}'


@dataclass
class Webhook:
    """Receives what Alertmanager sends."""

    received: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = Answering(self._take)
        self.address, self.stop = f"http://127.0.0.1:{server.port}/", server.stop

    def fired(self, name: str) -> list[dict]:
        """Firing alerts of this name, as they were received."""
        return [
            alert
            for message in list(self.received)
            for alert in message["alerts"]
            if alert["labels"]["alertname"] == name and alert["status"] == "firing"
        ]

    def _take(self, body: bytes) -> str:
        self.received.append(json.loads(body))
        return ""


def _counted(address: str):
    """Requests for predictions by code: counts, buckets by edge, and seconds."""
    with urllib.request.urlopen(address, timeout=5) as answer:
        text = answer.read().decode()
    counts: dict[str, float] = {}
    buckets: dict[str, dict[str, float]] = {}
    sums: dict[str, float] = {}
    for found in _LINE.finditer(text):
        labels = dict(_LABEL.findall(found["labels"]))
        if not labels.get("path", "").endswith("/infer"):
            continue
        code, value = labels["status_code"], float(found["value"])
        if found["name"] == "rest_server_requests_total":
            counts[code] = counts.get(code, 0.0) + value
        elif found["name"] == "rest_server_request_duration_seconds_bucket":
            edges = buckets.setdefault(code, {})
            edges[labels["le"]] = edges.get(labels["le"], 0.0) + value
        elif found["name"] == "rest_server_request_duration_seconds_sum":
            sums[code] = sums.get(code, 0.0) + value
    return counts, buckets, sums


def _text(**labels: str) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())
