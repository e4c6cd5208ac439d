"""Start real servers for tests, and stop them by their process id, always."""

import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ports import free_ports

ROOT = Path(__file__).parents[1]
PACKAGE = next(path.parent.name for path in (ROOT / "src").glob("*/__init__.py"))
START_SECONDS = 90
STOP_SECONDS = 30


@dataclass
class Answer:
    """An HTTP answer; ``json`` fails for a body that is none."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A running server process; every line of its log is one JSON object."""

    process: subprocess.Popen
    log: Path
    http_port: int
    grpc_port: int
    metrics_port: int
    name: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Answer:
        """One request on a connection of its own; a body that is no bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def infer(self, inputs: list | None = None, headers=None, **body: Any) -> Answer:
        if inputs is not None:
            body["inputs"] = inputs
        return self.request("POST", f"/v2/models/{self.name}/infer", body, headers)

    def records(self) -> list[dict[str, Any]]:
        """All log records so far; of a running server, those that are whole."""
        ended = self.process.poll() is not None
        content = self.log.read_bytes()
        whole = content if ended else content[: content.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.decode().split("\n") if line]

    def wait_for_records(self, **wanted: Any) -> list[dict[str, Any]]:
        """Records with these fields (``_`` for ``.``), waiting a little for the first one."""
        keys = {key.replace("_", "."): value for key, value in wanted.items()}
        end = time.monotonic() + 20
        while True:
            found = [
                record
                for record in self.records()
                if all(record.get(key) == value for key, value in keys.items())
            ]
            if found or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def metrics(self) -> dict[str, float]:
        """Every sample of the metrics page by its name and labels."""
        answer = self.request("GET", "/metrics", port=self.metrics_port)
        lines = answer.body.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def ready(self) -> bool:
        try:
            return self.request("GET", "/v2/health/ready").status == 200
        except OSError:
            return False

    def stop(self) -> int:
        """Ask the process to stop and return its exit code; kills it if it does not."""
        self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def make_bundles(folder: Path) -> dict[str, Path]:
    """Bundles for tests by name, written by the training environment (see ``make_bundle.py``)."""
    made = subprocess.run(
        [ROOT / ".venv/dev/bin/python", ROOT / "tests/make_bundle.py", folder],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if made.returncode != 0:
        raise RuntimeError(f"no bundles\n{made.stderr}")
    return {name: Path(place) for name, place in json.loads(made.stdout).items()}


def launch(
    bundle: Path,
    folder: Path,
    ports: Mapping[str, int] | None = None,
    stdout: int | None = None,
    **environment: str,
) -> Server:
    """Start a server on free ports, or on given ones, without waiting until it is ready.

    Its log is a file, unless ``stdout`` is a descriptor for it.
    """
    ports = {**dict(zip(("http", "grpc", "metrics"), free_ports(3), strict=True)), **(ports or {})}
    log = folder / f"server-{time.monotonic_ns()}.log"
    command = [str(ROOT / ".venv/serve/bin/python"), "-m"]
    if os.environ.get("COVERAGE_RUN"):
        command += ["coverage", "run", "-m"]
    command += [f"{PACKAGE}.serving", "--bundle", str(bundle), "--host", "127.0.0.1"]
    for kind, port in ports.items():
        command += [f"--{kind}-port", str(port)]
    settings = {
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONWARNINGS": "default",
        "SERVING_DRAIN_SECONDS": "0.2",
        **environment,
    }
    with log.open("wb") as out, log.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=out if stdout is None else stdout,
            stderr=err,
        )
    name = environment.get("MLSERVER_MODEL_NAME", bundle.parent.name)
    return Server(process, log, ports["http"], ports["grpc"], ports["metrics"], name)


@contextmanager
def serving(bundle: Path, folder: Path, **environment: str) -> Iterator[Server]:
    """A server that is ready; its log is part of the error if it is not."""
    server = launch(bundle, folder, **environment)
    try:
        end = time.monotonic() + START_SECONDS
        while not server.ready():
            if server.process.poll() is not None or time.monotonic() > end:
                errors = server.log.with_suffix(".err").read_text()[-4000:]
                raise RuntimeError(f"no server\n{server.log.read_text()[-4000:]}\n{errors}")
            time.sleep(0.1)
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
