"""What 1000 decisions of a model are expected to be worth: the figure that a release carries.

Counted on the test rows of its training, with the values of ``observability/kpi.yaml``. It may be
far from what production brings, where cases come in other shares; two models are compared by it.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..gate import Check
from ..predictor import Prediction
from ..schema import Schema
from .file import KPI_FILE, KpiFile, KpiFileError, load_kpi
from .formulas import baseline_values, interval, per_1000, totals
from .outcomes import outcome_names, outcomes_of

logger = logging.getLogger(__name__)


def expected_value(
    test: pd.DataFrame, prediction: Prediction, schema: Schema, kpi: KpiFile, seed: int
) -> dict[str, Any]:
    """Counts and worth of ``prediction`` for the rows of ``test``, which hold the target.

    ``{currency, outcomes, values, baseline, per_1000, low, high, baseline_per_1000}``: counts by
    outcome, worth of one with the model and in the baseline, and money for 1000 decisions with a
    95 % bootstrap interval. Raises ``KpiFileError`` if the file was written for another task.
    """
    names = outcome_names(kpi, schema)
    found = outcomes_of(test[schema.target.name].to_numpy(), prediction.labels, schema, kpi)
    counts = {name: int((found == name).sum()) for name in names}
    values = {name: float(kpi.outcomes[name]) for name in names}
    before = {name: float(worth) for name, worth in baseline_values(kpi).items()}
    bounds = interval(totals(counts, values, seed) * 1000 / len(found))
    return {
        "currency": kpi.currency,
        "outcomes": counts,
        "values": values,
        "baseline": before,
        "per_1000": per_1000(counts, values),
        "low": bounds.low,
        "high": bounds.high,
        "baseline_per_1000": per_1000(counts, before),
    }


def of_project(
    root: Path, test: pd.DataFrame, prediction: Prediction, schema: Schema, seed: int
) -> dict[str, Any] | None:
    """The same by the KPI file in ``root``; ``None``, with a warning, where it does not fit.

    A model can be trained before anybody has said what it is worth. A file that is broken and not
    only for another task raises ``KpiFileError``.
    """
    path = root / KPI_FILE
    if not path.is_file():
        logger.warning("there is no %s, so the model gets no expected value", KPI_FILE)
        return None
    kpi = load_kpi(path)
    try:
        outcome_names(kpi, schema)
    except KpiFileError as error:
        logger.warning("the model gets no expected value: %s", error)
        return None
    return expected_value(test, prediction, schema, kpi, seed)


def remark(found: Mapping[str, Any] | None) -> Check:
    """The figure among the answers of the quality gate. It decides nothing there."""
    if found is None:
        reason = f"not known: {KPI_FILE} is missing or for another task"
    else:
        reason = (
            f"{found['per_1000']:,.2f} {found['currency']} for 1000 decisions "
            f"[{found['low']:,.2f}, {found['high']:,.2f}], {found['baseline_per_1000']:,.2f} in "
            "the baseline (reported only)"
        )
    return Check("expected value", True, reason)
