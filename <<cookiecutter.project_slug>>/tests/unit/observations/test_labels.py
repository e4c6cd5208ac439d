"""Labels from files and from events."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from event_lines import NOW, SINCE, Given

from <<cookiecutter.package_name>>.observations.labels import (
    read_label_files,
    read_label_records,
)
from <<cookiecutter.package_name>>.observations.predictions import hash_ids
from <<cookiecutter.package_name>>.observations.records import ObservationError

AT = "2026-11-20T08:00:00+00:00"
# Without the time of packing: names of tests must be the same in every process.
PACKED = gzip.compress(f"event_id,label,labelled_at\na-0,benign,{AT}\n".encode(), mtime=0)


def test_one_label_in_every_kind_of_file(tumours, tmp_path):
    row = {"event_id": "a-0", "label": "malignant", "labelled_at": AT}
    pd.DataFrame([row]).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame([row]).to_csv(tmp_path / "b.csv.gz", index=False)
    pd.DataFrame([row]).assign(labelled_at=pd.Timestamp(AT)).to_parquet(tmp_path / "c.parquet")
    (tmp_path / "d.ndjson").write_text(json.dumps(row) + "\n\n")
    ecs = {"event": {"id": "a-0"}, "ml": {"label": "malignant"}, "@timestamp": AT}
    (tmp_path / "e.jsonl.gz").write_bytes(gzip.compress(json.dumps(ecs).encode()))
    (tmp_path / ".gitkeep").touch()

    found = read_label_files(tmp_path, "*", tumours.schema)

    assert len(found) == 5 and found.invalid == 0
    assert found.truth.tolist() == [1] * 5
    assert found.keys.tolist() == hash_ids(["a-0"]).tolist() * 5
    assert set(found.times.tolist()) == {round(pd.Timestamp(AT).timestamp() * 1000)}


def test_labels_come_from_a_search_engine_too(tumours):
    record = {"event.id": "a-0", "ml.label": "benign", "@timestamp": AT}

    found = read_label_records(Given(record), tumours.schema, SINCE, NOW)

    assert found.truth.tolist() == [0]


def test_no_labels_are_no_error(tumours, tmp_path):
    assert len(read_label_files(tmp_path, "labels/*", tumours.schema)) == 0
    (tmp_path / "a.csv").write_text("event_id,label,labelled_at\n")
    assert len(read_label_files(tmp_path, "*.csv", tumours.schema)) == 0


def test_what_the_target_cannot_be_is_counted(tumours, tmp_path):
    rows = [
        f"a-0,benign,{AT}",
        f"a-1,Benign,{AT}",
        f"a-2,,{AT}",
        f",benign,{AT}",
        "a-4,benign,soon",
        "a-5,benign,",
    ]
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", *rows]))

    found = read_label_files(tmp_path, "*.csv", tumours.schema)

    assert (len(found), found.invalid) == (1, 5)


def test_codes_that_a_table_keeps_as_numbers_are_classes(tumours, tmp_path):
    schema = tumours.schema.model_copy(
        update={"target": tumours.schema.target.model_copy(update={"classes": ["0", "1"]})}
    )
    frame = pd.DataFrame({"event_id": ["a", "b", "c"], "label": [1.0, 0.0, np.nan]})
    frame.assign(labelled_at=AT).to_parquet(tmp_path / "a.parquet")

    found = read_label_files(tmp_path, "*.parquet", schema)

    assert (found.truth.tolist(), found.invalid) == ([1, 0], 1)


def test_numbers_must_be_possible(diabetes, tmp_path):
    values = ["150.5", "2000", "-1", "inf", "nan", "many", "0"]
    rows = [f"a-{n},{value},{AT}" for n, value in enumerate(values)]
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", *rows]))

    found = read_label_files(tmp_path, "*.csv", diabetes.schema)

    assert (found.truth.tolist(), found.invalid) == ([150.5, 0.0], 5)


def test_texts_of_a_csv_stay_as_they_are_written(tumours, tmp_path):
    schema = tumours.schema.model_copy(
        update={"target": tumours.schema.target.model_copy(update={"classes": ["NA", "01"]})}
    )
    (tmp_path / "a.csv").write_text(f"event_id,label,labelled_at\na,NA,{AT}\n7,01,{AT}\n")
    # A column of nothing but numbers.
    (tmp_path / "b.csv").write_text(f"event_id,label,labelled_at\n08,01,{AT}\n")

    found = read_label_files(tmp_path, "*.csv", schema)

    assert (found.truth.tolist(), found.invalid) == ([0, 1, 1], 0)
    assert found.ids.tolist() == ["a", "7", "08"]


def test_times_may_be_written_differently_in_one_file(tumours, tmp_path):
    times = [AT, "2026-11-20T08:00:00.250Z", "2026-11-20T09:00+01:00", "2026-11-20 08:00:00"]
    rows = [f"a-{n},benign,{time}" for n, time in enumerate(times)]
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", *rows]))

    found = read_label_files(tmp_path, "*.csv", tumours.schema)

    first = round(pd.Timestamp(AT).timestamp() * 1000)
    assert (found.times - first).tolist() == [0, 250, 0, 0]


def test_without_limits_a_number_must_still_be_finite(diabetes, tmp_path):
    target = diabetes.schema.target.model_copy(update={"minimum": None, "maximum": None})
    schema = diabetes.schema.model_copy(update={"target": target})
    rows = [f"a-{n},{value},{AT}" for n, value in enumerate(("-5", "inf", "-inf"))]
    (tmp_path / "a.csv").write_text("\n".join(["event_id,label,labelled_at", *rows]))

    found = read_label_files(tmp_path, "*.csv", schema)

    assert (found.truth.tolist(), found.invalid) == ([-5.0], 2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", r"a\.txt: not a \.csv, \.parquet, \.ndjson or \.jsonl"),
        ("a.csv", b"", r"a\.csv cannot be read: No columns"),
        ("a.csv", b"event_id,label\n", r"a\.csv: there is no column labelled_at"),
        ("a.ndjson", b"{", r"a\.ndjson cannot be read"),
        ("a.ndjson", b"[1]", r"a\.ndjson cannot be read: a line is '\[1\]' and no object"),
        ("a.parquet", b"no", r"a\.parquet cannot be read"),
        ("a.csv.gz", b"no", r"a\.csv\.gz cannot be read"),
        ("a.csv.gz", PACKED[:-10], r"a\.csv\.gz cannot be read: .* ended before"),
        ("a.ndjson.gz", PACKED[:10] + b"\xff" * 9, r"a\.ndjson\.gz cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tumours, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ObservationError, match=message):
        read_label_files(tmp_path, "*", tumours.schema)
