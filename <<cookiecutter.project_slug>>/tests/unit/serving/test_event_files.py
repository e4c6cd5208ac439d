"""Events in files beside the log: bounded, in the background, and never in the way."""

import json
import threading
import time

import pytest

from <<cookiecutter.package_name>>.serving import event_files
from <<cookiecutter.package_name>>.serving.event_files import EventFiles

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(event_files, "_PAUSE", 0.01)


def kept(folder) -> list[str]:
    return [line for path in sorted(folder.glob("*")) for line in path.read_text().splitlines()]


def line(number: int, size: int = 0) -> str:
    return json.dumps({"event.id": f"request-{number}", "text": "x" * size})


def test_every_line_is_written_in_order(tmp_path):
    files = EventFiles(tmp_path / "events", 8 * MB)
    lines = [line(number) for number in range(500)]
    for start in range(0, 500, 50):
        files.add(lines[start : start + 50])

    files.close(30)

    assert kept(tmp_path / "events") == lines
    assert files.dropped == 0


def test_adding_costs_next_to_nothing(tmp_path):
    files = EventFiles(tmp_path, 8 * MB)
    lines = [line(number) for number in range(20)]

    # Processor time of this thread: what else the machine does is not counted.
    begun = time.thread_time()
    for _ in range(1000):
        files.add(lines)
    each = (time.thread_time() - begun) / 1000

    files.close(30)
    # A request takes a millisecond and more.
    assert each < 0.0005
    assert len(kept(tmp_path)) == 20_000


def test_the_folder_stays_within_its_limit_and_the_newest_are_kept(tmp_path):
    files = EventFiles(tmp_path, MB)
    for part in range(40):
        files.add([line(part * 100 + number, 900) for number in range(100)])
        files.close(30)

    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= MB
    assert len(list(tmp_path.iterdir())) >= 3
    found = [json.loads(text)["event.id"] for text in kept(tmp_path)]
    assert found[-1] == "request-3999" and "request-0" not in found


def test_a_full_disk_costs_lines_and_one_warning(tmp_path, caplog, full_disk):
    files = EventFiles(tmp_path, 8 * MB)
    files.add([line(0)])
    files.close(30)

    with full_disk():
        for part in range(1, 4):
            files.add([line(part * 100 + number, 200) for number in range(30)])
            files.close(30)
    files.add([line(9999)])
    files.close(30)

    texts = kept(tmp_path)
    assert json.loads(texts[0])["event.id"] == "request-0"
    assert json.loads(texts[-1])["event.id"] == "request-9999"
    assert files.dropped > 60
    assert caplog.text.count("events are not written") == 1
    assert "predictions are answered all the same" in caplog.text
    # At most the line at which the disk was full is broken.
    broken = [text for text in texts if not text.endswith("}")]
    assert len(broken) <= 1


def test_a_folder_that_cannot_be_made_costs_lines_only(tmp_path, caplog):
    (tmp_path / "file").touch()
    files = EventFiles(tmp_path / "file" / "events", 8 * MB)

    files.add([line(1), line(2)])
    files.close(30)

    assert files.dropped == 2
    assert "events are not written" in caplog.text


def test_more_than_memory_may_hold_is_dropped_whole_and_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(event_files, "_PAUSE", 1)
    files = EventFiles(tmp_path, 64 * MB)
    files.add([line(0, 7 * MB)])

    files.add([line(1, 2 * MB), line(2)])
    files.add([line(3)])
    files.close(30)

    assert files.dropped == 2
    assert "more of them come than can be written" in caplog.text
    assert [json.loads(text)["event.id"] for text in kept(tmp_path)] == ["request-0", "request-3"]
    assert files.close(30) is None


def test_what_is_not_written_before_the_end_is_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(event_files, "_PAUSE", 0.3)
    files = EventFiles(tmp_path, MB)
    files.add([line(0)])

    files.close(0.01)

    assert "the last events may be missing" in caplog.text
    caplog.clear()
    files.close(30)
    assert kept(tmp_path) == [line(0)] and caplog.text == ""


def test_one_large_request_is_kept_and_the_limit_too(tmp_path):
    """More lines than may wait, and than one file may have."""
    files = EventFiles(tmp_path, MB)
    files.add([line(number, 900) for number in range(10_000)])
    files.close(30)

    assert files.dropped == 0
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= MB
    assert json.loads(kept(tmp_path)[-1])["event.id"] == "request-9999"


def test_a_file_that_another_server_removes_costs_no_line(tmp_path):
    """Its name was listed already."""
    (tmp_path / "events-20260101T000000000000-1.ndjson").symlink_to(tmp_path / "gone")
    files = EventFiles(tmp_path, MB)

    files.add([line(1)])
    files.close(30)

    assert files.dropped == 0
    assert len(list(tmp_path.glob("*"))) == 2


def test_without_a_thread_the_next_request_tries_again(tmp_path, monkeypatch):
    files = EventFiles(tmp_path, MB)

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        files.add([line(1)])
        files.close(30)
    files.add([line(2)])
    files.close(30)

    assert kept(tmp_path) == [line(1), line(2)]
