"""Data quality of all rows, and drift between training and test rows, with Evidently's pages."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from zenml import step
from zenml.types import HTMLString

from ..drift import DriftSettings, measure_drift
from ..profile import build_profile
from ..quality import QualitySettings, check_quality
from ..schema import Schema
from .caching import BY_CONTENT


@step(cache_policy=BY_CONTENT)
def check_data(
    train: pd.DataFrame,
    test: pd.DataFrame,
    schema: dict[str, Any],
    quality: QualitySettings,
    drift: DriftSettings,
    report_rows: int,
) -> tuple[
    Annotated[dict[str, Any], "quality"],
    Annotated[dict[str, Any], "drift"],
    Annotated[HTMLString, "quality_report"],
    Annotated[HTMLString, "drift_report"],
]:
    """Verdicts on all rows; the pages show at most ``report_rows`` of them and say so."""
    from ..reports import drift_report, quality_report

    contract = Schema.model_validate(schema)
    everything = pd.concat([train, test], ignore_index=True)
    quality_verdict = check_quality(everything, contract, quality)
    drift_verdict = measure_drift(build_profile(train, contract), test, contract, drift)
    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch) / "quality.html", Path(scratch) / "drift.html"
        quality_report(everything, contract, quality_verdict, pages[0], report_rows)
        drift_report(train, test, contract, drift, drift_verdict, pages[1], report_rows)
        texts = [HTMLString(page.read_text(encoding="utf-8")) for page in pages]
    return quality_verdict.to_dict(), drift_verdict.to_dict(), texts[0], texts[1]
