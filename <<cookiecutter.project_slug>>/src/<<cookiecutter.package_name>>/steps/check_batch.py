"""A batch of new rows against the reference data of the champion."""

import logging
import tempfile
from pathlib import Path
from typing import Annotated, Any

from zenml import step
from zenml.types import HTMLString

from ..drift import DriftSettings, measure_drift
from ..monitoring import read_batch, reference_of
from ..params import load_params
from ..quality import QualitySettings, check_quality
from ..registry import Registry
from ..settings import load_settings

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def check_batch(
    batch: str, quality: QualitySettings, drift: DriftSettings, report_rows: int
) -> tuple[
    Annotated[dict[str, Any], "quality"],
    Annotated[dict[str, Any], "drift"],
    Annotated[HTMLString, "quality_report"],
    Annotated[HTMLString, "drift_report"],
]:
    """Verdicts on all rows of the file ``batch``, and the pages to look at.

    Raises ``MonitoringError`` if there is no champion or no such file. Rows that break the schema
    are a finding of the quality verdict and do not end the run.
    """
    from ..reports import drift_report, quality_report

    settings = load_settings()
    champion, reference, profile, _ = reference_of(Registry(settings).champion())
    rows = read_batch(Path(batch), champion.schema, load_params(settings.root))
    quality_verdict = check_quality(rows, champion.schema, quality, with_target=False)
    drift_verdict = measure_drift(profile, rows, champion.schema, drift)
    logger.info(
        "%s rows against %s %s: %s",
        len(rows),
        champion.name,
        champion.version,
        drift_verdict.status,
    )
    with tempfile.TemporaryDirectory() as scratch:
        pages = Path(scratch) / "quality.html", Path(scratch) / "drift.html"
        quality_report(rows, champion.schema, quality_verdict, pages[0], report_rows)
        drift_report(reference, rows, champion.schema, drift, drift_verdict, pages[1], report_rows)
        texts = [HTMLString(page.read_text(encoding="utf-8")) for page in pages]
    return quality_verdict.to_dict(), drift_verdict.to_dict(), texts[0], texts[1]
