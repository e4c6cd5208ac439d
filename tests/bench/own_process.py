"""What the scripts that measure a generated package share: a process each, its time, its peak."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 900
# Of peak memory: what the process may have beside so many times its frame.
MEMORY_FACTOR, MEMORY_EXTRA_MB = 1.5, 300.0


def run(script: str, package: str, rows: int, what: str, data: Path, *more: str) -> dict[str, Any]:
    """What `script` prints when it is its own child: the last line, as JSON."""
    command = [sys.executable, script, "--package", package, "--rows", str(rows)]
    command += ["--child", what, str(data), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"{what} failed with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def timed[T](work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it took, and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def peak_mb() -> float:
    """Most memory that this process has had, in 10^6 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in units of 1024 bytes, macOS in bytes.
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
