"""Reading assignments from the server's log and from others, and joining outcomes by unit."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from <<cookiecutter.package_name>>.promotion.abtest_log import (
    AbTestError,
    Outcome,
    read_assignments,
    read_outcomes,
)

START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def served(request, variant, minutes, **more):
    """A line as the server writes one for every answered request."""
    return {
        "@timestamp": (START + timedelta(minutes=minutes)).isoformat(timespec="milliseconds"),
        "event.dataset": "ml.serving",
        "event.action": "prediction",
        "event.outcome": "success",
        "http.request.id": request,
        "ml.variant": variant,
        **more,
    }


@pytest.fixture
def log(tmp_path):
    def write(*lines, name="log.jsonl"):
        path = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return path

    return write


def by_name(found):
    return {unit.name: unit.variant for unit in found.units}


def test_the_servers_own_log(log):
    path = log(
        served("r1", "challenger", 1),
        served("r2", "default", 2),
        served("r3", "default", 3, **{"labels.inference_id": "customer-7"}),
        served("r4", "default", 4, **{"event.outcome": "failure"}),
        served("r5", "default", 5, **{"event.action": "request"}),
        served("r2", "default", 2, **{"event.dataset": "ml.prediction"}),
        served("r6", "shadow", 6),
        served("r7", None, 7),
    )
    found = read_assignments([path], START)
    assert by_name(found) == {"r1": "challenger", "r2": "default", "customer-7": "default"}
    assert (found.lines, found.other_lines, found.unusable) == (3, 5, 0)


def test_another_field_may_name_the_unit(log):
    path = log(
        served("r1", "challenger", 1, session="a"),
        served("r2", "challenger", 2, session="a"),
        served("r3", "default", 3, session="b"),
    )
    found = read_assignments([path], START, ["session"])
    assert by_name(found) == {"a": "challenger", "b": "default"}
    assert found.units[0].at == START + timedelta(minutes=1), "the first request assigns"


def test_csv_of_another_system(tmp_path):
    path = tmp_path / "assignments.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["unit", "variant", "at"])
        rows.writerow(["ä, 1", "challenger", "2026-11-02T10:00:00+01:00"])
        rows.writerow(["b", "default", "2026-11-02T09:30:00Z"])
    found = read_assignments([path], START)
    assert by_name(found) == {"ä, 1": "challenger", "b": "default"}
    assert found.units[0].at == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_nothing_counts_before_traffic_was_split(log):
    """Git said so at START; the cluster followed four minutes later, a second log file in mind."""
    old = log(served("r0", "default", -60), served("r1", "default", 2), name="old.jsonl")
    new = log(
        served("r4", "default", 5),
        served("r3", "challenger", 4),
        served("r1", "default", 6),
    )
    found = read_assignments([old, new], START)
    assert by_name(found) == {"r3": "challenger", "r4": "default", "r1": "default"}
    assert found.before_start == 2


def test_an_earlier_test_with_the_same_name_of_the_variant(log):
    path = log(served("a", "challenger", -600), served("b", "challenger", 3))
    assert by_name(read_assignments([path], START)) == {"b": "challenger"}


def test_without_a_challenger_the_start_holds(log):
    path = log(served("a", "default", -1), served("b", "default", 1))
    assert by_name(read_assignments([path], START)) == {"b": "default"}


def test_units_of_both_variants_are_left_out(log):
    path = log(
        served("a", "challenger", 1),
        served("a", "default", 2),
        served("a", "challenger", 3),
        served("b", "default", 4),
    )
    found = read_assignments([path], START)
    assert by_name(found) == {"b": "default"} and found.duplicates == 1


def test_lines_that_cannot_be_used_are_counted(log):
    path = log(
        served("a", "challenger", 1),
        '{"half": ',
        "[1]",
        "",
        {"variant": "default", "at": "2026-11-02T09:00:00Z"},
        {"unit": "x", "variant": "default", "at": "2026-11-02T09:00:00"},
        {"unit": "y", "variant": "default", "at": "yesterday"},
        {"unit": "z", "variant": "default", "at": 1793606400},
    )
    found = read_assignments([path], START)
    assert (found.lines, found.unusable) == (7, 6)
    assert found.problem == f"{path}:2 is not a JSON object"


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(AbTestError, match=r"gone\.jsonl does not exist"):
        read_assignments([tmp_path / "gone.jsonl"], START)
    (tmp_path / "latin.jsonl").write_bytes(b"\xe4\n")
    with pytest.raises(AbTestError, match=r"latin\.jsonl cannot be read"):
        read_assignments([tmp_path / "latin.jsonl"], START)


def test_outcomes(log):
    path = log(
        {"unit": "a", "outcome": True, "at": "2026-11-03T00:00:00Z"},
        {"unit": "a", "outcome": 1, "at": "2026-11-02T23:00:00Z"},
        {"unit": "b", "outcome": "no"},
        {"unit": 7, "outcome": 0.0},
    )
    assert read_outcomes([path], "proportion") == {
        "a": Outcome(1.0, datetime(2026, 11, 2, 23, tzinfo=UTC)),
        "b": Outcome(0.0),
        "7": Outcome(0.0),
    }


def test_outcomes_of_a_mean(tmp_path):
    path = tmp_path / "revenue.csv"
    path.write_text("unit,outcome,at\na,12.5,\nb,-3,2026-11-03T00:00:00Z\n")
    assert read_outcomes([path], "mean")["a"] == Outcome(12.5)


@pytest.mark.parametrize(
    "kind, line, message",
    [
        ("proportion", {"unit": "a", "outcome": 2}, "outcome 2 is not 0, 1, true or false"),
        ("proportion", {"unit": "a"}, "outcome None is not"),
        ("mean", {"unit": "a", "outcome": "NaN"}, "outcome 'NaN' is not a finite number"),
        ("mean", {"unit": "a", "outcome": "many"}, "is not a finite number"),
        ("mean", {"outcome": 1}, "has no unit"),
        ("mean", {"unit": "a", "outcome": 1, "at": "2026-11-03"}, "is not ISO 8601 with a zone"),
        ("mean", "no json", "is not a JSON object"),
    ],
)
def test_outcomes_that_cannot_be_used(log, kind, line, message):
    with pytest.raises(AbTestError) as caught:
        read_outcomes([log({"unit": "x", "outcome": 1}, line)], kind)
    assert message in str(caught.value) and "log.jsonl:2" in str(caught.value)


def test_two_outcomes_of_a_unit_are_not_summed_up_here(log):
    path = log({"unit": "a", "outcome": 3}, {"unit": "a", "outcome": 4})
    with pytest.raises(AbTestError, match="unit a has the outcomes 3 and 4"):
        read_outcomes([path], "mean")
