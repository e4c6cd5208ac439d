"""What ``configs/monitoring.yaml`` may say about logged predictions and labels."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    # A misspelt key that is ignored would be a limit that never applies.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Files(_Strict):
    """Files by a pattern below the checkout; ``.gz`` is unpacked while it is read."""

    kind: Literal["files"]
    path: str = Field(min_length=1)


class Elasticsearch(_Strict):
    """A search engine over plain HTTP: Elasticsearch or OpenSearch.

    ``url`` is that of ELASTICSEARCH_URL if it is not given; ``index`` may hold ``{environment}``.
    """

    kind: Literal["elasticsearch"]
    url: str | None = None
    index: str = Field(min_length=1)
    page: int = Field(default=5000, ge=1, le=10_000)


OnFinding = Literal["none", "retrain", "issue"]
Place = Annotated[Files | Elasticsearch, Field(discriminator="kind")]


class Slice(_Strict):
    """One feature by whose values quality is told apart.

    Texts and booleans make one slice a value. Numbers are cut at ``edges``; without them, at the
    quartiles of the reference data.
    """

    feature: str
    edges: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _edges_rise(self) -> "Slice":
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges of the slice {self.feature!r} must rise")
        return self


class LoggedSettings(_Strict):
    """Where predictions and labels are, which of them count, and what follows from a finding.

    Drift and data quality are those of the last ``recent_days``; quality is that of all labelled
    predictions of the last ``history_days``.
    """

    predictions: Place
    labels: Place | None = None
    history_days: float = Field(default=30, gt=0)
    recent_days: float = Field(default=1, gt=0)
    # A label that comes later than this is counted as late, and not used.
    max_label_delay_days: float = Field(default=14, gt=0)
    # With fewer labels quality is shown and decides nothing; a slice with fewer is not shown.
    min_labels: int = Field(default=50, ge=1)
    min_slice_labels: int = Field(default=30, ge=1)
    # How far a metric may fall below that of the model's evaluation, as a share of it.
    max_quality_drop: float = Field(default=0.1, ge=0)
    # The metrics that decide; without any, the one of the task in ``performance.DECIDING``.
    metrics: tuple[str, ...] = ()
    slices: tuple[Slice, ...] = ()
    on_finding: OnFinding = "none"

    @model_validator(mode="after")
    def _windows_fit(self) -> "LoggedSettings":
        if self.recent_days > self.history_days:
            raise ValueError("recent_days is a part of history_days and cannot be longer")
        if self.max_label_delay_days > self.history_days:
            raise ValueError(
                "max_label_delay_days cannot be longer than history_days: the prediction of such a "
                "label would not be read any more"
            )
        return self

    @property
    def history(self) -> timedelta:
        return timedelta(days=self.history_days)

    @property
    def recent(self) -> timedelta:
        return timedelta(days=self.recent_days)

    @property
    def max_label_delay(self) -> timedelta:
        return timedelta(days=self.max_label_delay_days)
