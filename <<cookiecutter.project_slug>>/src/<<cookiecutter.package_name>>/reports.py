"""HTML reports for people: the decision with its figures from all rows, and Evidently's charts.

Evidently needs minutes and gigabytes for a million rows, so it draws a sample, and the page says
which. The sample decides nothing. Importing Evidently takes seconds, so it is done when needed.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from .charting import Excerpt, excerpt
from .drift import ColumnDrift, DriftSettings, DriftVerdict
from .quality import QualityVerdict
from .schema import Schema
from .verdict_pages import drift_page, quality_page, words

if TYPE_CHECKING:
    from evidently import Dataset

MAX_ROWS = 5000
SEED = 42


def quality_report(
    frame: pd.DataFrame,
    schema: Schema,
    verdict: QualityVerdict,
    path: Path,
    max_rows: int = MAX_ROWS,
    seed: int = SEED,
) -> Path:
    """Write the quality page of ``frame`` of (rows, columns), which may be wrong in any way."""
    chosen = excerpt(frame, schema, max_rows, seed)
    page = quality_page(verdict)
    page.notes.append(f"Decided on all rows. The charts show {chosen.description}.")
    page.write(path, _summary_charts(chosen))
    return path


def drift_report(
    reference_frame: pd.DataFrame,
    current_frame: pd.DataFrame,
    schema: Schema,
    settings: DriftSettings,
    verdict: DriftVerdict,
    path: Path,
    max_rows: int = MAX_ROWS,
    seed: int = SEED,
) -> Path:
    """Write the drift page of ``current_frame`` against ``reference_frame``.

    ``verdict`` was measured on all rows with ``settings``; the frames may be samples of them.
    """
    reference = excerpt(reference_frame, schema, max_rows, seed)
    current = excerpt(current_frame, schema, max_rows, seed)
    page = drift_page(verdict, schema)
    page.notes.append(
        f"The charts show, of the data, {current.description}; of the reference, "
        f"{reference.description}. The scores beside them are those of all rows."
    )
    if verdict.status == "not enough data":
        charts = _summary_charts(current, reference)
    else:
        charts = _drift_charts(reference, current, schema, settings, verdict)
    page.write(path, charts)
    return path


def _summary_charts(chosen: Excerpt, reference: Excerpt | None = None) -> str | None:
    """Evidently's page of every column, beside the reference if there is one."""
    from evidently import Report
    from evidently.presets import DataSummaryPreset

    names = _drawable(chosen, reference or chosen)
    if not names:
        return None
    with warnings.catch_warnings():
        # Nearly empty and constant columns make it divide by zero; the findings name them.
        warnings.simplefilter("ignore")
        beside = _dataset(reference, names) if reference else None
        snapshot = Report([DataSummaryPreset()]).run(_dataset(chosen, names), beside)
        return snapshot.get_html_str(as_iframe=False)


def _drift_charts(
    reference: Excerpt,
    current: Excerpt,
    schema: Schema,
    settings: DriftSettings,
    verdict: DriftVerdict,
) -> str | None:
    """Evidently's drift page, with our method given to it as a custom one.

    Its own measures use other bins, no allowance for chance and no bin for missing values: on a
    small sample they would contradict the decision on the same page.
    """
    from evidently import Report
    from evidently.metrics import ValueDrift
    from evidently.presets import DataDriftPreset

    names = _drawable(current, reference)
    features = [name for name in names if name in verdict.columns]
    if not features:
        return None
    method = _register(verdict, schema)
    preset = DataDriftPreset(
        columns=[_safe(name) for name in features],
        method=method,
        per_column_threshold={_safe(name): verdict.columns[name].threshold for name in features},
        drift_share=settings.share_threshold,
    )
    metrics: list[DataDriftPreset | ValueDrift] = [preset]
    target = schema.target.name
    if verdict.target and target in names:
        threshold = verdict.target.threshold
        metrics.append(ValueDrift(column=_safe(target), method=method, threshold=threshold))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        snapshot = Report(metrics).run(_dataset(current, names), _dataset(reference, names))
        return snapshot.get_html_str(as_iframe=False)


def _register(verdict: DriftVerdict, schema: Schema) -> str:
    """Make the scores of all rows known to Evidently; returns the name of the method."""
    from evidently.legacy.calculations.stattests import StatTest, register_stattest
    from evidently.legacy.core import ColumnType

    scores: dict[str, ColumnDrift] = {_safe(name): it for name, it in verdict.columns.items()}
    if verdict.target:
        scores[_safe(schema.target.name)] = verdict.target

    def decided(_reference, values: pd.Series, _type, _threshold) -> tuple[float, bool]:
        column = scores[str(values.name)]
        return column.score, column.drifted

    method = f"{words(verdict.settings.method)}, all rows"
    types = [ColumnType.Numerical, ColumnType.Categorical]
    register_stattest(StatTest(method, method, types), decided)
    return method


def _drawable(chosen: Excerpt, other: Excerpt) -> list[str]:
    return [name for name in chosen.names if name in other.names]


def _dataset(chosen: Excerpt, names: list[str]) -> "Dataset":
    from evidently import DataDefinition, Dataset

    numbers = [_safe(name) for name in names if name in chosen.numbers]
    texts = [_safe(name) for name in names if name in chosen.texts]
    frame = pd.DataFrame({_safe(name): chosen[name] for name in names})
    frame[texts] = frame[texts].map(_safe, na_action="ignore")
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    return Dataset.from_pandas(frame, data_definition=definition)


def _safe(text: str) -> str:
    # Evidently writes texts into a script element as they are, where "</script>" would end it.
    return text.replace("<", "\u2039")
