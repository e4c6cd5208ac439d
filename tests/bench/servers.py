"""Servers that answer with the same fitted model, each started as its own documentation says."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.ports import held_ports

START_SECONDS = 90
BARE = Path(__file__).with_name("bare_server.py")


@dataclass
class Server:
    """How one is started, where it answers, and what it is asked."""

    command: list[str]
    address: str
    ready: str
    body: dict
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None


def ours(project: Path, bundle: Path, row: list[float]) -> Server:
    """The generated repository's own server."""
    http, grpc, metrics = held_ports(3)
    package = project.name.replace("-", "_")
    ports = ["--http-port", http, "--grpc-port", grpc, "--metrics-port", metrics]
    start = [project / ".venv/serve/bin/python", "-m", f"{package}.serving", "--bundle", bundle]
    address = f"http://127.0.0.1:{http}"
    return Server(
        [str(part) for part in [*start, "--host", "127.0.0.1", *ports]],
        f"{address}/v2/models/{project.name}/infer",
        f"{address}/v2/health/ready",
        _tensor(row),
    )


def with_telemetry(server: Server) -> Server:
    """Our own server, whose telemetry a signal switches; it logs every feature, as deployed."""
    python, _, module, *options = server.command
    package = module.partition(".")[0]
    script = Path(__file__).with_name("part_of_telemetry.py")
    environment = {**server.environment, "SERVING_EVENT_FEATURES": "*"}
    command = [python, str(script), package, *options]
    return replace(server, command=command, environment=environment)


def mlflow_serve(project: Path, model_uri: str, row: list[float], names: list[str]) -> Server:
    """``mlflow models serve`` on the registered model, in the environment that logged it."""
    (port,) = held_ports(1)
    binary = project / ".venv/dev/bin"
    options = [
        "--env-manager",
        "local",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    address = f"http://127.0.0.1:{port}"
    return Server(
        [str(binary / "mlflow"), "models", "serve", "-m", model_uri, *options],
        f"{address}/invocations",
        f"{address}/ping",
        {"dataframe_split": {"columns": names, "data": [row]}},
        {
            "MLFLOW_TRACKING_URI": f"sqlite:///{project / 'mlflow.db'}",
            "PATH": f"{binary}{os.pathsep}{os.environ['PATH']}",
        },
        project,
    )


def stock_mlserver(python: Path, model: Path, place: Path, row: list[float]) -> Server:
    """MLServer with its own scikit-learn runtime and its defaults, but for the ports."""
    http, grpc, metrics = held_ports(3)
    place.mkdir(parents=True)
    shutil.copyfile(model, place / "model.joblib")
    settings = {
        "name": "model",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib"},
    }
    (place / "model-settings.json").write_text(json.dumps(settings), encoding="utf-8")
    ports = {"host": "127.0.0.1", "http_port": http, "grpc_port": grpc, "metrics_port": metrics}
    (place / "settings.json").write_text(json.dumps(ports), encoding="utf-8")
    address = f"http://127.0.0.1:{http}"
    return Server(
        [str(python.with_name("mlserver")), "start", str(place)],
        f"{address}/v2/models/model/infer",
        f"{address}/v2/models/model/ready",
        _tensor(row),
        folder=place,
    )


def bare_starlette(python: Path, model: Path, row: list[float]) -> Server:
    """Starlette, scikit-learn and nothing else: no validation, logs, metrics or ids."""
    (port,) = held_ports(1)
    address = f"http://127.0.0.1:{port}"
    return Server(
        [str(python), str(BARE), str(model), str(port)],
        f"{address}/infer",
        f"{address}/ready",
        _tensor(row),
    )


@contextmanager
def running(server: Server, log: Path) -> Iterator[int]:
    """The server's process id while it is ready; its whole process group is gone afterwards."""
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            server.command,
            env={**os.environ, **server.environment},
            cwd=server.folder,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(server, process, log)
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def ask(server: Server) -> dict:
    """One answer, so that a server that only refuses is not measured."""
    request = urllib.request.Request(
        server.address, json.dumps(server.body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def _wait(server: Server, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(server.ready, timeout=2):
                ask(server)
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-20:])
    raise RuntimeError(f"not ready in {START_SECONDS} s: {' '.join(server.command)}\n{tail}")


def _tensor(row: list[float]) -> dict:
    tensor = {"name": "matrix", "shape": [1, len(row)], "datatype": "FP64", "data": row}
    return {"inputs": [tensor]}
