"""Everything that logged predictions and labels say about one model, in one dictionary."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from ..bundle import Bundle
from ..drift import ColumnDrift, DriftSettings, DriftVerdict, measure_column, measure_drift
from ..quality import QualitySettings, QualityVerdict, check_quality
from ..schema import Schema
from .findings import emptiness, findings_of, oddities
from .joining import Joined, join, last_of_each
from .labels import Labels
from .logged_settings import LoggedSettings
from .performance import Performance, performance
from .predictions import Predictions
from .records import milliseconds

# Fewer rows of the evaluation cannot say how predictions are distributed.
_MIN_REFERENCE = 30
Outcomes = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Observation:
    """What was found; parts that could not be measured are None, and ``notes`` say why.

    ``rows`` are the recent predictions of the model with their features, for reports.
    """

    model_version: str
    events: dict[str, Any]
    drift: DriftVerdict | None
    quality: QualityVerdict | None
    prediction_drift: ColumnDrift | None
    performance: Performance
    labels: dict[str, Any]
    findings: tuple[str, ...]
    notes: tuple[str, ...]
    rows: pd.DataFrame
    schema: Schema

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON, without the rows."""
        return {
            "model_version": self.model_version,
            "events": self.events,
            "drift": self.drift.to_dict() if self.drift else None,
            "quality": self.quality.to_dict() if self.quality else None,
            "prediction_drift": asdict(self.prediction_drift) if self.prediction_drift else None,
            "performance": self.performance.to_dict(),
            "labels": self.labels,
            "findings": list(self.findings),
            "notes": list(self.notes),
        }


def observe(
    bundle: Bundle,
    profile: dict[str, Any],
    evaluation: dict[str, Any],
    predictions: Predictions,
    labels: Labels,
    settings: LoggedSettings,
    quality: QualitySettings,
    drift: DriftSettings,
    since: datetime,
    recent_since: datetime,
) -> tuple[Observation, Joined]:
    """Measure the predictions of ``bundle``'s version, and join all versions with their labels.

    ``profile`` describes the reference data of the bundle, ``evaluation`` holds its metrics. Drift
    is that of the predictions since ``recent_since``; only features that were logged can be
    measured. Nothing here raises for wrong data: it is when data is wrong that a person looks.
    """
    notes: list[str] = []
    once = last_of_each(predictions.keys, predictions.times)
    own = once & predictions.of_version(bundle.version)
    recent = own & (predictions.times >= milliseconds(recent_since))
    names, rows, told = _logged(predictions, recent, notes)
    schema = bundle.schema
    frame = predictions.frame(names, rows) if names else pd.DataFrame()
    data_drift = data_quality = None
    if names:
        columns = [column for column in bundle.schema.features if column.name in names]
        schema = Schema(target=bundle.schema.target, id=None, features=columns)
        data_drift = measure_drift(profile, frame, schema, drift)
        data_quality = check_quality(frame, schema, quality, with_target=False)
    predicted = _prediction_drift(profile, evaluation, predictions, recent, drift, notes)
    joined = join(predictions, once, labels, since, settings.max_label_delay)
    reference = evaluation.get("metrics", {})
    found = performance(predictions, joined, own, profile, reference, settings)
    events = {
        "read": len(predictions),
        "of_version": int(own.sum()),
        "recent": int(recent.sum()),
        "with_features": told,
        "versions": {
            name: int((once & predictions.of_version(name)).sum())
            for name in sorted(predictions.version_names)
        },
        "repeated": int(len(once) - once.sum()),
        "unusable": predictions.unusable,
        "outside": predictions.outside,
        "unknown_features": dict(predictions.unknown_features),
        "logged_features": names,
    }
    observation = Observation(
        model_version=bundle.version,
        events=events,
        drift=data_drift,
        quality=data_quality,
        prediction_drift=predicted,
        performance=found,
        labels=_labels(joined, own),
        findings=tuple(findings_of(data_drift, data_quality, predicted, found)),
        notes=(*emptiness(events, bundle.version), *notes, *oddities(events, joined), *found.notes),
        rows=frame,
        schema=schema,
    )
    return observation, joined


def outcomes_by_row(predictions: Predictions, joined: Joined, outcomes_of: Outcomes) -> np.ndarray:
    """The outcome of every labelled prediction, texts of shape (labelled,).

    ``outcomes_of`` takes truth and predictions as class texts, or as numbers of a regression.
    """
    truth, predicted = joined.truth, predictions.predicted[joined.rows]
    classes = predictions.schema.target.classes
    if classes is not None:
        texts = np.array(classes, dtype=object)
        truth, predicted = texts[truth], texts[predicted]
    return np.asarray(outcomes_of(truth, predicted))


def _logged(
    predictions: Predictions, recent: np.ndarray, notes: list[str]
) -> tuple[list[str], np.ndarray, int]:
    """Features that the newest event carries, and the rows that carry all of them."""
    schema = predictions.schema
    personal = [name for name in schema.feature_names if name not in schema.loggable]
    if personal and recent.any():
        notes.append(f"personal, so never logged and not monitored: {', '.join(personal)}")
    carrying = np.flatnonzero(recent & (predictions.lists >= 0))
    wanted: set[str] = set()
    if len(carrying):
        newest = carrying[predictions.times[carrying].argmax()]
        wanted = set(predictions.feature_lists[predictions.lists[newest]])
    names = [name for name in schema.loggable if name in wanted]
    if not names:
        if recent.any() and schema.loggable:
            notes.append(
                "no features are logged, so their drift and missing values cannot be measured: "
                "name those that may be logged in SERVING_EVENT_FEATURES"
            )
        return [], recent, 0
    fitting = [
        code for code, told in enumerate(predictions.feature_lists) if set(names) <= set(told)
    ]
    rows = recent & np.isin(predictions.lists, fitting)
    told = int(rows.sum())
    if told < recent.sum():
        notes.append(f"{told} of {int(recent.sum())} recent events carry the features logged now")
    lacking = [name for name in schema.loggable if name not in wanted]
    if lacking:
        notes.append(f"not logged, so not measured: {', '.join(lacking)}")
    return names, rows, told


def _prediction_drift(
    profile: dict[str, Any],
    evaluation: dict[str, Any],
    predictions: Predictions,
    recent: np.ndarray,
    settings: DriftSettings,
    notes: list[str],
) -> ColumnDrift | None:
    rows = int(recent.sum())
    if not rows:
        return None
    if rows < settings.min_rows:
        notes.append(f"prediction drift: {rows} rows, min_rows is {settings.min_rows}")
        return None
    target = predictions.schema.target
    known = evaluation.get("predictions")
    if known is None and target.classes is not None:
        # Bundles of before: a classifier that is any good predicts about the shares of the truth.
        known = {"rows": profile["rows"], "entry": profile.get("target")}
    if not known or not known["entry"] or known["rows"] < _MIN_REFERENCE:
        notes.append(
            "prediction drift: the bundle does not say how the predictions of its evaluation were "
            "distributed, or from too few rows; train the model again"
        )
        return None
    values = predictions.predicted[recent]
    if target.classes is not None:
        values = pd.Categorical.from_codes(values, categories=target.classes)
    return measure_column(known["entry"], pd.Series(values), known["rows"], settings)


def _labels(joined: Joined, own: np.ndarray) -> dict[str, Any]:
    count, labelled = int(own.sum()), int(own[joined.rows].sum())
    delays: dict[str, float] = {}
    if len(joined.delays):
        middle, high = np.quantile(joined.delays, [0.5, 0.95])
        delays = {"0.5": float(middle), "0.95": float(high)}
    return {
        "used": labelled,
        "coverage": labelled / count if count else None,
        "delay_seconds": delays,
        "rejected": joined.rejected,
        "earlier": joined.earlier,
    }
