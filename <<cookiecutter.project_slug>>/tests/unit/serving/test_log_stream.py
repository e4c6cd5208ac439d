"""A reader of the log that is slow, stuck or gone costs no request anything."""

import os
import select
import subprocess
import sys
import threading
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


def read(descriptor, enough):
    """What arrives until ``enough`` of it has; bounded, so that a lost line is a failure."""
    found, end = b"", time.monotonic() + 10
    while not enough(found):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"nothing more arrives after {len(found)} bytes: ...{found[-100:]!r}"
        found += os.read(descriptor, 65536)
    return found


def lines(count):
    return lambda found: found.count(b"\n") >= count


def test_lines_arrive(pipe):
    stream = PatientStream(pipe[1])
    assert stream.write("süß\n") == 4
    assert read(pipe[0], lines(1)).decode() == "süß\n"


def test_a_reader_that_sleeps(pipe):
    """Everything is written at once, and arrives in order when the reader wakes up."""
    stream = PatientStream(pipe[1])
    stream.note = lambda lines: f"lost {lines}"
    start = time.perf_counter()
    for number in range(3000):
        stream.write(f"{number:05} {LINE}")
    assert time.perf_counter() - start < 2
    found = read(pipe[0], lines(3000))
    stream.drain(5)
    assert [int(line[:5]) for line in found.splitlines()] == list(range(3000))
    assert stream.dropped == 0


def test_memory_is_bounded_and_losses_are_told(pipe):
    stream = PatientStream(pipe[1], limit=100_000)
    stream.note = lambda lines: f"lost {lines}"
    for number in range(3000):
        stream.write(f"{number:05} {LINE}")
    *kept, note = read(pipe[0], lambda found: b"lost" in found).decode().splitlines()
    numbers = [int(line[:5]) for line in kept]
    assert numbers == list(range(len(numbers))), "what was kept is whole and in order"
    assert 400 < len(numbers) < 3000
    assert note == f"lost {3000 - len(numbers)}"
    stream.drain(5)
    stream.write("after\n")
    assert read(pipe[0], lines(1)) == b"after\n"


def test_what_was_taken_leaves_room(pipe):
    """The limit is about what waits, and not about all that was ever written."""
    stream = PatientStream(pipe[1], limit=10_000)
    for _ in range(20):
        stream.write("x" * 70_000 + "\n")
        stream.write(LINE)
        read(pipe[0], lines(2))
        stream.drain(5)
    assert stream.dropped == 0


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


def test_losses_are_told_where_lines_are_written_at_once(full_disk, tmp_path):
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    stream = PatientStream(descriptor)
    stream.note = lambda lines: f"lost {lines}"
    with full_disk():
        for _ in range(30):
            stream.write(LINE)
    stream.write("after\n")
    os.close(descriptor)
    *_, after, note = (tmp_path / "log").read_text().splitlines()
    assert after == "after" and note == f"lost {stream.dropped}"


def test_a_line_that_was_cut_off_is_ended(tmp_path):
    """Somebody else reads on where the first reader went in the middle of a line."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    first = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    stream = PatientStream(os.open(path, os.O_WRONLY))
    stream.write("x" * 100_000 + "\n")
    os.close(first)
    stream.drain(5)
    assert stream.dropped == 1
    second = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert set(os.read(second, 100_000)) == {ord("x")}
    stream.write("after\n")
    assert os.read(second, 100).startswith(b"\nafter\n1 lines dropped")
    os.close(second)
    os.close(stream._descriptor)


def test_without_a_thread_the_next_line_tries_again(pipe, monkeypatch):
    stream = PatientStream(pipe[1])

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        stream.write("1" * 100_000 + "\n")
    stream.write("2\n")
    found = read(pipe[0], lines(2))
    stream.drain(5)
    assert found.endswith(b"1\n2\n")


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


def numbers(content: bytes) -> list[int]:
    return [int(line[:5]) for line in content.splitlines()]


def test_the_end_of_the_process_loses_no_line(tmp_path):
    """Neither those from before the end was prepared, nor those after it."""
    path = tmp_path / "log"
    package = PatientStream.__module__.split(".")[0]
    program = f"""
from {package}.serving.log_stream import STDOUT
for number in range(500): STDOUT.write(f"{{number:05}}" + chr(10))
STDOUT.drain(5)
STDOUT.write("00500" + chr(10))
"""
    with path.open("wb") as file:
        subprocess.run([sys.executable, "-c", program], check=True, timeout=30, stdout=file)
    assert numbers(path.read_bytes()) == list(range(501))


def test_a_reader_that_goes_while_lines_wait():
    """The note about what was lost is no reason to try for ever."""
    read, write = os.pipe()
    stream = PatientStream(write)
    stream.write("x" * 100_000 + "\n")
    stream.write(LINE)
    os.close(read)
    stream.drain(5)
    assert stream.dropped == 2 and stream._thread is None
    os.close(write)


@pytest.fixture
def writes(monkeypatch):
    """The sizes of all writes."""
    found, write = [], os.write

    def noting(descriptor, content):
        found.append(len(content))
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", noting)
    return found


def test_lines_that_waited_are_written_together(pipe, writes):
    """A log that was behind is not a system call a line."""
    stream = PatientStream(pipe[1])
    stream.write("x" * 70_000 + "\n")
    for _ in range(1000):
        stream.write("short\n")
    read(pipe[0], lines(1001))
    stream.drain(5)
    assert len(writes) < 40 and max(writes) <= select.PIPE_BUF


def test_a_file_takes_all_of_it_at_once(tmp_path, writes):
    with (tmp_path / "log").open("wb") as file:
        PatientStream(file.fileno()).write(LINE * 500)
    assert writes == [500 * len(LINE)]
