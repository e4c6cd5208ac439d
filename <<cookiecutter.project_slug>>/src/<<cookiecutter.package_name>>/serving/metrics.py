"""Prometheus metrics of the model, in the client library's default registry.

MLServer's own helper writes to a private registry that is never exported without workers. Every
label set exists from the start: an alert on a series that is not there yet cannot fire.
"""

import json
from collections import Counter as Tally
from datetime import datetime

import numpy as np
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.utils import floatToGoString

from ..bundle import Bundle
from ..scores import EDGES
from ..validation import Violation
from .errors import REASONS, RequestError
from .scoring import Scored

_MODEL = ("model_name", "model_version")
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

INFO = Gauge("ml_model_info", "The model being served; always 1", [*_MODEL, "run_id"])
TRAINED = Gauge("ml_model_trained_timestamp_seconds", "When the model was trained", _MODEL)
PREDICTIONS = Counter(
    "ml_predictions", "Rows answered, by predicted class", [*_MODEL, "predicted_class"]
)
SCORE = Histogram("ml_prediction_score", "Score of every row answered", _MODEL, buckets=EDGES)
# Of each bin alone and not cumulative; `bin` is the upper edge, as `le` of the histogram.
SCORE_REFERENCE = Gauge(
    "ml_prediction_score_reference_rows", "Test rows at training, by score", [*_MODEL, "bin"]
)
REJECTED = Counter("ml_request_rejected", "Prediction requests refused", [*_MODEL, "reason"])
MISSING = Counter(
    "ml_feature_missing", "Missing values in requests, allowed or not", [*_MODEL, "feature"]
)
OUT_OF_RANGE = Counter(
    "ml_feature_out_of_range", "Values outside the schema's range", [*_MODEL, "feature"]
)
PREDICTOR_SECONDS = Histogram(
    "ml_predictor_duration_seconds", "Time in the predictor alone", _MODEL, buckets=_SECONDS
)


class ModelMetrics:
    """The metrics of one loaded model."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        model = (name, bundle.version)
        features = bundle.schema.feature_names
        classes = bundle.schema.target.classes or ("value",)
        self._by_class = {text: PREDICTIONS.labels(*model, text) for text in classes}
        self._score = SCORE.labels(*model)
        self._rejected = {reason: REJECTED.labels(*model, reason) for reason in REASONS}
        self._missing = {feature: MISSING.labels(*model, feature) for feature in features}
        self._outside = {feature: OUT_OF_RANGE.labels(*model, feature) for feature in features}
        self._seconds = PREDICTOR_SECONDS.labels(*model)
        nullable = [
            (position, column.name)
            for position, column in enumerate(bundle.schema.features)
            if column.nullable
        ]
        self._nullable = [self._missing[name] for _, name in nullable]
        self._positions = np.array([position for position, _ in nullable], dtype=np.intp)
        for edge, rows in zip((*EDGES, float("inf")), _reference_scores(bundle), strict=False):
            SCORE_REFERENCE.labels(*model, floatToGoString(edge)).set(rows)
        INFO.labels(*model, bundle.manifest.get("run_id") or "").set(1)
        trained = bundle.manifest.get("created_at")
        if trained:
            TRAINED.labels(*model).set(datetime.fromisoformat(trained).timestamp())

    def answered(self, scored: Scored) -> None:
        """Count the rows of one answer."""
        self._seconds.observe(scored.seconds)
        if scored.prediction.probabilities is None:
            self._by_class["value"].inc(len(scored.prediction.labels))
        else:
            for text, count in Tally(scored.prediction.labels.tolist()).items():
                self._by_class[text].inc(count)
        if scored.scores is not None:
            for score in scored.scores.tolist():
                self._score.observe(score)
        if self._nullable:
            absent = np.isnan(scored.matrix[:, self._positions])
            if absent.any():
                for counter, missing in zip(self._nullable, absent.sum(axis=0), strict=True):
                    counter.inc(int(missing))

    def refused(self, error: RequestError) -> None:
        """Count one refused request, and what was wrong with which feature."""
        if error.code in self._rejected:
            self._rejected[error.code].inc()
        for violation in error.violations:
            self._count(violation)

    def _count(self, violation: Violation) -> None:
        if violation.rule == "null":
            self._missing[violation.column].inc(violation.rows)
        elif violation.rule == "range":
            self._outside[violation.column].inc(violation.rows)


def _reference_scores(bundle: Bundle) -> list[int]:
    """Rows in each bin; empty for a model without scores, or from before they were counted."""
    path = bundle.folder / "evaluation.json"
    if not path.exists():
        return []
    return json.loads(path.read_text("utf-8")).get("scores") or []
