"""Tell that a training ended well, and how good the model is."""

import logging
from typing import Any

from zenml import get_step_context, step

from ..pushing import TRAINING_JOB, Figure, PushError, finished, push
from ..settings import load_observability
from .run_clock import seconds_so_far

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def push_training(
    evaluation: dict[str, Any], quality: dict[str, Any], model_version: dict[str, str]
) -> None:
    """Push the figures of the training; a gateway that is away costs a warning and no model."""
    version = {"model_version": model_version["version"]}
    name = get_step_context().pipeline.name
    figures = finished(name, seconds_so_far())
    figures.append(Figure("ml_training_rows", "Rows of the dataset.", quality["rows"], version))
    figures += [
        Figure(
            "ml_training_metric", "Quality on the test rows.", value, {**version, "metric": metric}
        )
        for metric, value in evaluation["metrics"].items()
    ]
    try:
        push(figures, TRAINING_JOB, load_observability())
    except PushError as error:
        logger.warning("the model is registered all the same, but %s", error)
