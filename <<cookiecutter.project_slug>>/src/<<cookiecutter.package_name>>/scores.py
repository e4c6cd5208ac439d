"""The score of a prediction: one number from 0 to 1 whose distribution can be watched.

It is counted in ten equal bins and one beyond, at training and again by every server, so that the
two can be compared without keeping a single prediction.
"""

import numpy as np

from .predictor import Prediction
from .schema import Target

# Upper edges of the bins, each part of its bin; a last bin without an edge follows.
EDGES = tuple(tenth / 10 for tenth in range(1, 11))


def prediction_scores(prediction: Prediction, target: Target) -> np.ndarray | None:
    """Scores of shape (rows,).

    The positive class's probability of a binary classification, else the predicted class's; a
    regression's place between the target's limits, ``None`` if it has none.
    """
    if prediction.probabilities is not None:
        if target.positive_class is not None:
            return prediction.probabilities[:, target.classes.index(target.positive_class)]
        return prediction.probabilities.max(axis=1)
    low, high = target.minimum, target.maximum
    if low is None or high is None or low == high:
        return None
    return (prediction.labels - low) / (high - low)


def count_scores(scores: np.ndarray) -> list[int]:
    """Rows in each bin, ``len(EDGES) + 1`` of them, from scores of shape (rows,)."""
    places = np.searchsorted(EDGES, scores, side="left")
    return np.bincount(places, minlength=len(EDGES) + 1).tolist()
