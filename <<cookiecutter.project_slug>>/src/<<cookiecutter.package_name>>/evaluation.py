"""How good a model is on rows that it has not seen."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sk

from .predictor import Prediction
from .schema import Schema

# True where more is better: every comparison is turned so that a gain is positive.
HIGHER_IS_BETTER = {
    "accuracy": True,
    "balanced_accuracy": True,
    "f1": True,
    "precision": True,
    "recall": True,
    "roc_auc": True,
    "average_precision": True,
    "log_loss": False,
    "brier": False,
    "rmse": False,
    "mae": False,
    "median_absolute_error": False,
    "r2": True,
}
_CLIP = 1e-15


class EvaluationError(ValueError):
    """Nothing to score: no rows, one class only, a constant target, a metric of another task."""


@dataclass(frozen=True)
class Evaluation:
    """Metrics on the test rows, those of the naive baseline, and a 95 % interval of each.

    ``predictions`` is the profile entry of what was predicted for the test rows: what predictions
    in production are compared with, since no row of it was trained on. ``scores`` counts the same
    rows by score, see ``scores.py``.
    """

    rows: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    predictions: dict[str, Any] | None = None
    scores: list[int] | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def evaluate(
    truth: np.ndarray, prediction: Prediction, schema: Schema, seed: int, resamples: int = 200
) -> Evaluation:
    """Score ``prediction`` against ``truth`` (rows,): class indices or float64 values.

    The baseline knows only the truth's own distribution: class shares, or the mean.
    Raises ``EvaluationError`` if the truth holds nothing to score against.
    """
    refuse_unscorable(truth, schema)
    point = score(truth, prediction, schema)
    draws = resample(truth, schema, seed, resamples)
    samples = [score(truth[rows], take(prediction, rows), schema) for rows in draws]
    intervals = {name: interval([sample[name] for sample in samples], 0.95) for name in point}
    baseline = score(truth, _baseline(truth, schema), schema)
    return Evaluation(len(truth), point, baseline, intervals)


def score(
    truth: np.ndarray, prediction: Prediction, schema: Schema, names: tuple[str, ...] | None = None
) -> dict[str, float]:
    """The metrics of the schema's task, or only ``names`` of them (each in the target's unit)."""
    if schema.target.classes is None:
        table = _regression(truth, prediction.labels)
    else:
        table = _classification(truth, prediction.probabilities, schema)
    unknown = set(names or ()) - set(table)
    if unknown:
        raise EvaluationError(
            f"{', '.join(sorted(unknown))} is not measured for this task; there is: "
            f"{', '.join(table)}"
        )
    return {name: float(table[name]()) for name in names or table}


def _regression(truth: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    return {
        "rmse": lambda: sk.root_mean_squared_error(truth, predicted),
        "mae": lambda: sk.mean_absolute_error(truth, predicted),
        "median_absolute_error": lambda: sk.median_absolute_error(truth, predicted),
        "r2": lambda: sk.r2_score(truth, predicted),
    }


def _classification(truth: np.ndarray, shares: np.ndarray, schema: Schema) -> dict[str, Any]:
    classes = np.arange(len(schema.target.classes))
    found = shares.argmax(axis=1)
    table = {
        "accuracy": lambda: sk.accuracy_score(truth, found),
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(truth, found),
        "log_loss": lambda: sk.log_loss(truth, np.clip(shares, _CLIP, 1), labels=classes),
    }
    if schema.target.positive_class is None:
        return table | {
            "f1": lambda: sk.f1_score(truth, found, average="macro", zero_division=0),
            "roc_auc": lambda: sk.roc_auc_score(truth, shares, multi_class="ovr", labels=classes),
        }
    positive = schema.target.classes.index(schema.target.positive_class)
    hit, guess, share = truth == positive, found == positive, shares[:, positive]
    return table | {
        "f1": lambda: sk.f1_score(hit, guess, zero_division=0),
        "precision": lambda: sk.precision_score(hit, guess, zero_division=0),
        "recall": lambda: sk.recall_score(hit, guess, zero_division=0),
        "roc_auc": lambda: sk.roc_auc_score(hit, share),
        "average_precision": lambda: sk.average_precision_score(hit, share),
        "brier": lambda: sk.brier_score_loss(hit, share),
    }


def _baseline(truth: np.ndarray, schema: Schema) -> Prediction:
    if schema.target.classes is None:
        return Prediction(np.full(len(truth), truth.mean()), None)
    shares = np.bincount(truth, minlength=len(schema.target.classes)) / len(truth)
    texts = np.array(schema.target.classes, dtype=object)
    labels = np.full(len(truth), texts[shares.argmax()], dtype=object)
    return Prediction(labels, np.tile(shares, (len(truth), 1)))


def resample(truth: np.ndarray, schema: Schema, seed: int, resamples: int):
    """Row indices of each resample; within classes, so that no draw lacks a class."""
    random = np.random.default_rng(seed)
    if schema.target.classes is None:
        groups = [np.arange(len(truth))]
    else:
        groups = [np.flatnonzero(truth == value) for value in np.unique(truth)]
    for _ in range(resamples):
        yield np.concatenate([random.choice(group, len(group)) for group in groups])


def take(prediction: Prediction, rows: np.ndarray) -> Prediction:
    """The predictions of ``rows``, indices of shape (rows,)."""
    shares = prediction.probabilities
    return Prediction(prediction.labels[rows], None if shares is None else shares[rows])


def interval(values: list[float], confidence: float) -> tuple[float, float]:
    """The percentile interval that holds the share ``confidence`` of ``values``."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def refuse_unscorable(truth: np.ndarray, schema: Schema) -> None:
    """Raise ``EvaluationError`` if the rows hold nothing to score against."""
    if not len(truth):
        raise EvaluationError("there are no test rows; raise split.test_share or add data")
    if schema.target.classes is None:
        if np.ptp(truth) == 0:
            raise EvaluationError(f"the target is constant ({truth[0]:g}) in the test rows")
        return
    lacking = set(range(len(schema.target.classes))) - set(truth.tolist())
    if lacking:
        names = ", ".join(schema.target.classes[index] for index in sorted(lacking))
        raise EvaluationError(f"the test rows hold no case of class {names}; add data of it")
