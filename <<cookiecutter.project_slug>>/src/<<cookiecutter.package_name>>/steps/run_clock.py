"""How long the present run has taken, and what a failed one leaves behind."""

import logging
from datetime import UTC, datetime

from zenml import get_step_context

from ..pushing import MONITORING_JOB, TRAINING_JOB, PushError, failed, push
from ..settings import load_observability

logger = logging.getLogger(__name__)
_JOBS = {"monitoring": MONITORING_JOB}


def seconds_so_far() -> float:
    """Since the run of the present step began."""
    begun = get_step_context().pipeline_run.start_time
    if begun is None:
        return 0.0
    # ZenML keeps UTC without saying so.
    return (datetime.now(UTC) - begun.replace(tzinfo=UTC)).total_seconds()


def push_failure(exception: BaseException) -> None:
    """Hook of every step: tell when the pipeline failed.

    It never raises, as the run has its own error to show.
    """
    pipeline = get_step_context().pipeline.name
    job = _JOBS.get(pipeline, TRAINING_JOB)
    try:
        push(failed(pipeline), job, load_observability(), replace=False)
    except PushError as error:
        logger.warning("%s", error)
