"""From events to columns."""

from datetime import timedelta

import numpy as np
import pytest
from event_lines import NOW, SINCE, Given, event, nested, read

from <<cookiecutter.package_name>>.observations.predictions import as_floats, read_predictions


def test_events_become_columns(tumours):
    found = read(
        tumours.schema,
        event(1),
        nested(event(2, ml_prediction_class="malignant", ml_prediction_score=0.75)),
        event(3, ml_features={"mean radius": None, "mean texture": 30.0}),
    )

    assert len(found) == 3
    assert found.predicted.tolist() == [0, 1, 0]
    assert found.scores.tolist() == [0.25, 0.75, 0.25]
    assert found.features["mean texture"].tolist() == [20.0, 20.0, 30.0]
    assert np.isnan(found.features["mean radius"]).tolist() == [False, False, True]
    assert found.features.keys() == {"mean radius", "mean texture"}
    assert len(set(found.keys.tolist())) == 3
    moment = (NOW - timedelta(hours=1)).timestamp() * 1000
    assert found.times.tolist() == [moment] * 3


def test_every_type_of_column_is_read_as_the_server_logs_it(wines):
    features = {"alcohol": 13.0, "magnesium": None, "strong": 1.0, "colour": "ruby", "code": "007"}
    found = read(
        wines.schema,
        event(1, ml_prediction_class="02", ml_features=features),
        event(2, ml_prediction_class="01", ml_features={**features, "code": None, "colour": "x"}),
    )

    assert found.predicted.tolist() == [1, 0]
    assert found.features["strong"].tolist() == [1.0, 1.0]
    assert list(found.features["colour"]) == ["ruby", "x"]
    assert found.features["code"].isna().tolist() == [False, True]
    frame = found.frame(["code", "alcohol"], np.array([True, False]))
    assert frame.to_dict("records") == [{"alcohol": 13.0, "code": "007"}]


def test_numbers_are_predicted_too(diabetes):
    values = [150.5, 90, None, "150", True, float("inf")]
    records = [
        event(n, ml_prediction_class=None, ml_prediction_value=v) for n, v in enumerate(values)
    ]

    found = read(diabetes.schema, *records)

    assert found.predicted.tolist() == [150.5, 90.0]
    assert found.unusable == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": None},
        {"event_id": 7},
        {"timestamp": "yesterday"},
        {"timestamp": None},
        {"ml_model_version": None, "service_version": None},
        {"ml_prediction_class": "unheard of"},
        {"ml_prediction_class": None},
    ],
)
def test_what_cannot_be_used_is_counted(tumours, changes):
    found = read(tumours.schema, event(1), event(2, **changes))

    assert (len(found), found.unusable) == (1, 1)


def test_what_is_outside_the_window_is_counted(tumours):
    found = read(
        tumours.schema,
        event(1, at=SINCE - timedelta(milliseconds=1)),
        event(2, at=SINCE),
        event(3, at=NOW),
    )

    assert (len(found), found.outside) == (1, 2)


def test_versions_are_told_apart(tumours):
    found = read(tumours.schema, event(1), event(2, ml_model_version="v2"), event(3))

    assert found.of_version("v1").tolist() == [True, False, True]
    assert found.of_version("v2").tolist() == [False, True, False]
    assert not found.of_version("v3").any()


def test_features_that_the_model_does_not_know_are_counted_by_name(tumours):
    odd = {"mean radius": 1.0, "shoe size": 44}

    found = read(tumours.schema, event(1), event(2, ml_features=odd), event(3, ml_features=odd))

    assert found.unknown_features == {"shoe size": 2}
    assert "shoe size" not in found.features


def test_values_that_are_no_numbers_are_missing(tumours):
    odd = [{"mean radius": value} for value in ("tall", [1], True, 3)]

    found = read(tumours.schema, *(event(n, ml_features=row) for n, row in enumerate(odd)))

    np.testing.assert_equal(found.features["mean radius"], [np.nan, np.nan, 1.0, 3.0])
    np.testing.assert_equal(as_floats([[None, "x"], [1, 2.5]]), [[np.nan, np.nan], [1.0, 2.5]])


def test_nothing_and_no_features_are_no_error(tumours):
    assert len(read(tumours.schema)) == 0
    found = read(tumours.schema, event(1, ml_features=None), event(2, ml_features={}))
    assert len(found) == 2 and found.features == {}
    assert found.lists.tolist() == [-1, -1]


def test_more_events_than_are_converted_at_once(tumours):
    def records():
        for number in range(20_000):
            features = {"mean radius": float(number)}
            yield event(number, ml_features=features if number >= 9_000 else None)

    found = read_predictions(Given(*records()), tumours.schema, SINCE, NOW)

    assert len(found) == 20_000
    radius = found.features["mean radius"]
    assert np.isnan(radius[:9_000]).all()
    assert radius[9_000:].tolist() == list(range(9_000, 20_000))
    assert (found.lists[9_000:] >= 0).all() and (found.lists[:9_000] == -1).all()
