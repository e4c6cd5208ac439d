"""Labels are recorded whole or not at all, and named as their predictions are."""

import csv
import logging
import time
from datetime import UTC, datetime

import pytest

from <<cookiecutter.package_name>> import labelling
from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.labelling import LabelError, parse

SCHEMA = """\
target: {name: diagnosis, classes: [benign, malignant], positive: malignant}
features:
  - {name: radius, type: number}
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "schema.yaml").write_text(SCHEMA)
    monkeypatch.setenv("PROJECT_ROOT", str(tmp_path))
    monkeypatch.delenv("LOG_FORMAT", raising=False)
    return tmp_path


def recorded(root):
    with (root / labelling.PLACE).open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_label(root, capsys, caplog):
    caplog.set_level(logging.INFO)
    when = "2026-05-01T14:00:00+02:00"

    status = main(["label", "--event-id", "a-b-0", "--label", "benign", "--at", when])

    assert status == 0 and "1 labels recorded" in capsys.readouterr().out
    (row,) = recorded(root)
    assert [*row.values()] == ["a-b-0", "benign", "2026-05-01T12:00:00+00:00"]
    (event,) = [item.ecs for item in caplog.records if hasattr(item, "ecs")]
    assert event["event.id"] == "a-b-0" and event["http.request.id"] == "a-b"
    assert event["event.dataset"] == "ml.label" and event["ml.label"] == "benign"
    assert event["@timestamp"] == "2026-05-01T12:00:00.000+00:00"


def test_a_file_is_appended(root, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("event_id,label,labelled_at\na-0,benign,2026-05-01\na-1,malignant,\n")
    before = datetime.now(UTC)

    assert main(["label", str(file)]) == main(["label", str(file)]) == 0

    rows = recorded(root)
    assert [row["event_id"] for row in rows] == ["a-0", "a-1", "a-0", "a-1"]
    assert rows[0]["labelled_at"] == "2026-05-01T00:00:00+00:00"
    assert datetime.fromisoformat(rows[1]["labelled_at"]) >= before


def test_a_file_of_a_spreadsheet_with_its_mark_at_the_beginning(root, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("event_id,label\na-0,benign\n", encoding="utf-8-sig")

    assert main(["label", str(file)]) == 0
    assert recorded(root)[0]["event_id"] == "a-0"


def test_an_empty_file_gets_its_header(root):
    (root / labelling.PLACE).parent.mkdir(parents=True)
    (root / labelling.PLACE).touch()

    assert main(["label", "--event-id", "a-0", "--label", "benign"]) == 0
    assert recorded(root)[0]["event_id"] == "a-0"


def test_an_id_without_a_row_is_the_one_of_the_request(root, caplog):
    caplog.set_level(logging.INFO)
    assert main(["label", "--event-id", "plain", "--label", "benign"]) == 0
    (event,) = [item.ecs for item in caplog.records if hasattr(item, "ecs")]
    assert event["http.request.id"] == "plain"


def test_a_time_without_a_zone_is_utc_wherever_it_is_recorded(monkeypatch):
    row = {"event_id": "a-0", "label": "1", "labelled_at": "2026-05-01T12:00"}
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        (label,) = parse([row], "x", None)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert label.labelled_at == datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, said",
    [
        ("event_id,label\na-0,benign\n,benign\n", "label 2: event_id is empty"),
        ("event_id,label\na-0,maybe\n", "'maybe' is no class; known: benign, malignant"),
        ("event_id,label,labelled_at\na-0,benign,soon\n", "labelled_at='soon' is no time"),
        ("id,label\na-0,benign\n", "no column event_id"),
        ("event_id,label\n", "holds no labels"),
    ],
)
def test_refused_files_change_nothing(root, tmp_path, capsys, text, said):
    file = tmp_path / "answers.csv"
    file.write_text(text)

    assert main(["label", str(file)]) == 1

    assert said in capsys.readouterr().err
    assert not (root / labelling.PLACE).exists()


@pytest.mark.parametrize(
    "line", [[], ["--event-id", "a-0"], ["file.csv", "--event-id", "a", "--label", "benign"]]
)
def test_a_file_or_one_prediction(root, capsys, line):
    assert main(["label", *line]) == 1
    assert "name a CSV file, or one prediction" in capsys.readouterr().err


def test_a_full_disk_leaves_the_file_as_it_was(root, tmp_path, full_disk, capsys, caplog):
    caplog.set_level(logging.INFO)
    assert main(["label", "--event-id", "a-0", "--label", "benign"]) == 0
    before = (root / labelling.PLACE).read_bytes()
    caplog.clear()
    file = tmp_path / "answers.csv"
    file.write_text("event_id,label\n" + "".join(f"b-{row},benign\n" for row in range(200)))

    with full_disk():
        assert main(["label", str(file)]) == 1

    assert "the disk is full; nothing was recorded" in capsys.readouterr().err
    assert (root / labelling.PLACE).read_bytes() == before
    assert not [item for item in caplog.records if hasattr(item, "ecs")]


def test_a_place_that_cannot_be_made(root, capsys):
    (root / labelling.PLACE).parents[1].mkdir(exist_ok=True)
    (root / labelling.PLACE).parent.write_text("a file")

    assert main(["label", "--event-id", "a-0", "--label", "benign"]) == 1

    said = capsys.readouterr().err
    assert "labels cannot be written to" in said and "nothing was recorded" in said


def test_values_of_a_regression():
    row = {"event_id": "a-0", "label": "1.5", "labelled_at": ""}
    assert parse([row], "x", None)[0].label == "1.5"
    with pytest.raises(LabelError, match="is not a number"):
        parse([row | {"label": "much"}], "x", None)


def test_what_cannot_be_read(tmp_path):
    file = tmp_path / "answers.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LabelError, match="cannot be read"):
        labelling._rows(file)
