"""How many predictions there were on each day, kept for longer than their logs."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from event_lines import SINCE, event, read
from test_joining import labels

from <<cookiecutter.package_name>>.kpis.file import KPI_FILE
from <<cookiecutter.package_name>>.observations.booking import book_outcomes
from <<cookiecutter.package_name>>.observations.joining import join, last_of_each
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.observations.state_files import FOLDER
from <<cookiecutter.package_name>>.observations.volumes import Volume, Volumes, volume_figures
from <<cookiecutter.package_name>>.settings import load_settings

FIRST = 1_790_812_800_000  # 2026-10-01T00:00:00Z in milliseconds
DAY = 86_400_000
BROKEN = [
    "{",
    "[]",
    '{"days": {}}',
    '{"created": "yesterday", "days": {}}',
    '{"created": "2026-10-01T00:00:00+00:00", "days": {"2026-10-01": {"v7": {"guesses": 1}}}}',
]


def book(folder, days, versions, labelled=(), delays=()):
    times = FIRST + np.array(days, dtype=np.int64) * DAY + 5
    names = np.array(versions, dtype=object)
    rows, seconds = np.array(labelled, dtype=np.int64), np.array(delays, dtype=np.float64)
    return Volumes(folder).book(times, names, rows, seconds)


def test_days_and_versions_are_counted_apart(tmp_path):
    found = book(tmp_path, [0, 0, 0, 1], ["v7", "v7", "v8", "v8"], [1, 3], [60.0, 30.0])

    assert found == {
        "2026-10-01": {"v7": Volume(2, 1, 60.0, 60.0), "v8": Volume(1)},
        "2026-10-02": {"v8": Volume(1, 1, 30.0, 30.0)},
    }
    assert Volumes(tmp_path).by_day() == found


def test_a_later_run_adds_labels_and_forgets_nothing(tmp_path):
    book(tmp_path, [0, 0, 1], ["v7"] * 3)

    # The logs of the first day are half gone; the second day has got its label.
    found = book(tmp_path, [0, 1], ["v7"] * 2, [1], [10.0])

    assert found["2026-10-01"]["v7"] == Volume(2)
    assert found["2026-10-02"]["v7"] == Volume(1, 1, 10.0, 10.0)


def test_the_first_run_stays_the_first(tmp_path):
    book(tmp_path, [0], ["v7"])
    path = tmp_path / "volumes.json"
    content = json.loads(path.read_text()) | {"created": "2026-10-01T06:00:00+00:00"}
    path.write_text(json.dumps(content))

    book(tmp_path, [1], ["v7"])

    assert Volumes(tmp_path).created() == datetime(2026, 10, 1, 6, tzinfo=UTC)


def test_no_events_change_nothing(tmp_path):
    book(tmp_path, [0], ["v7"])

    assert book(tmp_path, [], []) == {"2026-10-01": {"v7": Volume(1)}}


def test_totals_and_the_first_day_are_pushed(tmp_path):
    before = datetime.now(UTC).timestamp()
    book(tmp_path, [1, 2, 2], ["v7", "v7", "v8"])
    volumes = Volumes(tmp_path)
    created = volumes.created()
    assert before - 1 <= created.timestamp() <= datetime.now(UTC).timestamp()
    book(tmp_path, [3], ["v8"])

    figures = volume_figures(volumes)

    assert [(item.name, item.value, dict(item.labels), item.kind) for item in figures] == [
        ("ml_ledger_start_timestamp_seconds", (FIRST + DAY) / 1000, {}, "gauge"),
        ("ml_ledger_created_timestamp_seconds", created.timestamp(), {}, "gauge"),
        ("ml_ledger_predictions_total", 2, {"model_version": "v7"}, "counter"),
        ("ml_ledger_predictions_total", 2, {"model_version": "v8"}, "counter"),
    ]
    assert volume_figures(Volumes(tmp_path / "other")) == []


@pytest.mark.parametrize("content", BROKEN)
def test_a_damaged_file_is_named_and_kept(tmp_path, content):
    (tmp_path / "volumes.json").write_text(content)

    with pytest.raises(ObservationError, match=r"volumes\.json is damaged: .* from a backup"):
        book(tmp_path, [0], ["v7"])

    assert (tmp_path / "volumes.json").read_text() == content


def test_a_full_disk_leaves_the_old_file_whole(tmp_path, full_disk):
    book(tmp_path, [0], ["v7"])
    before = json.loads((tmp_path / "volumes.json").read_text())

    with full_disk(), pytest.raises(ObservationError, match="cannot be written"):
        book(tmp_path, list(range(200)), ["v7"] * 200)

    assert json.loads((tmp_path / "volumes.json").read_text()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["volumes.json"]


def test_what_monitoring_books_holds_all_events_and_the_waits_of_used_labels(tmp_path, tumours):
    schema = tumours.schema
    records = [event(number, ml_prediction_class="malignant") for number in range(4)]
    predictions = read(schema, *records, records[0])
    found = labels(
        schema,
        (0, "malignant", timedelta(minutes=30)),
        (2, "benign", timedelta(minutes=40)),
        # A label that is older than its prediction is not one of it.
        (3, "benign", timedelta(days=-2)),
    )
    once = last_of_each(predictions.keys, predictions.times)
    joined = join(predictions, once, found, SINCE, timedelta(days=14))
    project = settings_of(tmp_path)

    booked = book_outcomes(project, predictions, joined, SINCE)

    assert booked == {"v1": {"tp": 1, "fp": 1, "tn": 0, "fn": 0}}
    volumes = Volumes(project.monitoring_state / FOLDER).by_day()
    assert volumes == {"2026-11-28": {"v1": Volume(4, 2, 1800.0 + 2400.0, 2400.0)}}


def test_labels_that_changed_after_their_outcome_was_booked_are_told(tmp_path, tumours, caplog):
    schema, project = tumours.schema, settings_of(tmp_path)
    predictions = read(schema, event(0, ml_prediction_class="malignant"))
    for label in ("malignant", "benign"):
        found = labels(schema, (0, label, timedelta(minutes=30)))
        joined = join(predictions, np.ones(1, dtype=bool), found, SINCE, timedelta(days=14))
        with caplog.at_level(logging.INFO):
            booked = book_outcomes(project, predictions, joined, SINCE)
        assert booked["v1"]["tp"] == 1 and booked["v1"]["fp"] == 0

    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "1 outcomes booked that were not yet",
        "0 outcomes booked that were not yet",
        "1 labels differ from what was booked; the book stays as it is",
    ]


def test_while_the_values_are_for_another_task_nothing_is_booked(tmp_path, wines, caplog):
    project = settings_of(tmp_path)
    predictions = read(wines.schema, event(ml_prediction_class="01"))
    joined = join(
        predictions, np.ones(1, dtype=bool), labels(wines.schema), SINCE, timedelta(days=14)
    )

    with caplog.at_level(logging.WARNING):
        assert book_outcomes(project, predictions, joined, SINCE) == {}

    assert "no outcome is booked: observability/kpi.yaml gives values to tp" in caplog.text
    assert not project.monitoring_state.exists()


def settings_of(folder):
    """A checkout with a KPI file for two classes."""
    (folder / KPI_FILE).parent.mkdir()
    (folder / KPI_FILE).write_text(
        "currency: EUR\noutcomes: {tp: 1, fp: -1, tn: 0, fn: -2}\nbaseline: {policy: none}\n"
        "running_costs: {}\nbuild_cost: {}\nminimum_labels: 1\n"
    )
    return replace(load_settings(), root=folder, state=folder / "state")
