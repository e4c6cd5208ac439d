"""How good the labelled predictions were, as a whole and by slice, against the evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..evaluation import HIGHER_IS_BETTER, interval, resample, score, take
from ..predictor import Prediction
from ..schema import Schema
from .joining import Joined
from .logged_settings import LoggedSettings, Slice
from .predictions import Predictions

WHOLE = "all"
# The metric that decides if the settings name none.
DECIDING = {"classification": ("balanced_accuracy",), "regression": ("rmse",)}
# Right even where a class is missing or all values are equal; the others would be undefined.
_ALWAYS = {"accuracy", "log_loss", "brier", "rmse", "mae", "median_absolute_error"}
# What the logged class alone can tell; scores of other classes are not logged.
_BY_CLASS = ("accuracy", "balanced_accuracy", "f1")
_RESAMPLES = 200
# With more labels than this, chance moves no metric by an amount worth an alarm.
_CERTAIN = 20_000


@dataclass(frozen=True)
class Fall:
    """A metric that fell further than it may: even ``best``, the good end of its 95 % interval."""

    metric: str
    value: float
    best: float
    reference: float
    limit: float


@dataclass(frozen=True)
class Performance:
    """``metrics`` by slice and name, "all" first; ``notes`` say what was not measured and why."""

    labels: int
    metrics: dict[str, dict[str, float]]
    rows: dict[str, int]
    reference: dict[str, float]
    falls: tuple[Fall, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def performance(
    predictions: Predictions,
    joined: Joined,
    rows: np.ndarray,
    profile: dict[str, Any],
    reference: dict[str, float],
    settings: LoggedSettings,
) -> Performance:
    """Metrics of the labelled predictions among ``rows``, bool of shape (predictions,).

    ``reference`` are the metrics of the evaluation, ``profile`` gives the edges of slices.
    """
    schema = predictions.schema
    chosen = rows[joined.rows]
    places, truth = joined.rows[chosen], joined.truth[chosen]
    if not len(places):
        return Performance(0, {}, {}, reference, (), ("no prediction is labelled yet",))
    prediction, names = _prediction(predictions, places)
    names = tuple(name for name in names or reference if name in HIGHER_IS_BETTER)
    notes: list[str] = []
    metrics, counts = {}, {}
    members = [(WHOLE, np.ones(len(places), dtype=bool))]
    members += _slices(predictions, places, profile, settings.slices, notes)
    for name, part in members:
        count = int(part.sum())
        if name != WHOLE and count < settings.min_slice_labels:
            notes.append(
                f"slice {name}: {count} labels, min_slice_labels is {settings.min_slice_labels}"
            )
            continue
        found = measure(truth[part], take(prediction, part), schema, names)
        metrics[name], counts[name] = found, count
    falls: tuple[Fall, ...] = ()
    if len(places) < settings.min_labels:
        notes.append(f"{len(places)} labels decide nothing, min_labels is {settings.min_labels}")
    else:
        wanted = settings.metrics or DECIDING[schema.target.task]
        whole = metrics[WHOLE]
        falls = tuple(_falls(truth, prediction, schema, wanted, whole, reference, settings))
        notes += [
            f"{name} decides, but there is none of these labels or of the evaluation"
            for name in wanted
            if name not in metrics[WHOLE] or name not in reference
        ]
    return Performance(len(places), metrics, counts, reference, falls, tuple(notes))


def measure(
    truth: np.ndarray, prediction: Prediction, schema: Schema, names: Sequence[str]
) -> dict[str, float]:
    """The metrics that these labels can tell; those that would be undefined are left out."""
    if schema.target.classes is not None:
        whole = len(np.unique(truth)) == len(schema.target.classes)
    else:
        whole = len(truth) > 1 and np.ptp(truth) > 0
    possible = tuple(name for name in names if whole or name in _ALWAYS)
    found = score(truth, prediction, schema, possible) if possible else {}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _prediction(predictions: Predictions, places: np.ndarray) -> tuple[Prediction, tuple[str, ...]]:
    """What was answered, and the metrics that it is enough for; () means all."""
    target, predicted = predictions.schema.target, predictions.predicted[places]
    if target.classes is None:
        return Prediction(predicted, None), ()
    count, scores = len(target.classes), predictions.scores[places]
    if target.positive_class is None or np.isnan(scores).any():
        return Prediction(predicted, np.eye(count)[predicted]), _BY_CLASS
    shares = np.empty((len(places), 2))
    positive = target.classes.index(target.positive_class)
    shares[:, positive], shares[:, 1 - positive] = scores, 1 - scores
    return Prediction(predicted, shares), ()


def _falls(
    truth: np.ndarray,
    prediction: Prediction,
    schema: Schema,
    names: Sequence[str],
    measured: dict[str, float],
    reference: dict[str, float],
    settings: LoggedSettings,
) -> Iterator[Fall]:
    names = tuple(name for name in names if name in measured and name in reference)
    draws: list[dict[str, float]] = []
    if names and len(truth) <= _CERTAIN:
        draws = [
            score(truth[rows], take(prediction, rows), schema, names)
            for rows in resample(truth, schema, seed=0, resamples=_RESAMPLES)
        ]
    for name in names:
        higher = HIGHER_IS_BETTER[name]
        room = settings.max_quality_drop * abs(reference[name])
        limit = reference[name] - room if higher else reference[name] + room
        ends = interval([draw[name] for draw in draws], 0.95) if draws else (measured[name],) * 2
        best = ends[1] if higher else ends[0]
        if best < limit if higher else best > limit:
            yield Fall(name, measured[name], best, reference[name], limit)


def _slices(
    predictions: Predictions,
    places: np.ndarray,
    profile: dict[str, Any],
    wanted: Sequence[Slice],
    notes: list[str],
) -> Iterator[tuple[str, np.ndarray]]:
    for item in wanted:
        values = predictions.features.get(item.feature)
        if values is None:
            notes.append(f"slice by {item.feature}: the events do not carry this feature")
            continue
        chosen = values[places]
        if isinstance(chosen, pd.Categorical):
            for code, text in enumerate(chosen.categories):
                yield f"{item.feature}={text}", chosen.codes == code
            continue
        if predictions.schema.column(item.feature).type == "boolean":
            for value, text in ((0, "false"), (1, "true")):
                yield f"{item.feature}={text}", chosen == value
            continue
        edges = item.edges or _quartiles(profile, item.feature)
        bounds = [-np.inf, *edges, np.inf]
        for low, high in zip(bounds[:-1], bounds[1:], strict=True):
            yield f"{item.feature}={_span(low, high)}", (chosen > low) & (chosen <= high)


def _quartiles(profile: dict[str, Any], feature: str) -> tuple[float, ...]:
    quantiles = profile["features"].get(feature, {}).get("quantiles") or []
    if not quantiles:
        return ()
    return tuple(sorted({quantiles[len(quantiles) * part // 4] for part in (1, 2, 3)}))


def _span(low: float, high: float) -> str:
    if np.isinf(low):
        return f"up to {high:.4g}" if np.isfinite(high) else "any"
    return f"above {low:.4g}" if np.isinf(high) else f"{low:.4g} to {high:.4g}"
