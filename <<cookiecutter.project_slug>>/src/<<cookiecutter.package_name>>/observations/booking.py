"""From joined labels to the ledger of outcomes, by the values file of the model."""

import logging
from datetime import datetime

import numpy as np

from ..kpis.file import KPI_FILE, KpiFileError, load_kpi
from ..kpis.outcomes import outcome_names, outcomes_of
from ..settings import Settings
from .joining import Joined, last_of_each
from .ledger import Ledger
from .observation import outcomes_by_row
from .predictions import Predictions
from .state_files import FOLDER
from .volumes import Volumes

logger = logging.getLogger(__name__)


def book_outcomes(
    settings: Settings, predictions: Predictions, joined: Joined, since: datetime
) -> dict[str, dict[str, int]]:
    """Book what is labelled now, and return all counts by model version and outcome.

    Every outcome of a version is there, with 0 if it never occurred: a counter that appears late
    loses its first rise. While the values file is for another task, nothing is booked, with a
    warning: drift has to be watched all the same. Raises ``KpiFileError`` for a broken file, and
    ``ObservationError``.
    """
    schema = predictions.schema
    kpi = load_kpi(settings.root / KPI_FILE)
    try:
        names = outcome_names(kpi, schema)
    except KpiFileError as error:
        logger.warning("no outcome is booked: %s", error)
        return {}
    outcomes = outcomes_by_row(
        predictions, joined, lambda truth, predicted: outcomes_of(truth, predicted, schema, kpi)
    )
    versions = np.array(predictions.version_names, dtype=object)[predictions.versions[joined.rows]]
    ledger = Ledger(settings.monitoring_state / FOLDER)
    rows = joined.rows
    booked = ledger.book(predictions.keys[rows], predictions.times[rows], versions, outcomes, since)
    logger.info("%d outcomes booked that were not yet", booked.new)
    if booked.corrected:
        logger.info(
            "%d labels differ from what was booked; the book stays as it is", booked.corrected
        )
    once = last_of_each(predictions.keys, predictions.times)
    everything = np.array(predictions.version_names, dtype=object)[predictions.versions[once]]
    places = np.cumsum(once)[rows] - 1
    volumes = Volumes(settings.monitoring_state / FOLDER)
    volumes.book(predictions.times[once], everything, places, joined.waits)
    return {
        version: {name: booked.totals.get(version, {}).get(name, 0) for name in names}
        for version in sorted({*booked.totals, *predictions.version_names})
    }
