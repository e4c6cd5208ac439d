"""Whoever reads the server's log may be stuck or gone: requests do not notice."""

import os
import select
import time
from contextlib import contextmanager

import pytest
from log_contract import check
from rows import columns
from servers import START_SECONDS, launch

ROWS = 200
REQUESTS = 60


@contextmanager
def writing_to(descriptor, bundle, folder):
    """A server that is ready, whose standard output is this descriptor."""
    server = launch(bundle, folder, stdout=descriptor)
    try:
        end = time.monotonic() + START_SECONDS
        while not server.ready():
            assert server.process.poll() is None and time.monotonic() < end, "no server"
            time.sleep(0.1)
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def slowest(server):
    """The longest time of many large requests: 6 MB of log, more than the server keeps."""
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        assert server.infer(columns(ROWS)).status == 200
        times.append(time.perf_counter() - start)
    return max(times)


def read_until(descriptor, complete):
    """The whole lines that arrive until they are ``complete``, at most for so many seconds."""
    found, end = b"", time.monotonic() + 20
    while time.monotonic() < end:
        if select.select([descriptor], [], [], 0.2)[0]:
            found += os.read(descriptor, 65536)
        elif complete(lines := found[: found.rfind(b"\n") + 1].decode()):
            return lines
    raise AssertionError(f"not complete: {found[-2000:].decode(errors='replace')}")


def told(lines):
    """How many rows have an event, and of how many lines it is told that they were dropped."""
    records = check(lines)
    notes = [item for item in records if item.get("event.action") == "log_lines_dropped"]
    events = sum(item["event.dataset"] == "ml.prediction" for item in records)
    return events, sum(item["ml.rows"] for item in notes)


def test_nobody_reads(bundles, tmp_path):
    reading, writing = os.pipe()
    with writing_to(writing, bundles["mixed"], tmp_path) as server:
        os.close(writing)
        assert slowest(server) < 2
        # Somebody wakes up: whole lines, and how many are missing.
        lines = read_until(reading, lambda lines: sum(told(lines)) >= ROWS * REQUESTS)
        events, lost = told(lines)
        assert lost > 0
        assert ROWS * REQUESTS <= events + lost <= (ROWS + 1) * REQUESTS
        assert server.stop() == 0
    os.close(reading)


def test_nobody_reads_until_the_end(bundles, tmp_path):
    """A stuck log does not hold up the end of the process."""
    reading, writing = os.pipe()
    with writing_to(writing, bundles["mixed"], tmp_path) as server:
        os.close(writing)
        slowest(server)
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 8
    os.close(reading)


@pytest.mark.parametrize("place", ["closed", "/dev/full"])
def test_a_place_that_takes_nothing(bundles, tmp_path, place):
    if place == "closed":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open(place, os.O_WRONLY)
    with writing_to(writing, bundles["mixed"], tmp_path) as server:
        os.close(writing)
        assert slowest(server) < 2
        assert server.stop() == 0
