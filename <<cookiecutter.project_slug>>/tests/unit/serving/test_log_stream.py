"""A reader of the log that is slow, stuck or gone costs no request anything."""

import os
import subprocess
import sys
import time

import pytest

from <<cookiecutter.package_name>>.serving.log_stream import PatientStream

LINE = "x" * 199 + "\n"


@pytest.fixture
def pipe():
    ends = list(os.pipe())
    yield ends
    for end in ends:
        os.close(end)


def test_lines_arrive(pipe):
    stream = PatientStream(pipe[1])
    assert stream.write("süß\n") == 4
    stream.flush()
    assert os.read(pipe[0], 100).decode() == "süß\n"


def test_a_reader_that_sleeps(pipe):
    """Everything is written at once, and arrives in order when the reader wakes up."""
    stream = PatientStream(pipe[1])
    stream.note = lambda lines: f"lost {lines}"
    start = time.perf_counter()
    for number in range(3000):
        stream.write(f"{number:05} {LINE}")
    assert time.perf_counter() - start < 2
    found = b""
    while found.count(b"\n") < 3000:
        found += os.read(pipe[0], 65536)
    stream.drain(5)
    assert [int(line[:5]) for line in found.splitlines()] == list(range(3000))
    assert stream.dropped == 0


def test_memory_is_bounded_and_losses_are_told(pipe):
    stream = PatientStream(pipe[1], limit=100_000)
    stream.note = lambda lines: f"lost {lines}"
    for number in range(3000):
        stream.write(f"{number:05} {LINE}")
    found = b""
    while b"lost" not in found:
        found += os.read(pipe[0], 65536)
    *lines, note = found.decode().splitlines()
    numbers = [int(line[:5]) for line in lines]
    assert numbers == list(range(len(numbers))), "what was kept is whole and in order"
    assert 400 < len(numbers) < 3000
    assert note == f"lost {3000 - len(numbers)}"
    stream.drain(5)
    stream.write("after\n")
    assert os.read(pipe[0], 100) == b"after\n"


def test_a_reader_that_went():
    read, write = os.pipe()
    os.close(read)
    stream = PatientStream(write)
    stream.write(LINE)
    stream.write(LINE)
    assert stream.dropped == 2
    os.close(write)
    stream.write(LINE)
    assert stream.dropped == 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk():
    descriptor = os.open("/dev/full", os.O_WRONLY)
    stream = PatientStream(descriptor)
    stream.write(LINE)
    os.close(descriptor)
    assert stream.dropped == 1


def test_a_stuck_reader_does_not_stop_the_end():
    """The thread that waits ends with the process."""
    package = PatientStream.__module__.split(".")[0]
    program = f"""
import os
from {package}.serving.log_stream import PatientStream
stream = PatientStream(os.pipe()[1])
for _ in range(1000): stream.write("x" * 200 + chr(10))
stream.drain(0.1)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
