"""The monitoring pipeline: logged predictions, or a batch of new rows, against the champion."""

from zenml import pipeline
from zenml.enums import ExecutionMode

from ..drift import DriftSettings
from ..observations.logged_settings import LoggedSettings
from ..quality import QualitySettings
from ..steps.answer_findings import answer_findings
from ..steps.check_batch import check_batch
from ..steps.observe_predictions import observe_predictions
from ..steps.push_observation import push_observation
from ..steps.report_value import report_value
from ..steps.run_clock import push_failure
from .events import step_ended, step_started


@pipeline(
    name="monitoring",
    execution_mode=ExecutionMode.FAIL_FAST,
    on_start=step_started,
    on_end=step_ended,
    on_failure=push_failure,
)
def monitoring(
    logged: LoggedSettings,
    quality: QualitySettings,
    drift: DriftSettings,
    batch: str | None = None,
    report_rows: int = 5000,
) -> None:
    """Settings come from ``configs/monitoring.yaml``.

    ``batch`` is a CSV or Parquet file to look at instead of the logged predictions; nothing is
    pushed for it and nothing follows from it.
    """
    if batch is not None:
        check_batch(batch, quality, drift, report_rows)
        return
    observation, booked, _, _, _ = observe_predictions(logged, quality, drift, report_rows)
    pushed = push_observation(observation, booked)
    report_value(booked)
    answer_findings(observation, logged, pushed)
