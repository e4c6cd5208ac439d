"""Outcomes that are booked once and stay booked."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from <<cookiecutter.package_name>>.observations.ledger import Ledger
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.observations.state_files import write_whole

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def book(folder, numbers, outcomes, day=DAY, readable=DAY, version="v1"):
    keys = np.array(numbers, dtype=np.uint64)
    times = np.full(len(keys), round(day.timestamp() * 1000) + 3_600_000)
    versions = np.full(len(keys), version, dtype=object)
    return Ledger(folder).book(keys, times, versions, np.array(outcomes, dtype=object), readable)


def test_a_second_run_books_nothing_twice(tmp_path):
    first = book(tmp_path, [1, 2, 3], ["tp", "fp", "tp"])
    again = book(tmp_path, [1, 2, 3], ["tp", "fp", "tp"])
    more = book(tmp_path, [2, 3, 4], ["fp", "tp", "tn"])

    assert first.totals == again.totals == {"v1": {"tp": 2, "fp": 1}}
    assert (first.new, again.new, more.new) == (3, 0, 1)
    assert more.totals == {"v1": {"tp": 2, "fp": 1, "tn": 1}}


def test_what_is_booked_stays_when_logs_are_deleted(tmp_path):
    book(tmp_path, [1, 2], ["tp", "fp"])

    later = book(tmp_path, [], [], readable=DAY + timedelta(days=40))

    assert later.totals == {"v1": {"tp": 1, "fp": 1}}
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-20.json"]
    assert json.loads((tmp_path / "2026-11-20.json").read_text()) == {"v1": {"fp": 1, "tp": 1}}


def test_a_day_whose_events_are_not_known_any_more_is_closed(tmp_path):
    book(tmp_path, [1], ["tp"])
    book(tmp_path, [], [], readable=DAY + timedelta(days=2))

    late = book(tmp_path, [1, 2], ["tp", "fp"], readable=DAY)

    assert late.totals == {"v1": {"tp": 1}} and late.new == 0


def test_a_correction_is_counted_and_changes_nothing(tmp_path):
    book(tmp_path, [1, 2], ["tp", "fp"])

    found = book(tmp_path, [1, 2], ["fn", "fp"])

    assert found.corrected == 1
    assert found.totals == {"v1": {"tp": 1, "fp": 1}}


def test_days_and_versions_are_kept_apart(tmp_path):
    book(tmp_path, [1], ["tp"])
    book(tmp_path, [2], ["tp"], version="v2")
    book(tmp_path, [3], ["fn"], day=DAY + timedelta(days=1))

    assert Ledger(tmp_path).by_day() == {
        "2026-11-20": {"v1": {"tp": 1}, "v2": {"tp": 1}},
        "2026-11-21": {"v1": {"fn": 1}},
    }
    assert Ledger(tmp_path).totals() == {"v1": {"tp": 1, "fn": 1}, "v2": {"tp": 1}}


def test_a_run_that_was_cut_off_between_two_files_counts_once(tmp_path):
    book(tmp_path, [1, 2], ["tp", "fp"])
    (tmp_path / "2026-11-20.json").write_text('{"v1": {"tp": 1, "fp": 1}}')

    assert Ledger(tmp_path).totals() == {"v1": {"tp": 1, "fp": 1}}


def test_a_full_disk_leaves_the_book_as_it_was(tmp_path, full_disk):
    book(tmp_path, [1], ["tp"])

    with full_disk(), pytest.raises(ObservationError, match="cannot be written.*MONITORING_STATE"):
        book(tmp_path, range(5000), ["fp"] * 5000)

    assert Ledger(tmp_path).totals() == {"v1": {"tp": 1}}
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-20.parquet"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("2026-11-20.parquet", b"{"),
        ("2026-11-20.json", b"{"),
        ("2026-11-20.json", b'{"v1": 3}'),
        ("2026-11-20.json", b'{"v1": {"tp": "3"}}'),
        ("2026-11-20.json", b'{"v1": {"tp": -3}}'),
    ],
)
def test_a_damaged_book_is_named_and_not_taken_for_an_empty_one(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ObservationError, match=f"{name} is damaged"):
        Ledger(tmp_path).totals()


def test_a_broken_page_of_a_book_is_damage_too(tmp_path):
    book(tmp_path, range(500), ["tp"] * 500)
    path = tmp_path / "2026-11-20.parquet"
    content = bytearray(path.read_bytes())
    content[4:2000] = bytes(1996)
    path.write_bytes(content)

    with pytest.raises(ObservationError, match="2026-11-20.parquet is damaged"):
        Ledger(tmp_path).totals()


def test_days_end_in_utc_wherever_the_job_runs(tmp_path):
    book(tmp_path, [1], ["tp"])
    east = timezone(timedelta(hours=3))

    # There it is the next day already; in UTC this day can still be read again.
    later = datetime(2026, 11, 21, 1, tzinfo=east)
    assert book(tmp_path, [1, 2], ["tp", "fp"], readable=later).new == 1
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-20.parquet"]


def test_only_days_are_taken_for_the_book(tmp_path):
    book(tmp_path, [1], ["tp"])
    (tmp_path / "volumes.json").write_text('{"created": "2026-11-20T00:00:00+00:00", "days": {}}')

    assert Ledger(tmp_path).totals() == {"v1": {"tp": 1}}


def test_who_reads_while_a_file_is_written_sees_the_old_one_whole(tmp_path):
    place = tmp_path / "state.json"
    place.write_text("before")

    with place.open() as reader:
        write_whole(place, lambda path: path.write_text("after"))
        assert reader.read() == "before"
    assert place.read_text() == "after"


def test_an_empty_ledger_has_no_counts(tmp_path):
    assert Ledger(tmp_path / "none").totals() == {}
    assert book(tmp_path / "none", [], []).totals == {}
