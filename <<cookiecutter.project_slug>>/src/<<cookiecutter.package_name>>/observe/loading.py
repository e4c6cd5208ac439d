"""Requests to the model server from the load test, for as long as somebody looks."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import STOP_SECONDS, ProcessError, end, inherited

# One sends some fifty requests a second and leaves this machine room for all the rest.
USERS = 1


@contextmanager
def load(root: Path, address: str, rows: Path, log: Path) -> Iterator[None]:
    """Drive the load test, with rows of the dataset, until the context ends."""
    command = [root / ".venv/client/bin/locust", "--headless", "--only-summary"]
    command += ["--locustfile", root / "tests/load/locustfile.py"]
    command += ["--host", address, "--users", str(USERS)]
    command += ["--spawn-rate", str(USERS), "--stop-timeout", "5"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=inherited(LOAD_ROWS=str(rows)),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
        if process.poll() is not None:
            raise ProcessError(f"the load test ended too early, see {log}")
    finally:
        end(process, STOP_SECONDS)
