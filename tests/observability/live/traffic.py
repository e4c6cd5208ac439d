"""Requests to two model servers: rows of the dataset to one, faults on demand from the other."""

import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.observability.live.rig import Rig


def load(rig: Rig, seconds: int, rows: Path) -> None:
    """The repository's own load test on the default predictor, with given rows."""
    command = [rig.project / ".venv/client/bin/locust", "--headless", "--only-summary"]
    command += ["--locustfile", rig.project / "tests/load/locustfile.py", "--users", "3"]
    command += ["--spawn-rate", "3", "--run-time", f"{seconds}s"]
    command += ["--host", rig.address("default-http")]
    done = subprocess.run(
        command,
        env={**os.environ, "LOAD_ROWS": str(rows)},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    # 1 is a broken budget, on a machine that is busy with all the rest.
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)


@contextmanager
def canary(rig: Rig, failing: float, pause: float = 0.02) -> Iterator[None]:
    """Requests to the canary meanwhile, of which so many (0 to 1) are answered with 500."""
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            bad = (number * failing) % 1 < failing and failing > 0
            _ask(rig, -5.0 if bad else 5.0)
            time.sleep(pause)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def _ask(rig: Rig, size: float) -> None:
    tensor = {"name": "size", "datatype": "FP64", "shape": [1, 1], "data": [size]}
    body = json.dumps({"inputs": [tensor]}).encode()
    address = f"{rig.address('canary-http')}/v2/models/{rig.slug}/infer"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError as error:
        error.read()
