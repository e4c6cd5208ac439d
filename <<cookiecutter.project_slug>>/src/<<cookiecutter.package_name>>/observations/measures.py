"""What is pushed of one observation; the names are those of docs/reference/metrics.md."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..pushing import Figure

_DRIFT = "Distance of a feature from the reference data, less what chance alone shows."
_PREDICTION = "Distance of the predictions from those on the test rows, less chance."


def figures_of(
    observation: Mapping[str, Any], booked: Mapping[str, Mapping[str, int]], seconds: float
) -> list[Figure]:
    """Figures of ``Observation.to_dict()`` and of all outcomes booked, by version and outcome.

    What was not measured has no figure: a zero in its place would be a wrong number.
    """
    found = [
        Figure(
            "ml_monitor_last_success_timestamp_seconds",
            "When monitoring last ended well, whatever it found.",
            time.time(),
        ),
        Figure("ml_monitor_duration_seconds", "How long monitoring took.", seconds),
    ]
    version = {"model_version": observation["model_version"]}
    found += _data(observation, version)
    found += _labelled(observation, version)
    for name, outcomes in booked.items():
        for outcome, count in sorted(outcomes.items()):
            labels = {"model_version": name, "outcome": outcome}
            text = "Labelled predictions by how they turned out, since the first one."
            found.append(Figure("ml_outcomes_total", text, count, labels, "counter"))
    return found


def _data(observation: Mapping[str, Any], version: dict[str, str]) -> Iterator[Figure]:
    text = "Predictions whose features were compared with the reference data."
    yield Figure("ml_rows_evaluated", text, observation["events"]["recent"], version)
    drift = observation["drift"]
    if drift is not None and drift["share"] is not None:
        text = "Share of the logged features that drifted."
        yield Figure("ml_drift_share", text, drift["share"], version)
        for name, column in drift["columns"].items():
            labels = {**version, "feature": name, "method": column["method"]}
            yield Figure("ml_feature_drift_score", _DRIFT, column["score"], labels)
    predicted = observation["prediction_drift"]
    if predicted is not None:
        labels = {**version, "method": predicted["method"]}
        yield Figure("ml_prediction_drift_score", _PREDICTION, predicted["score"], labels)
    quality = observation["quality"]
    for name, share in (quality["null_shares"] if quality is not None else {}).items():
        text = "Share of predictions in which a logged feature was missing."
        yield Figure("ml_feature_missing_share", text, share, {**version, "feature": name})


def _labelled(observation: Mapping[str, Any], version: dict[str, str]) -> Iterator[Figure]:
    performance, labels = observation["performance"], observation["labels"]
    for part, metrics in performance["metrics"].items():
        for name, value in metrics.items():
            text = "Quality of the labelled predictions, as a whole (all) and by slice."
            yield Figure("ml_quality", text, value, {**version, "metric": name, "slice": part})
    for name, value in performance["reference"].items():
        text = "The same metric on the test rows, before the model was registered."
        yield Figure("ml_quality_reference", text, value, {**version, "metric": name})
    text = "Labelled predictions that quality was measured on."
    yield Figure("ml_labels_used", text, labels["used"], version)
    if labels["coverage"] is not None:
        text = "Labelled share of all predictions that were read."
        yield Figure("ml_labels_coverage_ratio", text, labels["coverage"], version)
    for quantile, value in labels["delay_seconds"].items():
        text = "Time from a prediction to its label."
        yield Figure("ml_label_delay_seconds", text, value, {**version, "quantile": quantile})
    for reason, count in labels["rejected"].items():
        text = "Labels that were not used, by reason."
        yield Figure("ml_labels_rejected", text, count, {**version, "reason": reason})
