"""What the programs of a generated repository really print, in a run of everything."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.ports import held_ports
from tests.project import environments
from tests.project.workspace import environment

# Before the session's fixtures put an empty home in its place: package caches are in this one.
HOME = os.environ["HOME"]
REQUEST, TRACE = "order-4711", "4bf92f3577b34da6a3ce929d0e0e4736"
ALLOWED = ("mean_radius", "worst_area")
MINUTES = 15


@dataclass(frozen=True)
class Lines:
    """What was printed, line by line: by the serving container, by training, and so on."""

    serving: list[str]
    training: list[str]
    label: list[str]
    monitor: list[str]


def set_up(project: Path) -> None:
    """Make the environments and the dataset of a generated repository."""
    _run(project, "make", "setup", "data")
    environments.keep(project)


def collect(project: Path) -> Lines:
    """Train, serve, ask, label and monitor in a repository that is set up; LOG_FORMAT is json."""
    training = _run(project, "make", "--silent", "train")
    serving = _serve(project)
    label = run(project, "label", f"--event-id={REQUEST}-0", "--label=benign")
    # The server's own lines are what monitoring reads. Too few rows for a verdict: status 3.
    events = project / "artifacts" / "events"
    events.mkdir(parents=True, exist_ok=True)
    (events / "lines.ndjson").write_text("\n".join(serving), encoding="utf-8")
    monitor = run(project, "monitor", allowed=(0, 3))
    return Lines(serving, training, label, monitor)


def run(
    project: Path, *arguments: str, allowed: tuple[int, ...] = (0,), **variables: str
) -> list[str]:
    """What a command of the project's package prints; its status must be an allowed one."""
    package = next((project / "src").iterdir()).name
    command = [".venv/dev/bin/python", "-m", package, *arguments]
    return _run(project, *command, allowed=allowed, **variables)


def ask(address: str, model: str, rows: int = 1, value: object = 0.01, **headers: str) -> int:
    """Send a prediction request in which every feature has the same value; return the status."""
    described = json.load(urllib.request.urlopen(f"{address}/v2/models/{model}", timeout=30))
    inputs = [
        {"name": each["name"], "datatype": "FP64", "shape": [rows, 1], "data": [value] * rows}
        for each in described["inputs"]
    ]
    request = urllib.request.Request(
        f"{address}/v2/models/{model}/infer",
        data=json.dumps({"inputs": inputs}).encode(),
        headers={"Content-Type": "application/json"} | headers,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _serve(project: Path) -> list[str]:
    http, grpc, metrics = held_ports(3)
    address = f"http://127.0.0.1:{http}"
    log = project / "serving.ndjson"
    variables = _environment() | {
        "HTTP_PORT": str(http),
        "GRPC_PORT": str(grpc),
        "METRICS_PORT": str(metrics),
        "SERVING_EVENT_FOLDER": "",
        "SERVING_EVENT_FEATURES": ",".join(ALLOWED),
    }
    with log.open("w") as output:
        server = subprocess.Popen(
            ["make", "--silent", "serve"],
            cwd=project,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(server, f"{address}/v2/health/ready", log)
        headers = {"x-request-id": REQUEST, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        assert ask(address, project.name, rows=2, **headers) == 200
        assert ask(address, project.name, value="not a number") in (400, 422)
        assert ask(address, project.name, value=-1e9) in (200, 400, 422)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
    return log.read_text("utf-8").splitlines()


def _wait(server: subprocess.Popen, address: str, log: Path) -> None:
    end = time.monotonic() + 300
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            text = log.read_text("utf-8")[-3000:]
            assert server.poll() is None, f"the server ended: {text}"
            assert time.monotonic() < end, f"the server is not ready: {text}"
            time.sleep(0.5)


def _run(
    project: Path, *command: str, allowed: tuple[int, ...] = (0,), **variables: str
) -> list[str]:
    done = subprocess.run(
        command,
        cwd=project,
        env=_environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MINUTES * 60,
    )
    assert done.returncode in allowed, f"{' '.join(command)}\n{done.stdout[-6000:]}"
    # What a person sees of make and of other programs is not what a container prints.
    return [line for line in done.stdout.splitlines() if not re.match(r"make(\[\d+\])?: ", line)]


def _environment() -> dict[str, str]:
    paths = {"HOME": HOME, "LOG_FORMAT": "json", "MLOPS_ENVIRONMENT": "dev"}
    return environment() | paths | {"ZENML_LOGGING_COLORS_DISABLED": "true"}
