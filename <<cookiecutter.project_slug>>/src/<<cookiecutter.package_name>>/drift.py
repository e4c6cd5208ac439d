"""Has the data moved away from the reference? One score a column, computed on all rows.

The score is the measured distance less the noise expected of samples this small, so that one
threshold means the same for 150 rows and for a million. Formulas and sources: ``divergence``.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from .divergence import jensen_shannon, psi, wasserstein
from .profile import FORMAT, Entry
from .schema import Schema

Method = Literal["psi", "jensen_shannon", "wasserstein"]
Status = Literal["drift", "no drift", "not enough data"]
# PSI above 0.2 is the usual reading of a changed distribution; for Jensen-Shannon 0.15 is about the
# same change (PSI 0.18); for Wasserstein it is a fifth of a standard deviation.
THRESHOLDS: dict[Method, float] = {"psi": 0.2, "jensen_shannon": 0.15, "wasserstein": 0.2}
_MEASURES: dict[Method, Callable[[Entry, pd.Series, int], tuple[float, float]]] = {
    "psi": psi,
    "jensen_shannon": jensen_shannon,
    "wasserstein": wasserstein,
}


class DriftError(ValueError):
    """Profile and schema do not belong together; the message says why and what to do."""


class DriftSettings(BaseModel):
    """How drift is decided. Without a threshold the method's own from ``THRESHOLDS`` is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "psi"
    threshold: float = Field(default_factory=lambda data: _default_threshold(data), gt=0)
    share_threshold: float = Field(default=0.3, gt=0, le=1)
    min_rows: int = Field(default=100, ge=1)

    def for_entry(self, entry: Entry) -> tuple[Method, float]:
        """Method and threshold for one column of the profile.

        Texts and booleans have no order and a column without values has no quantiles: in place of
        ``wasserstein`` they are measured by ``jensen_shannon`` with its own default threshold.
        """
        if self.method == "wasserstein" and not entry.get("quantiles"):
            return "jensen_shannon", THRESHOLDS["jensen_shannon"]
        return self.method, self.threshold


@dataclass(frozen=True)
class ColumnDrift:
    """``score`` is ``measured`` less the ``noise`` expected without drift, and at least 0."""

    score: float
    threshold: float
    drifted: bool
    method: Method
    measured: float
    noise: float


@dataclass(frozen=True)
class DriftVerdict:
    """Drift of every feature, highest score first, and of the target if the data have one.

    ``share`` is the share of features that drifted, None if there is not enough data to say; the
    target is reported beside it and has no part in it.
    """

    status: Status
    reason: str
    rows: int
    reference_rows: int
    settings: DriftSettings
    share: float | None = None
    columns: dict[str, ColumnDrift] = field(default_factory=dict)
    target: ColumnDrift | None = None

    @property
    def drifted(self) -> list[str]:
        """Names of the features that drifted, highest score first."""
        return [name for name, column in self.columns.items() if column.drifted]

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return {
            "status": self.status,
            "reason": self.reason,
            "rows": self.rows,
            "reference_rows": self.reference_rows,
            "settings": self.settings.model_dump(),
            "share": self.share,
            "columns": {name: asdict(column) for name, column in self.columns.items()},
            "target": asdict(self.target) if self.target else None,
        }


def measure_drift(
    profile: dict[str, Any], frame: pd.DataFrame, schema: Schema, settings: DriftSettings
) -> DriftVerdict:
    """Compare all rows of ``frame`` with a profile made by ``build_profile``.

    Wrong data is measured too, because that is when a person looks: a column that is not there, or
    a text among numbers, counts as missing; columns unknown to the schema are left alone. Raises
    ``DriftError`` if the profile does not belong to the schema.
    """
    entries = _entries(profile, schema)
    rows, reference_rows = len(frame), profile["rows"]
    for count, whose in ((rows, "the data"), (reference_rows, "the reference")):
        if count < settings.min_rows:
            reason = f"{whose} has {count} rows, min_rows is {settings.min_rows}"
            return DriftVerdict("not enough data", reason, rows, reference_rows, settings)
    measured = {
        name: measure_column(entry, _values(frame, name), reference_rows, settings)
        for name, entry in entries.items()
    }
    columns = dict(sorted(measured.items(), key=lambda item: -item[1].score))
    count = sum(column.drifted for column in columns.values())
    share = count / len(columns)
    target = profile.get("target")
    return DriftVerdict(
        status="drift" if share >= settings.share_threshold else "no drift",
        reason=f"{count} of {len(columns)} features drifted ({share:.1%}), "
        f"share_threshold is {settings.share_threshold:.1%}",
        rows=rows,
        reference_rows=reference_rows,
        settings=settings,
        share=share,
        columns=columns,
        target=(
            measure_column(target, _values(frame, target["name"]), reference_rows, settings)
            if target and schema.target.name in frame.columns
            else None
        ),
    )


def measure_column(
    entry: Entry, values: pd.Series, reference_rows: int, settings: DriftSettings
) -> ColumnDrift:
    """Drift of one column's values, shape (rows,) with rows > 0, against its profile entry.

    Predictions have the type of the target: measure them against ``profile["target"]``.
    """
    method, threshold = settings.for_entry(entry)
    measured, noise = _MEASURES[method](entry, values, reference_rows)
    score = max(0.0, measured - noise)
    return ColumnDrift(score, threshold, score >= threshold, method, measured, noise)


def _entries(profile: dict[str, Any], schema: Schema) -> dict[str, Entry]:
    again = "make it again with `dvc repro reference`"
    if profile.get("format") != FORMAT:
        found = profile.get("format")
        raise DriftError(f"the profile has format {found!r}, this code reads {FORMAT}; {again}")
    names = schema.feature_names
    unknown = [name for name in names if name not in profile["features"]]
    if unknown:
        raise DriftError(f"the profile lacks the features: {', '.join(unknown)}; {again}")
    return {name: profile["features"][name] for name in names}


def _values(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        return pd.Series(np.nan, index=frame.index, name=name)
    values = frame[name]
    return values if isinstance(values, pd.Series) else values.iloc[:, 0]


def _default_threshold(settings: dict[str, Any]) -> float:
    # A refused method is missing here; pydantic then reports the method, not this.
    return THRESHOLDS[settings.get("method", "psi")]
