"""A candidate against the champion on the same rows, by hand and by bootstrap."""

import numpy as np
import pytest

from <<cookiecutter.package_name>> import challenge
from <<cookiecutter.package_name>>.evaluation import EvaluationError, resample, score, take
from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.predictor import Prediction, SklearnPredictor


def rivals(case) -> tuple[np.ndarray, Prediction, Prediction]:
    """Truth, a model that learned from every second row, one that learned from every tenth."""
    predictions = []
    for step in (2, 10):
        train = case.frame[::step]
        model = build_model("linear", case.schema, {}, 0)
        model.fit(to_matrix(train, case.schema), encode_target(train, case.schema))
        matrix = to_matrix(case.frame[1::2], case.schema)
        predictions.append(SklearnPredictor(model, case.schema).predict(matrix))
    return encode_target(case.frame[1::2], case.schema), *predictions


@pytest.mark.parametrize(
    ("name", "metric"), [("tumours", "roc_auc"), ("tumours", "log_loss"), ("diabetes", "rmse")]
)
def test_a_gain_is_positive_where_the_candidate_is_better(request, name, metric):
    case = request.getfixturevalue(name)
    truth, ours, theirs = rivals(case)

    found = challenge.compare(truth, ours, theirs, case.schema, metric, seed=1, resamples=30)
    turned = challenge.compare(truth, theirs, ours, case.schema, metric, seed=1, resamples=30)

    assert found.candidate == score(truth, ours, case.schema)[metric]
    assert found.champion == score(truth, theirs, case.schema)[metric]
    assert found.gain == pytest.approx(abs(found.candidate - found.champion))
    assert found.gain > 0
    assert found.low < found.gain < found.high
    expected = (-found.gain, -found.high, -found.low)
    assert (turned.gain, turned.low, turned.high) == pytest.approx(expected)


def test_rows_are_drawn_in_pairs(diabetes):
    truth, ours, theirs = rivals(diabetes)

    found = challenge.compare(truth, ours, theirs, diabetes.schema, "mae", 3, 0.9, resamples=40)

    gains = []
    for rows in resample(truth, diabetes.schema, seed=3, resamples=40):
        mean = [np.abs(truth[rows] - take(each, rows).labels).mean() for each in (theirs, ours)]
        gains.append(mean[0] - mean[1])
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(gains, [0.05, 0.95])))
    assert found.confidence == 0.9


def test_a_model_neither_gains_nor_loses_against_itself(wines):
    truth, ours, _ = rivals(wines)

    found = challenge.compare(truth, ours, ours, wines.schema, "f1", seed=1, resamples=10)

    assert (found.gain, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_the_interval_depends_on_the_seed_and_on_nothing_else(tumours):
    truth, ours, theirs = rivals(tumours)

    first, again, other = (
        challenge.compare(truth, ours, theirs, tumours.schema, "brier", seed, resamples=20)
        for seed in (1, 1, 2)
    )

    assert first == again
    assert (first.low, first.high) != (other.low, other.high)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_value"),
    [
        # Two-sided binomial tails by hand: twice the sum of the choices, over all of them.
        (1, 9, 2 * (1 + 10) / 2**10),
        (9, 1, 2 * (1 + 10) / 2**10),
        (0, 5, 2 / 2**5),
        (2, 6, 2 * (1 + 8 + 28) / 2**8),
        (4, 4, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_weighs_the_rows_on_which_one_alone_is_right(only_first, only_second, p_value):
    first = np.array([True] * 20 + [False] * 10 + [True] * only_first + [False] * only_second)
    second = np.array([True] * 20 + [False] * 10 + [False] * only_first + [True] * only_second)

    assert challenge.mcnemar(first, second) == pytest.approx(p_value)


def test_the_test_of_labels_counts_right_texts(tumours):
    truth, ours, theirs = rivals(tumours)

    found = challenge.compare(truth, ours, theirs, tumours.schema, "accuracy", 1, resamples=2)

    texts = tumours.frame["diagnosis"][1::2].to_numpy()
    right = [each.labels == texts for each in (ours, theirs)]
    assert (right[0] != right[1]).any()
    assert found.p_value == challenge.mcnemar(*right)


def test_numbers_to_predict_have_no_right_and_wrong(diabetes):
    truth, ours, theirs = rivals(diabetes)

    found = challenge.compare(truth, ours, theirs, diabetes.schema, "r2", 1, resamples=2)

    assert found.p_value is None


@pytest.mark.parametrize(
    ("metric", "rows", "message"),
    [("rmse", 50, "rmse is not measured for this task"), ("roc_auc", 0, "there are no test rows")],
)
def test_what_cannot_be_compared_is_refused(tumours, metric, rows, message):
    truth, ours, theirs = rivals(tumours)
    some = np.arange(rows)

    with pytest.raises(EvaluationError, match=message):
        challenge.compare(
            truth[some], take(ours, some), take(theirs, some), tumours.schema, metric, 1
        )
