"""A canary that fails on purpose, to see errors, an alert, and two predictors side by side.

Its model takes a root, so that half of what its schema allows makes it fail: real faults of a real
server, answered with 500.
"""

import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import ProcessError, inherited

# Of the requests to it, and a pause in seconds after each.
FAILING, PAUSE = 0.8, 0.03


def failing_bundle(root: Path, folder: Path) -> Path:
    """The bundle of that name which the tests of the server use."""
    command = [sys.executable, str(root / "tests/make_bundle.py"), str(folder)]
    done = subprocess.run(
        command, env=inherited(PYTHONPATH=str(root / "src")), capture_output=True, text=True
    )
    if done.returncode:
        raise ProcessError(f"no bundle for a canary: {done.stderr[-1500:]}")
    return Path(json.loads(done.stdout.splitlines()[-1])["fragile"])


@contextmanager
def calls(
    address: str, model: str, failing: float = FAILING, pause: float = PAUSE
) -> Iterator[None]:
    """Requests to the canary as long as the context lasts; a share ``failing`` gets 500."""
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            _ask(address, model, -5.0 if number * failing % 1 < failing else 5.0)
            time.sleep(pause)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def _ask(address: str, model: str, size: float) -> None:
    """One request; sizes below zero are too much for this model."""
    tensor = {"name": "size", "datatype": "FP64", "shape": [1, 1], "data": [size]}
    request = urllib.request.Request(
        f"{address}/v2/models/{model}/infer",
        json.dumps({"inputs": [tensor]}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError as error:
        error.read()
    except OSError:
        # A canary that is gone or hangs is for the panels and alerts to show, as in a cluster.
        pass
