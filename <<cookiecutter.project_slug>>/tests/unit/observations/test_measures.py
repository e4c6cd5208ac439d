"""What is pushed: names and labels, and nothing for what was not measured."""

import pytest

from <<cookiecutter.package_name>>.observations.measures import figures_of

OBSERVATION = {
    "model_version": "v7",
    "events": {"recent": 120, "of_version": 400},
    "drift": {
        "share": 0.5,
        "columns": {
            "age": {"method": "psi", "score": 0.3},
            "income": {"method": "ks", "score": 0.0},
        },
    },
    "quality": {"null_shares": {"age": 0.25, "income": 0.0}},
    "prediction_drift": {"method": "psi", "score": 0.1},
    "performance": {
        "metrics": {"all": {"accuracy": 0.9}, "age=up to 40": {"accuracy": 0.8}},
        "reference": {"accuracy": 0.95},
    },
    "labels": {
        "used": 90,
        "coverage": 0.75,
        "delay_seconds": {"0.5": 60.0, "0.95": 600.0},
        "rejected": {"unknown": 1, "duplicate": 0, "late": 2, "invalid": 0},
    },
}
NOTHING = {
    "model_version": "v7",
    "events": {"recent": 0, "of_version": 0},
    "drift": None,
    "quality": None,
    "prediction_drift": None,
    "performance": {"metrics": {}, "reference": {"accuracy": 0.95}},
    "labels": {"used": 0, "coverage": None, "delay_seconds": {}, "rejected": {"unknown": 0}},
}


def told(observation, booked=None) -> dict:
    figures = figures_of(observation, booked or {}, 12.5)
    return {(f.name, *sorted(f.labels.items())): f.value for f in figures}


def test_every_figure_has_its_name_and_labels():
    found = told(OBSERVATION, {"v6": {"tp": 3}, "v7": {"tp": 1, "fp": 0}})
    version = ("model_version", "v7")

    expected = {
        ("ml_monitor_duration_seconds",): 12.5,
        ("ml_rows_evaluated", version): 120,
        ("ml_drift_share", version): 0.5,
        ("ml_feature_drift_score", ("feature", "age"), ("method", "psi"), version): 0.3,
        ("ml_feature_drift_score", ("feature", "income"), ("method", "ks"), version): 0.0,
        ("ml_feature_missing_share", ("feature", "age"), version): 0.25,
        ("ml_prediction_drift_score", ("method", "psi"), version): 0.1,
        ("ml_quality", ("metric", "accuracy"), version, ("slice", "all")): 0.9,
        ("ml_quality", ("metric", "accuracy"), version, ("slice", "age=up to 40")): 0.8,
        ("ml_quality_reference", ("metric", "accuracy"), version): 0.95,
        ("ml_labels_used", version): 90,
        ("ml_labels_coverage_ratio", version): 0.75,
        ("ml_label_delay_seconds", version, ("quantile", "0.95")): 600,
        ("ml_labels_rejected", version, ("reason", "late")): 2,
        ("ml_outcomes_total", ("model_version", "v6"), ("outcome", "tp")): 3,
        ("ml_outcomes_total", version, ("outcome", "fp")): 0,
    }
    assert {key: found[key] for key in expected} == expected
    assert found["ml_monitor_last_success_timestamp_seconds",] > 1.7e9


def test_what_was_not_measured_has_no_figure():
    names = {key[0] for key in told(NOTHING)}

    assert names == {
        "ml_monitor_last_success_timestamp_seconds",
        "ml_monitor_duration_seconds",
        "ml_rows_evaluated",
        "ml_labels_used",
        "ml_quality_reference",
        "ml_labels_rejected",
    }


@pytest.mark.parametrize("share", [None, 0.0])
def test_a_drift_that_was_not_decided_is_not_no_drift(share):
    found = told({**OBSERVATION, "drift": {"share": share, "columns": {}}})

    assert (("ml_drift_share", ("model_version", "v7")) in found) is (share is not None)


def test_outcomes_are_counters():
    figures = figures_of(OBSERVATION, {"v7": {"tp": 1}}, 1)

    assert {figure.name for figure in figures if figure.kind == "counter"} == {"ml_outcomes_total"}
