"""Errors that explain themselves: a person sees their message and no traceback."""

import logging
import sys

_ERRORS = {
    "comparison": ("ComparisonError",),
    "bundle": ("BundleError",),
    "bundle_store": ("BundleStoreError",),
    "drift": ("DriftError",),
    "evaluation": ("EvaluationError",),
    "gate": ("GateError",),
    "inference": ("InferenceError",),
    "kpis.file": ("KpiFileError",),
    "kpis.month": ("KpiReportError",),
    "kpis.outcomes": ("OutcomeError",),
    "labelling": ("LabelError",),
    "models": ("ModelError",),
    "monitoring": ("MonitoringError",),
    "observe.checking": ("ReasonsError",),
    "observe.configuration": ("ConfigurationError",),
    "observe.filling": ("FillingError",),
    "observe.processes": ("ProcessError",),
    "observe.programs": ("MissingProgramsError",),
    "observe.prometheus": ("PrometheusError",),
    "observe.selectors": ("QueryError",),
    "observations.records": ("ObservationError",),
    "params": ("ParamsError",),
    "pointers": ("DatasetError",),
    "profile": ("ProfileError",),
    "promotion.abtest_log": ("AbTestError",),
    "promotion.analysis": ("AnalysisError",),
    "promotion.blocked": ("BlockedError",),
    "promotion.environments": ("EnvironmentsError",),
    "promotion.forges": ("ForgeError",),
    "promotion.git": ("GitError", "StaleError"),
    "promotion.hypothesis": ("HypothesisError",),
    "promotion.plans": ("PlanError",),
    "promotion.record": ("RecordError",),
    "promotion.release": ("ReleaseError",),
    "promotion.rendering": ("RenderError",),
    "promotion.rollout_state": ("RolloutError",),
    "pushing": ("PushError",),
    "reading": ("DataError",),
    "registry": ("RegistryError",),
    "schema": ("SchemaFileError",),
    "sources.errors": ("SourceError",),
    "validation": ("SchemaError",),
}


class ConfigError(ValueError):
    """A run configuration is missing or not valid; the message names the file."""


def expected_errors() -> tuple[type[Exception], ...]:
    """Every error that says what is wrong and what to do: shown without a traceback.

    Only modules that were imported can have raised one.
    """
    found: list[type[Exception]] = [ConfigError]
    for module, names in _ERRORS.items():
        loaded = sys.modules.get(f"{__package__}.{module}")
        found += [getattr(loaded, name) for name in names if loaded is not None]
    return tuple(found)


def without_traceback(record: logging.LogRecord) -> bool:
    """ZenML shows a failed step's traceback; an error that explains itself needs none."""
    if record.exc_info and isinstance(record.exc_info[1], expected_errors()):
        record.exc_info = record.exc_text = None
    return True
