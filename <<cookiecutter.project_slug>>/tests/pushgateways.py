"""A real Pushgateway on a free port, and what was pushed to it."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from absent import program


@contextmanager
def pushgateway(port: int) -> Iterator[str]:
    """Its address."""
    command = program("prometheus-pushgateway", "pushgateway")
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        # Without a file: Debian's keeps figures from one start to the next.
        [command, f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"{url}/-/ready", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < end, "no Pushgateway"
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def groups(url: str) -> list[dict]:
    """Everything, a group a job of a model."""
    with urllib.request.urlopen(f"{url}/api/v1/metrics", timeout=5) as answer:
        return json.load(answer)["data"]


def group(url: str, job: str) -> dict:
    """The one group of a job."""
    (found,) = [item for item in groups(url) if item["labels"]["job"] == job]
    return found


def values(url: str, job: str, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """The values of one metric of a job by their own labels, those of the group left out."""
    found = group(url, job)
    common = {*found["labels"], "instance"}
    return {
        tuple(sorted((k, v) for k, v in metric["labels"].items() if k not in common)): float(
            metric["value"]
        )
        for metric in found[name]["metrics"]
    }
