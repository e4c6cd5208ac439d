"""Event lines in files, among everything else that a server prints."""

import gzip
import json
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from event_lines import NOW, SINCE, event, nested, write

from <<cookiecutter.package_name>>.observations.files import FileReader, matching
from <<cookiecutter.package_name>>.observations.records import ObservationError


def ids(reader: FileReader, dataset: str = "ml.prediction") -> list[str]:
    return [record["event.id"] for record in reader.records(dataset, SINCE, NOW)]


def test_only_events_are_taken_from_a_log(tmp_path):
    lines = [
        "plain text, and 100 % of it",
        json.dumps({"event.dataset": "ml.serving", "message": 'about "ml.prediction" lines'}),
        json.dumps(event(1)),
        json.dumps(nested(event(2))),
        "",
        '{"event.dataset":"ml.prediction","event.id":"cut o',
        '["ml.prediction"]',
    ]
    (tmp_path / "server.log").write_text("\n".join(lines))
    reader = FileReader(tmp_path, "*.log")

    assert ids(reader) == ["request-1", "request-2"]
    assert reader.broken == 1
    assert ids(reader, "ml.label") == []


def test_packed_files_are_read_to_where_they_are_whole(tmp_path):
    content = "".join(f"{json.dumps(event(number))}\n" for number in range(2000)).encode()
    (tmp_path / "a.ndjson.gz").write_bytes(gzip.compress(content))
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(content)[:-200])
    (tmp_path / "c.ndjson.gz").write_bytes(b"no gzip")
    reader = FileReader(tmp_path, "*.ndjson*")

    found = ids(reader)

    assert found[:2000] == [f"request-{number}" for number in range(2000)]
    assert len(found) > 2000
    assert reader.broken >= 2


def test_patterns_are_below_the_root_or_absolute(tmp_path):
    for name in ("events/a.ndjson", "events/old/b.ndjson", "events/.half.ndjson", "c.ndjson"):
        write(tmp_path / name, [event()])

    def names(pattern: str) -> list[str]:
        return [str(path.relative_to(tmp_path)) for path in matching(tmp_path, pattern)]

    assert names("events/*.ndjson") == ["events/a.ndjson"]
    assert names(f"{tmp_path}/events/**/*.ndjson") == ["events/a.ndjson", "events/old/b.ndjson"]


def test_no_file_is_nothing_logged(tmp_path):
    assert ids(FileReader(tmp_path, "events/*.ndjson")) == []


@contextmanager
def somebody() -> Iterator[None]:
    """Root may read everything, so be somebody else until the block ends."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_that_may_not_be_read_is_named():
    # Not in tmp_path, whose parents are open to their owner only.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write(folder / "a.ndjson", [event()]).chmod(0)

        with somebody(), pytest.raises(ObservationError, match=r"a\.ndjson cannot be read"):
            ids(FileReader(folder, "*.ndjson"))


def test_a_file_that_is_renamed_meanwhile_is_no_error(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / f"{name}.ndjson", [event()])
    records = FileReader(tmp_path, "*.ndjson").records("ml.prediction", SINCE, NOW)
    next(records)
    (tmp_path / "b.ndjson").rename(tmp_path / "b.old")

    assert list(records) == []
