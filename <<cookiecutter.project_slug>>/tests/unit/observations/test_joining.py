"""Labels and predictions by event id: nothing is lost without being counted."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from event_lines import NOW, SINCE, event, read

from <<cookiecutter.package_name>>.observations.joining import join, last_of_each
from <<cookiecutter.package_name>>.observations.labels import check_labels

DELAY = timedelta(days=14)


def labels(schema, *rows):
    """Labels from (event number, label, time after the prediction, or a time)."""
    told = NOW - timedelta(hours=1)
    content = [
        (f"request-{number}", label, (told + at if isinstance(at, timedelta) else at).isoformat())
        for number, label, at in rows
    ]
    return check_labels(
        [pd.DataFrame(content, columns=["event_id", "label", "labelled_at"])], schema
    )


def joined(tumours, predictions, *rows):
    found = read(tumours.schema, *predictions)
    chosen = last_of_each(found.keys, found.times)
    return join(found, chosen, labels(tumours.schema, *rows), SINCE, DELAY)


def test_a_label_finds_its_prediction(tumours):
    found = joined(
        tumours,
        [event(1), event(2), event(3)],
        (3, "malignant", timedelta(minutes=30)),
        (1, "benign", timedelta(minutes=10)),
    )

    assert found.rows.tolist() == [2, 0]
    assert found.truth.tolist() == [1, 0]
    assert found.delays.tolist() == [1800, 600]
    assert set(found.rejected.values()) == {0}


def test_of_several_labels_the_newest_counts(tumours):
    found = joined(
        tumours,
        [event(1)],
        (1, "malignant", timedelta(minutes=20)),
        (1, "benign", timedelta(minutes=30)),
        (1, "malignant", timedelta(minutes=10)),
    )

    assert found.truth.tolist() == [0]
    assert found.rejected["duplicate"] == 2


def test_labels_that_cannot_be_used_are_counted_by_reason(tumours):
    old = NOW - timedelta(days=20)
    found = joined(
        tumours,
        [event(1), event(2, at=old), event(3)],
        (1, "malignant", timedelta(minutes=20)),
        (2, "malignant", NOW - timedelta(days=1)),
        (3, "benign", timedelta(hours=-2)),
        (4, "benign", timedelta(minutes=5)),
        (5, "neither", timedelta(minutes=5)),
    )

    assert found.rows.tolist() == [0]
    assert found.rejected == {"unknown": 1, "duplicate": 0, "late": 1, "invalid": 2}
    assert found.examples == ("request-4",)
    # How late labels come is only true with the late ones.
    assert found.delays.tolist() == [1200, 19 * 86400]


def test_a_label_whose_prediction_may_be_older_than_what_was_read_is_not_unknown(tumours):
    within, after = SINCE + DELAY - timedelta(minutes=1), SINCE + DELAY

    found = joined(tumours, [event(1)], (7, "benign", within), (8, "benign", after))

    assert found.earlier == 1
    assert found.rejected["unknown"] == 1


def test_two_clocks_may_differ_by_less_than_a_minute(tumours):
    found = joined(tumours, [event(1)], (1, "benign", timedelta(seconds=-30)))

    assert found.rows.tolist() == [0] and found.delays.tolist() == [0]


@pytest.mark.parametrize("predictions", [[], [event(1)]])
def test_no_labels_or_no_predictions_are_no_error(tumours, predictions):
    rows = [] if predictions else [(1, "benign", timedelta(minutes=1))]

    found = joined(tumours, predictions, *rows)

    assert len(found.rows) == 0
    assert found.rejected["unknown"] == len(rows)


def test_the_newest_of_repeated_rows_is_kept():
    keys = np.array([5, 7, 5, 9, 7, 5], dtype=np.uint64)
    times = np.array([30, 10, 20, 5, 10, 10])

    # Of two equal times the later row, as it was read later.
    assert last_of_each(keys, times).tolist() == [True, False, False, True, True, False]
