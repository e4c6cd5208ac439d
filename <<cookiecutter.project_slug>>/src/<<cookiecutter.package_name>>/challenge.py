"""A candidate against the present champion, on the same rows."""

from dataclasses import dataclass

import numpy as np

from .evaluation import HIGHER_IS_BETTER, interval, refuse_unscorable, resample, score, take
from .predictor import Prediction
from .schema import Schema


@dataclass(frozen=True)
class Difference:
    """Candidate against champion on the same rows; positive means that the candidate is better.

    ``low`` and ``high`` bound the gain by a paired percentile bootstrap at ``confidence``.
    ``p_value`` is McNemar's exact test on right and wrong labels (classification only).
    """

    metric: str
    candidate: float
    champion: float
    gain: float
    low: float
    high: float
    confidence: float
    p_value: float | None


def compare(
    truth: np.ndarray,
    candidate: Prediction,
    champion: Prediction,
    schema: Schema,
    metric: str,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> Difference:
    """The gain of ``candidate`` over ``champion`` in ``metric``, rows drawn in pairs.

    Method: B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    refuse_unscorable(truth, schema)
    sign = 1.0 if HIGHER_IS_BETTER[metric] else -1.0

    def value(prediction: Prediction, rows: np.ndarray) -> float:
        return score(truth[rows], take(prediction, rows), schema, (metric,))[metric]

    everything = np.arange(len(truth))
    ours, theirs = value(candidate, everything), value(champion, everything)
    gains = [
        sign * (value(candidate, rows) - value(champion, rows))
        for rows in resample(truth, schema, seed, resamples)
    ]
    low, high = interval(gains, confidence)
    p_value = None
    if schema.target.classes is not None:
        texts = np.array(schema.target.classes, dtype=object)[truth]
        p_value = mcnemar(candidate.labels == texts, champion.labels == texts)
    return Difference(metric, ours, theirs, sign * (ours - theirs), low, high, confidence, p_value)


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> float:
    """Two-sided exact p-value that two classifiers err equally often on the same rows.

    Q. McNemar, Psychometrika 12 (1947): only rows on which exactly one is right carry information.
    """
    from scipy.stats import binomtest

    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    disagreements = only_first + only_second
    return 1.0 if not disagreements else float(binomtest(only_first, disagreements).pvalue)
