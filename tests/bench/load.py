"""Load from wrk, and what the server's processes used meanwhile."""

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import Server

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_TICKS = 100.0  # of the kernel's processor time in /proc, a second


@dataclass(frozen=True)
class Figures:
    """What one server did under one load; latencies and processor time in milliseconds."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms_per_request: float
    memory_mb: float
    errors: int


def drive(server: Server, pid: int, seconds: int, connections: int) -> Figures:
    """Post the server's body over ``connections`` for ``seconds`` after a short warm-up."""
    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "post.lua"
        body = json.dumps(server.body).replace("\\", "\\\\").replace("'", "\\'")
        script.write_text(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f"wrk.body = '{body}'\n",
            encoding="utf-8",
        )
        _wrk(server, script, 2, connections)
        before = _cpu_seconds(pid)
        text = _wrk(server, script, seconds, connections)
        used = _cpu_seconds(pid) - before
    count = int(re.search(r"(\d+) requests in", text)[1])
    broken = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    timeouts = re.search(r"timeout (\d+)", text)
    return Figures(
        requests_per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        p50_ms=_latency(text, "50%"),
        p99_ms=_latency(text, "99%"),
        cpu_ms_per_request=1000 * used / max(count, 1),
        memory_mb=_memory_mb(pid),
        errors=int(broken[1] if broken else 0) + int(timeouts[1] if timeouts else 0),
    )


def _wrk(server: Server, script: Path, seconds: int, connections: int) -> str:
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    command = ["wrk", *options, "-s", str(script), server.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return done.stdout


def _latency(text: str, share: str) -> float:
    found = re.search(rf"{re.escape(share)}\s+([\d.]+)(us|ms|s|m)\b", text)
    return float(found[1]) * _UNITS[found[2]]


def _family(pid: int) -> list[Path]:
    """The process and everything it started, from their group: each server leads one."""
    family = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pid:
            family.append(place)
    return family


def _cpu_seconds(pid: int) -> float:
    total = 0
    for place in _family(pid):
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _memory_mb(pid: int) -> float:
    """Proportional set size, so that pages shared by workers count once."""
    total = 0
    for place in _family(pid):
        found = re.search(r"^Pss:\s+(\d+) kB", (place / "smaps_rollup").read_text(), re.MULTILINE)
        total += int(found[1]) if found else 0
    return total * 1024 / 1e6
