"""Generated repositories at one place, so that their environments are made once."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import held_ports
from tests.project import environments
from tests.project.workspace import environment, place_project

# Before the session's fixtures put an empty home in its place: package caches are in this one.
HOME = os.environ["HOME"]
# Each process of a run has a place of its own; a run in one process is at that of the first.
AREA = f"journey/{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
NAMES = {
    "project_slug": "a2345678-0123456789-0123456789",
    "package_name": "a2345678_0123456789_0123456789_0",
}
IDENTITY = {
    f"GIT_{role}_{what}": f"test{'@localhost' * (what == 'EMAIL')}"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


class Repository:
    """A generated repository at its place, and what a person does in it."""

    def __init__(self, answers: str) -> None:
        self.path = place_project(AREA, answers, **NAMES)
        self.name, self.package = NAMES["project_slug"], NAMES["package_name"]
        names = ("HTTP_PORT", "GRPC_PORT", "METRICS_PORT", "MLFLOW_PORT")
        self.ports = dict(zip(names, held_ports(len(names)), strict=True))

    def environment(self) -> dict[str, str]:
        ports = {name: str(port) for name, port in self.ports.items()}
        return {**environment(), **IDENTITY, **ports, "HOME": HOME}

    def run(self, script: str, expect: int = 0) -> str:
        """Output of a piece of shell, as typed in the repository."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.path,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        assert done.returncode == expect, f"{script}\n{done.stdout[-6000:]}"
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`make serve` until the block ends; yields its address."""
        address = f"http://127.0.0.1:{self.ports['HTTP_PORT']}"
        with self.background("serve", f"{address}/v2/health/ready"):
            yield address

    @contextmanager
    def background(self, target: str, ready: str) -> Iterator[None]:
        """A make target that serves: until the block ends, from when `ready` answers."""
        log = self.path / f"{target}.log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                ["make", target],
                cwd=self.path,
                env=self.environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait(process, ready, log)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise

    def _wait(self, process: subprocess.Popen, ready: str, log: Path) -> None:
        end = time.monotonic() + 90
        while time.monotonic() < end and process.poll() is None:
            try:
                with urllib.request.urlopen(ready, timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"not ready:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def repository(request: pytest.FixtureRequest) -> Repository:
    """The option set that the module names as ANSWERS, baked anew for the module."""
    made = Repository(request.module.ANSWERS)
    made.run("make setup")
    environments.keep(made.path)
    return made
