"""Quality of labelled predictions, as a whole and by slice."""

import numpy as np
import pytest
from event_lines import event, read
from sklearn import metrics as sk

from <<cookiecutter.package_name>>.observations.joining import Joined
from <<cookiecutter.package_name>>.observations.logged_settings import LoggedSettings
from <<cookiecutter.package_name>>.observations.performance import performance

REFERENCE = {"accuracy": 0.9, "balanced_accuracy": 0.9, "roc_auc": 0.95, "brier": 0.1}
PROFILE = {"features": {"mean radius": {"quantiles": list(np.linspace(10, 20, 100))}}}


def settings(**changes) -> LoggedSettings:
    place = {"kind": "files", "path": "x"}
    return LoggedSettings.model_validate({"predictions": place, "min_slice_labels": 5, **changes})


def answered(case, truth, scores, features=None, reference=None, **changes):
    """Performance of predictions with these scores, all of them labelled with ``truth``."""
    classes = case.schema.target.classes
    records = [
        event(
            number,
            ml_prediction_class=classes[int(score > 0.5)],
            ml_prediction_score=float(score),
            ml_features=features[number] if features else {"mean radius": 14.0},
        )
        for number, score in enumerate(scores)
    ]
    predictions = read(case.schema, *records)
    joined = Joined(np.arange(len(truth)), np.asarray(truth), np.zeros(len(truth)), {}, 0, ())
    every = np.ones(len(predictions), dtype=bool)
    known = REFERENCE if reference is None else reference
    return performance(predictions, joined, every, PROFILE, known, settings(**changes))


def drawn(rows: int, right: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Truth and scores of which the share ``right`` is on the right side."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, rows)
    hit = random.random(rows) < right
    return truth, np.where(truth == hit, 0.8, 0.2)


def test_the_metrics_are_those_of_the_evaluation(tumours):
    truth, scores = drawn(200, 0.9)

    found = answered(tumours, truth, scores)

    assert found.labels == 200
    assert found.metrics["all"] == pytest.approx(
        {
            "accuracy": sk.accuracy_score(truth, scores > 0.5),
            "balanced_accuracy": sk.balanced_accuracy_score(truth, scores > 0.5),
            "roc_auc": sk.roc_auc_score(truth, scores),
            "brier": sk.brier_score_loss(truth, scores),
        }
    )
    assert found.falls == ()


def test_a_fall_that_chance_does_not_explain_is_told(tumours):
    found = answered(tumours, *drawn(400, 0.7))

    (fall,) = found.falls
    assert fall.metric == "balanced_accuracy"
    assert fall.value < fall.best < fall.limit == pytest.approx(0.81)


def test_a_fall_within_what_few_labels_show_by_chance_is_not(tumours):
    found = answered(tumours, *drawn(60, 0.79))

    assert found.metrics["all"]["balanced_accuracy"] < 0.81
    assert found.falls == ()


def test_with_very_many_labels_the_value_itself_decides(tumours):
    """Two hundred draws of them would take longer than everything else, and move nothing."""
    (fall,) = answered(tumours, *drawn(20_001, 0.805)).falls
    assert fall.value == fall.best < fall.limit


def test_too_few_labels_decide_nothing_and_say_so(tumours):
    found = answered(tumours, *drawn(40, 0.3))

    assert found.falls == ()
    assert found.metrics["all"]["accuracy"] < 0.5
    assert "40 labels decide nothing, min_labels is 50" in found.notes


def test_more_is_worse_for_errors(tumours):
    truth, scores = drawn(400, 0.5)

    found = answered(tumours, truth, scores, metrics=["brier"], max_quality_drop=0.5)

    assert [fall.metric for fall in found.falls] == ["brier"]
    assert found.falls[0].best > found.falls[0].limit == pytest.approx(0.15)


def test_one_class_only_leaves_out_what_would_be_undefined(tumours):
    found = answered(tumours, np.zeros(60, dtype=int), np.full(60, 0.3))

    assert found.metrics["all"] == pytest.approx({"accuracy": 1.0, "brier": 0.09})
    assert any("balanced_accuracy decides, but there is none" in note for note in found.notes)


def test_quality_is_told_by_slice(wines):
    colours = ["pale"] * 20 + ["ruby"] * 20 + ["dark"] * 3
    features = [
        {"colour": colour, "strong": float(number % 2), "alcohol": 11.0 + number / 10}
        for number, colour in enumerate(colours)
    ]
    records = [
        event(number, ml_prediction_class="01", ml_prediction_score=0.9, ml_features=row)
        for number, row in enumerate(features)
    ]
    predictions = read(wines.schema, *records)
    truth = np.array([0] * 20 + [1] * 20 + [2] * 3)
    joined = Joined(np.arange(43), truth, np.zeros(43), {}, 0, ())
    slices = [
        {"feature": "colour"},
        {"feature": "strong"},
        {"feature": "alcohol", "edges": [12.0]},
        {"feature": "ash"},
    ]

    found = performance(
        predictions,
        joined,
        np.ones(43, dtype=bool),
        PROFILE,
        {"accuracy": 0.9, "log_loss": 0.2},
        settings(slices=slices),
    )

    # Scores of the other classes are not logged, so there is no log loss.
    assert found.metrics["all"].keys() == {"accuracy", "balanced_accuracy", "f1"}
    assert found.metrics["colour=pale"] == {"accuracy": 1.0}
    assert found.metrics["colour=ruby"] == {"accuracy": 0.0}
    assert found.rows["alcohol=up to 12"] == 11 and found.rows["alcohol=above 12"] == 32
    assert {"strong=false", "strong=true"} <= found.metrics.keys()
    assert "slice colour=dark: 3 labels, min_slice_labels is 5" in found.notes
    assert "slice by ash: the events do not carry this feature" in found.notes


def test_numbers_are_cut_at_the_quartiles_of_the_reference(tumours):
    truth, scores = drawn(100, 0.9)
    features = [{"mean radius": 10 + number / 10} for number in range(100)]

    found = answered(tumours, truth, scores, features, slices=[{"feature": "mean radius"}])

    names = [name for name in found.metrics if name.startswith("mean radius=")]
    assert names == [
        "mean radius=up to 12.53",
        "mean radius=12.53 to 15.05",
        "mean radius=15.05 to 17.58",
        "mean radius=above 17.58",
    ]


def test_a_regression_is_measured_by_its_errors(diabetes):
    truth = np.linspace(50, 300, 100)
    records = [
        event(number, ml_prediction_class=None, ml_prediction_value=value + 60)
        for number, value in enumerate(truth)
    ]
    predictions = read(diabetes.schema, *records)
    joined = Joined(np.arange(100), truth, np.zeros(100), {}, 0, ())

    found = performance(
        predictions,
        joined,
        np.ones(100, dtype=bool),
        {"features": {}},
        {"rmse": 50.0, "r2": 0.5},
        settings(),
    )

    assert found.metrics["all"]["rmse"] == pytest.approx(60)
    assert [fall.metric for fall in found.falls] == ["rmse"]


def test_scores_are_those_of_the_positive_class_wherever_it_stands(tumours):
    target = tumours.schema.target.model_copy(update={"positive": "benign"})
    schema = tumours.schema.model_copy(update={"target": target})
    names, scores = ["benign"] * 30 + ["malignant"] * 30, [0.9] * 30 + [0.1] * 30
    records = [
        event(number, ml_prediction_class=name, ml_prediction_score=score)
        for number, (name, score) in enumerate(zip(names, scores, strict=True))
    ]
    truth = np.array([target.classes.index(name) for name in names])
    joined = Joined(np.arange(60), truth, np.zeros(60), {}, 0, ())
    every = np.ones(60, dtype=bool)

    found = performance(read(schema, *records), joined, every, PROFILE, REFERENCE, settings())

    assert found.metrics["all"]["roc_auc"] == 1.0
    assert found.metrics["all"]["brier"] == pytest.approx(0.01)


def test_a_metric_that_was_below_zero_may_fall_further(diabetes):
    """The share of a negative reference is still room below it, not above."""
    truth = np.linspace(50, 300, 100)
    wrong = truth + np.sqrt(1.5 * truth.var())
    records = [
        event(number, ml_prediction_class=None, ml_prediction_value=value)
        for number, value in enumerate(wrong)
    ]
    joined = Joined(np.arange(100), truth, np.zeros(100), {}, 0, ())

    def falls(share):
        found = performance(
            read(diabetes.schema, *records),
            joined,
            np.ones(100, dtype=bool),
            {"features": {}},
            {"r2": -0.4},
            settings(metrics=["r2"], max_quality_drop=share),
        )
        assert found.metrics["all"]["r2"] == pytest.approx(-0.5)
        return found.falls

    assert falls(1.0) == ()


def test_without_labels_nothing_is_measured(tumours):
    found = answered(tumours, [], [0.5])

    assert (found.labels, found.metrics, found.falls) == (0, {}, ())
    assert found.notes == ("no prediction is labelled yet",)
