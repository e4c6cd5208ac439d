"""Logged predictions and their labels, against the model that made them."""

import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from zenml import step
from zenml.types import HTMLString

from ..drift import DriftSettings
from ..monitoring import monitored
from ..observations.booking import book_outcomes
from ..observations.logged_settings import LoggedSettings
from ..observations.observation import observe
from ..observations.opening import open_reader, read_labels
from ..observations.pages import pages_of
from ..observations.predictions import read_predictions
from ..quality import QualitySettings
from ..registry import Registry
from ..settings import load_observability, load_settings

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def observe_predictions(
    logged: LoggedSettings, quality: QualitySettings, drift: DriftSettings, report_rows: int
) -> tuple[
    Annotated[dict[str, Any], "observation"],
    Annotated[dict[str, Any], "booked"],
    Annotated[HTMLString, "predictions_report"],
    Annotated[HTMLString, "quality_report"],
    Annotated[HTMLString, "drift_report"],
]:
    """Figures of all rows, outcomes booked so far by version, and pages (empty: nothing to show).

    Raises ``MonitoringError`` without a model, ``ObservationError`` for a place that cannot be
    read. Bad data and no data are results, not errors.
    """
    settings, access, now = load_settings(), load_observability(), datetime.now(UTC)
    since, recent = now - logged.history, now - logged.recent
    with monitored(access.bundle, access.bundle_digest, Registry(settings).champion) as reference:
        bundle = reference.bundle
        reader = open_reader(logged.predictions, settings.root, access)
        predictions = read_predictions(reader, bundle.schema, since, now)
        labels = read_labels(logged, bundle.schema, settings.root, access, since, now)
        observation, joined = observe(
            bundle,
            reference.profile,
            reference.evaluation,
            predictions,
            labels,
            logged,
            quality,
            drift,
            since,
            recent,
        )
        booked = book_outcomes(settings, predictions, joined, since)
        told = "; ".join(observation.findings or observation.notes) or "nothing beyond a limit"
        logger.info("%s %s, events of %s: %s", bundle.name, bundle.version, reader.place, told)
        pages = pages_of(observation, reference.rows, drift, report_rows)
    whole, quality_page, drift_page = map(HTMLString, pages)
    return observation.to_dict(), booked, whole, quality_page, drift_page
