"""What an observation means: findings call for somebody, notes say what is missing and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..drift import ColumnDrift, DriftVerdict
from ..quality import QualityVerdict
from .joining import Joined
from .performance import Performance


def findings_of(
    drift: DriftVerdict | None,
    quality: QualityVerdict | None,
    predicted: ColumnDrift | None,
    found: Performance,
) -> Iterator[str]:
    """What is beyond a limit, in words; each begins with the kind of finding."""
    if drift is not None and drift.status == "drift":
        yield f"drift: {drift.reason}"
    if quality is not None:
        for finding in quality.errors:
            place = f"{finding.column}: " if finding.column else ""
            yield f"data quality: {place}{finding.message}"
    if predicted is not None and predicted.drifted:
        yield f"prediction drift: {predicted.score:.3f}, threshold {predicted.threshold:g}"
    for fall in found.falls:
        yield (
            f"quality: {fall.metric} is {fall.value:.4f} over {found.labels} labels, at the "
            f"evaluation {fall.reference:.4f}, limit {fall.limit:.4f}"
        )


def emptiness(events: Mapping[str, Any], version: str) -> Iterator[str]:
    """Why there is nothing to measure, if so."""
    if events["recent"]:
        return
    others = {name: count for name, count in events["versions"].items() if name != version}
    if events["of_version"]:
        yield "no recent predictions: there was no traffic, or its events were not kept"
    elif others:
        told = ", ".join(f"{count} of {name}" for name, count in others.items())
        yield f"no predictions of {version} are logged, but {told}"
    else:
        yield "no predictions are logged"


def oddities(events: Mapping[str, Any], joined: Joined) -> Iterator[str]:
    """What was read and could not be used."""
    if events["unusable"]:
        yield f"{events['unusable']} events are damaged or lack an id, a version or a prediction"
    for name, count in events["unknown_features"].items():
        yield f"{name} is logged in {count} events, but the model does not know it"
    if joined.rejected["unknown"]:
        yield f"labels of unknown predictions, such as {', '.join(joined.examples)}"
