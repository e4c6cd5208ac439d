"""What a score is for each task, and into which bin it falls."""

import numpy as np
import pytest

from <<cookiecutter.package_name>>.predictor import Prediction
from <<cookiecutter.package_name>>.schema import Target
from <<cookiecutter.package_name>>.scores import EDGES, count_scores, prediction_scores

SHARES = np.array([[0.9, 0.1], [0.25, 0.75]])
LABELS = np.array(["no", "yes"], dtype=object)


def test_the_positive_class_where_there_is_one():
    target = Target(name="t", classes=["yes", "no"], positive="no")
    found = prediction_scores(Prediction(LABELS, SHARES), target)
    assert found.tolist() == [0.1, 0.75]


def test_the_predicted_class_where_there_is_none():
    target = Target(name="t", classes=["a", "b", "c"])
    shares = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert prediction_scores(Prediction(LABELS, shares), target).tolist() == [0.5, 0.6]


def test_a_place_between_limits():
    target = Target(name="t", minimum=-100, maximum=100)
    prediction = Prediction(np.array([-100.0, 0.0, 150.0]), None)
    assert prediction_scores(prediction, target).tolist() == [0.0, 0.5, 1.25]


@pytest.mark.parametrize("limits", [{}, {"minimum": 0}])
def test_no_score_without_limits(limits):
    target = Target(name="t", **limits)
    assert prediction_scores(Prediction(np.array([1.0]), None), target) is None


def test_an_edge_belongs_to_its_bin_as_in_a_histogram():
    scores = np.array([0.0, 0.1, 0.1000001, 0.3, 1.0, 1.1, -5.0])
    assert count_scores(scores) == [3, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    assert len(EDGES) + 1 == 11
    assert count_scores(np.array([])) == [0] * 11
