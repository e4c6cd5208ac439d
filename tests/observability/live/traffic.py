"""Requests to two model servers: rows of the dataset to one, faults on demand from the other."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.observability.live.rig import HERE, Rig


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
    command = [rig.python, HERE / "canary.py", rig.package, "calls", rig.address("canary-http")]
    command += [rig.slug, str(failing), str(pause)]
    calls = rig.processes.start("calls", command)
    try:
        yield
        if not calls.alive:
            raise RuntimeError(f"nobody calls the canary any more\n{calls.tail()}")
    finally:
        rig.processes.stop("calls")
