"""The monitoring pipeline: a batch of new rows against the champion's reference data."""

from zenml import pipeline
from zenml.enums import ExecutionMode

from ..drift import DriftSettings
from ..quality import QualitySettings
from ..steps.check_batch import check_batch


@pipeline(name="monitoring", execution_mode=ExecutionMode.FAIL_FAST)
def monitoring(
    batch: str, quality: QualitySettings, drift: DriftSettings, report_rows: int = 5000
) -> None:
    """Settings come from ``configs/monitoring.yaml``; ``batch`` is a CSV or Parquet file."""
    check_batch(batch, quality, drift, report_rows)
