"""Fixtures: bundles made by the training environment, the real microservice around them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from ports import free_ports
from servers import PACKAGE, ROOT, make_bundles

COMPONENT = f"{PACKAGE}.serving.seldon_component.SeldonComponent"
START_SECONDS = 90


@dataclass
class Microservice:
    """A running ``seldon-core-microservice``."""

    process: subprocess.Popen
    http_port: int
    grpc_port: int
    metrics_port: int
    log: Path

    def get(self, path: str, port: int | None = None) -> tuple[int, bytes]:
        return self._send(urllib.request.Request(self._url(path, port)))

    def post(self, content: Any) -> tuple[int, Any]:
        """Status and JSON of a prediction."""
        request = urllib.request.Request(
            self._url("/api/v1.0/predictions"),
            json.dumps(content).encode(),
            {"content-type": "application/json"},
        )
        status, body = self._send(request)
        return status, json.loads(body)

    def _url(self, path: str, port: int | None = None) -> str:
        return f"http://127.0.0.1:{port or self.http_port}{path}"

    def _send(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def ready(self) -> bool:
        """Whether both servers answer; each is a process of its own, and one may fail alone."""
        try:
            with socket.create_connection(("127.0.0.1", self.grpc_port), timeout=5):
                return self.get("/health/status")[0] == 200
        except OSError:
            return False


@pytest.fixture(scope="session")
def bundles(tmp_path_factory) -> dict[str, Path]:
    return make_bundles(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Start microservices with arguments and environment; all are stopped at the end."""
    running = []

    def start_one(*arguments: str, wait: bool = True, **environment: str) -> Microservice:
        folder = tmp_path_factory.mktemp("microservice")
        ports = free_ports(3)
        command = [sys.executable, "-m", "seldon_core.microservice", COMPONENT, *arguments]
        for kind, port in zip(("http", "grpc", "metrics"), ports, strict=True):
            command += [f"--{kind}-port", str(port)]
        log = folder / "log"
        settings = {"PYTHONPATH": str(ROOT / "src"), "HOME": str(folder), **environment}
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **settings},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        service = Microservice(process, *ports, log)
        running.append(service)
        end = time.monotonic() + START_SECONDS
        while wait and not service.ready():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no microservice\n{log.read_text()[-4000:]}")
            time.sleep(0.2)
        return service

    yield start_one
    for service in running:
        _stop(service.process)


def _stop(process: subprocess.Popen) -> None:
    """End the whole session: the microservice leaves its gRPC process behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        time.sleep(1)
    process.wait(10)
