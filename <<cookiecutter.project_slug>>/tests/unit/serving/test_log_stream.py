"""A reader of the log that is slow, stuck or gone costs no request anything."""

import logging
import os
import subprocess
import sys
import threading
import time

import pytest

from <<cookiecutter.package_name>>.logs import Service
from <<cookiecutter.package_name>>.serving import log_stream, logs
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


def test_a_full_disk(full_disk, tmp_path):
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    stream = PatientStream(descriptor)
    with full_disk():
        for _ in range(30):
            stream.write(LINE)
    os.close(descriptor)
    whole = (tmp_path / "log").read_text().count(LINE)
    assert 0 < whole < 30
    assert stream.dropped == 30 - whole


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


@pytest.fixture
def writes(monkeypatch):
    """The sizes of all writes to any descriptor, which are still done."""
    sizes, write = [], os.write

    def noted(descriptor, content):
        sizes.append(len(content))
        return write(descriptor, content)

    monkeypatch.setattr(log_stream.os, "write", noted)
    return sizes


def numbers(content: bytes) -> list[int]:
    return [int(line[:5]) for line in content.splitlines()]


def test_lines_in_a_batch_share_a_write(tmp_path, writes):
    path = tmp_path / "log"
    with path.open("wb") as file:
        stream = PatientStream(file.fileno())
        stream.batch(0.05)
        for number in range(100):
            stream.write(f"{number:05} {LINE}")
        assert path.read_bytes() == b"" and not writes
        end = time.monotonic() + 10
        while path.stat().st_size < 100 * 206 and time.monotonic() < end:
            time.sleep(0.01)
        assert numbers(path.read_bytes()) == list(range(100))
        assert len(writes) == 1
        # The thread sleeps by now, and is woken by the next line.
        time.sleep(0.1)
        stream.write(f"00100 {LINE}")
        while path.stat().st_size < 101 * 206 and time.monotonic() < end:
            time.sleep(0.01)
        assert len(writes) == 2
        stream.drain(5)


def test_the_end_of_the_process_loses_no_line(tmp_path):
    """Lines that wait for others, and those after the end was prepared."""
    path = tmp_path / "log"
    package = PatientStream.__module__.split(".")[0]
    program = f"""
from {package}.serving.log_stream import STDOUT
STDOUT.batch(0.2)
for number in range(500): STDOUT.write(f"{{number:05}}" + chr(10))
STDOUT.drain(5)
STDOUT.write("00500" + chr(10))
"""
    with path.open("wb") as file:
        subprocess.run([sys.executable, "-c", program], check=True, timeout=30, stdout=file)
    assert numbers(path.read_bytes()) == list(range(501))


def test_many_lines_do_not_wait_for_the_moment(pipe):
    """Otherwise a large batch would fill the memory, and lines be lost, while a reader reads."""
    stream = PatientStream(pipe[1], limit=500_000)
    stream.batch(3600)
    found = []

    def read():
        while not found or found[-1]:
            found.append(os.read(pipe[0], 65536))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    for number in range(10_000):
        stream.write(f"{number:05} {LINE}")
        if number % 100 == 0:
            time.sleep(0.001)
    stream.flush()
    end = time.monotonic() + 10
    while sum(map(len, found)) < 10_000 * 206 and time.monotonic() < end:
        time.sleep(0.01)
        stream.flush()
    assert numbers(b"".join(found)) == list(range(10_000))
    assert stream.dropped == 0
    os.write(pipe[1], b"\n")


def test_a_batch_for_a_reader_that_sleeps(pipe):
    stream = PatientStream(pipe[1], limit=300_000)
    stream.note = lambda lines: f"lost {lines}"
    stream.batch(0.01)
    for number in range(3000):
        stream.write(f"{number:05} {LINE}")
    found = b""
    while b"lost" not in found:
        found += os.read(pipe[0], 65536)
    *lines, note = found.decode().splitlines()
    assert [int(line[:5]) for line in lines] == list(range(len(lines)))
    assert 1000 < len(lines) < 3000 and note == f"lost {3000 - len(lines)}"
    stream.drain(5)
    stream.write("after\n")
    assert os.read(pipe[0], 100) == b"after\n"


def test_a_reader_that_goes_while_lines_wait():
    """The note about what was lost is no reason to try for ever."""
    read, write = os.pipe()
    stream = PatientStream(write)
    stream.batch(3600)
    stream.write(LINE)
    os.close(read)
    stream.flush()
    stream.write(LINE)
    stream.flush()
    assert stream.dropped == 2
    os.close(write)


def test_an_error_does_not_wait(tmp_path, monkeypatch):
    """Nor what came before it: the process may not live until the next moment."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        stream = PatientStream(file.fileno())
        stream.batch(3600)
        monkeypatch.setattr(logs, "STDOUT", stream)
        settings = logs.log_config(Service())["handlers"]["ecs"]
        handler = settings["()"](settings["stream"])
        for level in (logging.INFO, logging.WARNING):
            handler.handle(logging.makeLogRecord({"msg": "before", "levelno": level}))
        assert path.read_text() == ""
        handler.handle(logging.makeLogRecord({"msg": "fault", "levelno": logging.ERROR}))
        assert path.read_text() == "before\nbefore\nfault\n"
