"""A real Prometheus, and series as Seldon's executor exports them, with values that tests set."""

import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.answering import Answering
from tests.cluster.process import Processes, answers
from tests.ports import Ports

NAME = "seldon_api_executor_server_requests_seconds"
# The executor's histogram uses the default buckets of Prometheus' Go client, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass
class Load:
    """Requests that one predictor answers: per second, share that fails (0..1), seconds each."""

    requests: float
    errors: float
    latency: float
    counts: dict[str, float] = field(default_factory=lambda: {"200": 0.0, "500": 0.0})

    def advance(self, seconds: float) -> None:
        """Count the requests of the last `seconds`."""
        self.counts["200"] += self.requests * (1 - self.errors) * seconds
        self.counts["500"] += self.requests * self.errors * seconds


class Exporter:
    """Serves the metrics of predictors that are not there, as if they worked under a load."""

    def __init__(self) -> None:
        self._loads: dict[tuple[str, str, str, str], Load] = {}
        self._lock = threading.Lock()
        self._last = time.monotonic()
        self._server = Answering(lambda _: self.text())
        self.port = self._server.port

    def serve(
        self,
        namespace: str,
        predictor: str,
        *,
        requests: float,
        errors: float = 0.0,
        latency: float = 0.02,
        version: str = "v1",
        deployment: str = "model",
    ) -> None:
        """Let a predictor answer `requests` a second from now on; counters only ever grow."""
        with self._lock:
            self._advance()
            key = (namespace, deployment, predictor, version)
            load = self._loads.setdefault(key, Load(requests, errors, latency))
            load.requests, load.errors, load.latency = requests, errors, latency

    def clear(self, namespace: str) -> None:
        """Let the series of a namespace disappear."""
        with self._lock:
            self._loads = {key: load for key, load in self._loads.items() if key[0] != namespace}

    def text(self) -> str:
        """Return all series in the format that Prometheus scrapes."""
        with self._lock:
            self._advance()
            lines = [f"# TYPE {NAME} histogram"]
            for key, load in self._loads.items():
                for code, count in load.counts.items():
                    lines += _series(key, code, count, load.latency)
        return "\n".join(lines) + "\n"

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()

    def _advance(self) -> None:
        now = time.monotonic()
        for load in self._loads.values():
            load.advance(now - self._last)
        self._last = now


class Prometheus:
    """Prometheus that reads the exporter every second."""

    def __init__(self, folder: Path, processes: Processes, ports: Ports, exporter: Exporter):
        self.port = ports.take()
        self.address = f"http://127.0.0.1:{self.port}"
        self._folder, self._processes, self._exporter = folder / "prometheus", processes, exporter

    def start(self) -> None:
        """Start it; return when it answers."""
        self._folder.mkdir()
        target = {"targets": [f"127.0.0.1:{self._exporter.port}"]}
        job = {"job_name": "seldon", "honor_labels": True, "static_configs": [target]}
        configuration = self._folder / "prometheus.yml"
        every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        configuration.write_text(json.dumps({"global": every, "scrape_configs": [job]}))
        self._processes.start(
            "prometheus",
            [
                "prometheus",
                f"--config.file={configuration}",
                f"--storage.tsdb.path={self._folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            lambda: answers(f"{self.address}/-/ready"),
        )

    def query(self, expression: str) -> list[dict]:
        """Return the result of an instant query: a list of {metric: {}, value: [time, text]}."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"{self.address}/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def wait_for(
        self, expression: str, wanted: Callable[[float], bool], seconds: float = 30
    ) -> float:
        """Return the value of a query with one result once `wanted` accepts it."""
        end = time.monotonic() + seconds
        while True:
            result = self.query(expression)
            if len(result) == 1 and wanted(value := float(result[0]["value"][1])):
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"{expression} is {result} after {seconds} s")
            time.sleep(0.5)


def _series(key: tuple[str, str, str, str], code: str, count: float, latency: float) -> list[str]:
    namespace, deployment, predictor, version = key
    labels = (
        f'deployment_name="{deployment}",predictor_name="{predictor}",predictor_version="{version}",'
        f'service="predictions",method="post",code="{code}",namespace="{namespace}"'
    )
    bounds = [*map(str, BUCKETS), "+Inf"]
    lines = [
        f'{NAME}_bucket{{{labels},le="{bound}"}} {count if latency <= float(bound) else 0}'
        for bound in bounds
    ]
    return [
        *lines,
        f"{NAME}_sum{{{labels}}} {count * latency}",
        f"{NAME}_count{{{labels}}} {count}",
    ]
