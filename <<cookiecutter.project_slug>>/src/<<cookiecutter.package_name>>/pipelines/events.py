"""How steps begin and end, as log records; ZenML calls these hooks for every step that runs.

In the pod of a step this is the first code of ours, so it makes the log ready too. A step that was
taken from the cache does not run.
"""

import logging
import time
from typing import Any

from zenml import get_step_context

from .. import console
from ..logs import error_fields

_log = logging.getLogger(__name__)
_DATASETS = {"training": "ml.training", "monitoring": "ml.monitor"}
_started: dict[str, int] = {}


def step_started() -> None:
    """From now on every record of the process names run and step."""
    service = console.service()
    if service is None:
        return
    context = get_step_context()
    run = context.pipeline_run
    pipeline = context.pipeline.name
    service.fields.update(
        {
            "event.dataset": _DATASETS.get(pipeline, "ml.batch"),
            "trace.id": str(run.id),
            "ml.pipeline.name": pipeline,
            "ml.pipeline.run_id": str(run.id),
            "ml.pipeline.step": context.step_name,
        }
    )
    _started[context.step_name] = time.perf_counter_ns()
    _log.info("step %s started", context.step_name, extra=_ecs("step_started"))


def step_ended(exception: BaseException | None = None) -> None:
    """The outcome and, of a failure, the error."""
    service = console.service()
    if service is None:
        return
    step = get_step_context().step_name
    told: dict[str, Any] = {"event.outcome": "success" if exception is None else "failure"}
    begun = _started.pop(step, None)
    if begun is not None:
        told["event.duration"] = time.perf_counter_ns() - begun
    if exception is None:
        _log.info("step %s finished", step, extra=_ecs("step_finished", told))
    else:
        told |= error_fields(exception)
        _log.error("step %s failed: %s", step, exception, extra=_ecs("step_finished", told))
    service.fields.pop("ml.pipeline.step", None)


def _ecs(action: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"ecs": {"event.action": action, **(more or {})}}
