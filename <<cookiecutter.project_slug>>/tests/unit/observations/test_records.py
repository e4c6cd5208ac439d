"""Names and times of records."""

from datetime import UTC, datetime

import pytest
from event_lines import event, nested

from <<cookiecutter.package_name>>.observations.records import flat, moment


def test_dotted_and_nested_names_are_the_same():
    record = event(ml_features={"mean radius": 1.0, "ratio a.b": 2.0})

    assert flat(record) == record
    assert flat(nested(record)) == record


def test_names_of_features_are_put_together_again():
    expanded = {"event": {"id": "1"}, "ml": {"features": {"ratio": {"a": 1.0, "b": 2.0}, "c": 3}}}

    assert flat(expanded) == {
        "event.id": "1",
        "ml.features": {"ratio.a": 1.0, "ratio.b": 2.0, "c": 3},
    }


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-28T12:00:00.123+00:00", 12),
        ("2026-11-28T12:00:00.123456789Z", 12),
        ("2026-11-28T12:00:00+02:00", 10),
        ("2026-11-28T12:00:00", 12),
    ],
)
def test_times_have_a_zone(text, hour):
    assert moment(text).astimezone(UTC).hour == hour


@pytest.mark.parametrize("value", ["yesterday", "", None, 1764331200, datetime(2026, 1, 1)])
def test_what_is_no_time_is_none(value):
    assert moment(value) is None
