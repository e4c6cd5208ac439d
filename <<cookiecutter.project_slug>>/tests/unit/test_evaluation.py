"""Metrics against scikit-learn's own, computed plainly on real predictions."""

import numpy as np
import pytest
from sklearn import metrics as sk

from <<cookiecutter.package_name>> import evaluation
from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.predictor import Prediction, SklearnPredictor
from <<cookiecutter.package_name>>.schema import Schema


def answers(case) -> tuple[np.ndarray, Prediction]:
    """Truth and predictions of every second row, learned from the others."""
    train, test = case.frame[::2], case.frame[1::2]
    model = build_model("linear", case.schema, {}, 0)
    model.fit(to_matrix(train, case.schema), encode_target(train, case.schema))
    predictor = SklearnPredictor(model, case.schema)
    return encode_target(test, case.schema), predictor.predict(to_matrix(test, case.schema))


def test_metrics_of_two_classes(tumours):
    truth, (labels, shares) = answers(tumours)

    found = evaluation.score(truth, Prediction(labels, shares), tumours.schema)

    texts, positive = tumours.frame["diagnosis"][1::2], {"pos_label": "malignant"}
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(texts, labels),
            "balanced_accuracy": sk.balanced_accuracy_score(texts, labels),
            "log_loss": sk.log_loss(truth, shares),
            "f1": sk.f1_score(texts, labels, **positive),
            "precision": sk.precision_score(texts, labels, **positive),
            "recall": sk.recall_score(texts, labels, **positive),
            "roc_auc": sk.roc_auc_score(texts == "malignant", shares[:, 1]),
            "average_precision": sk.average_precision_score(texts, shares[:, 1], **positive),
            "brier": np.mean((shares[:, 1] - (texts == "malignant")) ** 2),
        }
    )
    assert found["accuracy"] > 0.9


def test_metrics_follow_the_positive_class(tumours):
    content = tumours.schema.model_dump()
    content["target"]["positive"] = "benign"
    truth, prediction = answers(tumours)

    found = evaluation.score(truth, prediction, Schema.model_validate(content))

    texts = tumours.frame["diagnosis"][1::2]
    assert found["recall"] == sk.recall_score(texts, prediction.labels, pos_label="benign")
    assert found["average_precision"] == pytest.approx(
        sk.average_precision_score(texts, prediction.probabilities[:, 0], pos_label="benign")
    )


def test_metrics_of_three_classes(wines):
    truth, (labels, shares) = answers(wines)

    found = evaluation.score(truth, Prediction(labels, shares), wines.schema)

    texts = wines.frame["cultivar"][1::2]
    assert found == pytest.approx(
        {
            "accuracy": sk.accuracy_score(texts, labels),
            "balanced_accuracy": sk.balanced_accuracy_score(texts, labels),
            "log_loss": sk.log_loss(texts, shares),
            "f1": sk.f1_score(texts, labels, average="macro"),
            "roc_auc": sk.roc_auc_score(texts, shares, multi_class="ovr"),
        }
    )


def test_metrics_of_a_number(diabetes):
    truth, (labels, shares) = answers(diabetes)

    found = evaluation.score(truth, Prediction(labels, shares), diabetes.schema)

    assert found == pytest.approx(
        {
            "rmse": np.sqrt(np.mean((truth - labels) ** 2)),
            "mae": np.mean(np.abs(truth - labels)),
            "median_absolute_error": np.median(np.abs(truth - labels)),
            "r2": 1 - np.sum((truth - labels) ** 2) / np.sum((truth - truth.mean()) ** 2),
        }
    )


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_every_metric_has_a_direction(request, name):
    case = request.getfixturevalue(name)
    truth, prediction = answers(case)

    found = evaluation.score(truth, prediction, case.schema)

    assert found.keys() <= evaluation.HIGHER_IS_BETTER.keys()
    if case.schema.target.classes is None:
        right, wrong = Prediction(truth, None), Prediction(truth[::-1], None)
    else:
        sure = np.eye(len(case.schema.target.classes))
        right, wrong = (Prediction(truth, sure[place]) for place in (truth, truth - 1))
    best, worst = (evaluation.score(truth, each, case.schema) for each in (right, wrong))
    for metric, higher in evaluation.HIGHER_IS_BETTER.items():
        if metric in found:
            assert (best[metric] > worst[metric]) == higher, metric


def test_a_wrong_answer_given_for_sure_costs_much_but_not_infinitely(tumours):
    truth = np.array([0, 1])
    sure = Prediction(np.array(["malignant", "benign"], dtype=object), np.eye(2)[::-1])

    found = evaluation.score(truth, sure, tumours.schema)

    assert found["log_loss"] == pytest.approx(-np.log(1e-15))
    assert found["precision"] == found["recall"] == found["f1"] == 0


def test_some_metrics_can_be_asked_for_by_name(tumours):
    truth, prediction = answers(tumours)
    everything = evaluation.score(truth, prediction, tumours.schema)

    some = evaluation.score(truth, prediction, tumours.schema, ("brier", "roc_auc"))

    assert some == {name: everything[name] for name in ("brier", "roc_auc")}
    with pytest.raises(evaluation.EvaluationError, match="rmse is not measured.*there is: accura"):
        evaluation.score(truth, prediction, tumours.schema, ("rmse", "roc_auc"))


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_an_evaluation_holds_metrics_intervals_and_baseline(request, name):
    case = request.getfixturevalue(name)
    truth, prediction = answers(case)

    found = evaluation.evaluate(truth, prediction, case.schema, seed=1, resamples=25)

    assert found.rows == len(truth)
    assert found.metrics == evaluation.score(truth, prediction, case.schema)
    assert found.metrics.keys() == found.intervals.keys() == found.baseline.keys()
    for metric, (low, high) in found.intervals.items():
        assert low < found.metrics[metric] < high
    assert evaluation.Evaluation(**found.to_dict()) == found


def test_intervals_depend_on_the_seed_and_on_nothing_else(diabetes):
    truth, prediction = answers(diabetes)

    first, again, other = (
        evaluation.evaluate(truth, prediction, diabetes.schema, seed, resamples=25).intervals
        for seed in (1, 1, 2)
    )

    assert first == again
    assert first != other


def test_an_interval_is_that_of_the_resampled_rows(diabetes):
    truth, prediction = answers(diabetes)
    draws = list(evaluation.resample(truth, diabetes.schema, seed=3, resamples=40))

    found = evaluation.evaluate(truth, prediction, diabetes.schema, seed=3, resamples=40)

    errors = [np.abs(truth[rows] - prediction.labels[rows]).mean() for rows in draws]
    assert found.intervals["mae"] == pytest.approx(tuple(np.quantile(errors, [0.025, 0.975])))
    assert evaluation.interval(list(range(101)), 0.9) == pytest.approx((5, 95))


def test_no_resample_lacks_a_class(wines):
    truth = np.array([0] * 50 + [1] * 2 + [2])

    draws = list(evaluation.resample(truth, wines.schema, seed=1, resamples=30))

    assert len(draws) == 30
    for rows in draws:
        assert np.bincount(truth[rows]).tolist() == [50, 2, 1]
    assert len({tuple(rows) for rows in draws}) == 30


def test_the_baseline_knows_only_the_shares_or_the_mean(tumours, diabetes):
    truth, prediction = answers(tumours)
    baseline = evaluation.evaluate(truth, prediction, tumours.schema, 1, resamples=1).baseline

    share = truth.mean()
    assert baseline["accuracy"] == pytest.approx(1 - share)
    assert baseline["balanced_accuracy"] == baseline["roc_auc"] == 0.5
    assert baseline["average_precision"] == pytest.approx(share)
    assert baseline["brier"] == pytest.approx(share * (1 - share))
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert baseline["log_loss"] == pytest.approx(entropy)

    truth, prediction = answers(diabetes)
    baseline = evaluation.evaluate(truth, prediction, diabetes.schema, 1, resamples=1).baseline
    assert baseline["rmse"] == pytest.approx(truth.std())
    assert baseline["r2"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("name", "truth", "message"),
    [
        ("tumours", [], "there are no test rows; raise split.test_share or add data"),
        ("diabetes", [], "there are no test rows"),
        ("tumours", [1, 1, 1], "the test rows hold no case of class benign; add data of it"),
        ("wines", [1, 1, 1], "the test rows hold no case of class 01, 03"),
        ("diabetes", [7.5, 7.5], r"the target is constant \(7\.5\) in the test rows"),
    ],
)
def test_rows_that_say_nothing_are_refused(request, name, truth, message):
    schema = request.getfixturevalue(name).schema

    with pytest.raises(evaluation.EvaluationError, match=message):
        evaluation.evaluate(np.array(truth), Prediction(np.array([]), None), schema, seed=1)
