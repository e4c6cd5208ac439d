"""The monthly report of what the model is worth, made when it is due."""

import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from zenml import step

from ..kpis.command import read_book
from ..kpis.file import KPI_FILE, load_kpi
from ..kpis.month import KpiReportError
from ..kpis.report import write_due
from ..settings import load_settings

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def report_value(booked: dict[str, Any]) -> Annotated[list[str], "reports"]:
    """Files of the report, beside what monitoring remembers; none on all other days.

    ``booked`` only says that everything is booked by now. Raises ``KpiFileError``.
    """
    settings = load_settings()
    kpi, book = load_kpi(settings.root / KPI_FILE), read_book(settings)
    folder, today = settings.monitoring_state / "reports", datetime.now(UTC).date()
    try:
        paths = write_due(kpi, book, settings.model_name, today, folder)
    except KpiReportError as error:
        # A book of former outcomes: no reason to stop looking at drift.
        logger.error("the report of last month cannot be made: %s", error)
        return []
    if paths:
        # Whoever cannot reach the volume of the job reads it in the log.
        logger.info("%s\n%s", paths[0].read_text("utf-8"), "\n".join(map(str, paths)))
    return [str(path) for path in paths]
