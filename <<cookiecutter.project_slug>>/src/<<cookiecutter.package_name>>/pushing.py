"""Figures of jobs, pushed to a Pushgateway: a job is gone before anybody could ask it.

Each push replaces everything that the same job of the same model pushed before (PUT), so that what
is not measured any more does not stay. Only a failed run adds to it (POST): the time of the last
success must not vanish when it matters.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Literal
from urllib.error import HTTPError

from .settings import Observability

logger = logging.getLogger(__name__)

Kind = Literal["gauge", "counter"]
MONITORING_JOB, TRAINING_JOB = "ml-monitoring", "ml-training"
# Times to wait between attempts, in seconds.
PAUSES = (1.0, 3.0, 9.0)
_SECONDS = 10


class PushError(RuntimeError):
    """The Pushgateway cannot be reached or refuses; the message names its address."""


@dataclass(frozen=True)
class Figure:
    """One value; figures of one name have the same labels. Times are in seconds since 1970."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "gauge"


def push(figures: Sequence[Figure], job: str, access: Observability, replace: bool = True) -> bool:
    """Push the figures of one job of this model; False if no gateway is set.

    ``replace=False`` keeps what was pushed before under other names. Raises ``PushError`` after a
    few attempts.
    """
    if access.pushgateway is None:
        logger.info("PUSHGATEWAY_URL is not set, so nothing is pushed")
        return False
    from prometheus_client import exposition

    send = exposition.push_to_gateway if replace else exposition.pushadd_to_gateway
    registry = _registry(figures)
    for pause in (*PAUSES, None):
        try:
            send(access.pushgateway, job, registry, access.grouping, timeout=_SECONDS)
        except HTTPError as error:
            reason = f"HTTP {error.code}: {error.read(500).decode(errors='replace').strip()}"
            if error.code != 429 and error.code < 500:
                raise PushError(
                    f"the Pushgateway at {access.pushgateway} refuses the figures of {job}: "
                    f"{reason}; check PUSHGATEWAY_URL"
                ) from None
        except (OSError, HTTPException, ValueError) as error:
            # Nobody there, or no HTTP from there; the last two also for an address that is none.
            reason = str(getattr(error, "reason", None) or error)
        else:
            logger.info("%d figures of %s pushed to %s", len(figures), job, access.pushgateway)
            return True
        if pause is None:
            raise PushError(
                f"the figures of {job} were not pushed: no answer from the Pushgateway at "
                f"{access.pushgateway} after {len(PAUSES) + 1} attempts ({reason}); check that it "
                "runs, and PUSHGATEWAY_URL, then run again"
            )
        logger.warning("Pushgateway at %s: %s; again in %g s", access.pushgateway, reason, pause)
        time.sleep(pause)
    raise AssertionError  # The last pause is None.


def _registry(figures: Sequence[Figure]):
    """A registry that holds just these figures, one family a name."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
    for figure in figures:
        if figure.name not in families:
            kind = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
            families[figure.name] = kind(figure.name, figure.help, labels=list(figure.labels))
        families[figure.name].add_metric(list(figure.labels.values()), figure.value)

    class _Given:
        def collect(self):
            return families.values()

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given())
    return registry


def finished(pipeline: str, seconds: float) -> list[Figure]:
    """What every pipeline says when it ends well."""
    labels = {"pipeline": pipeline}
    return [
        Figure(
            "ml_pipeline_last_success_timestamp_seconds",
            "When the pipeline last ended well.",
            time.time(),
            labels,
        ),
        Figure(
            "ml_pipeline_duration_seconds",
            "How long the last run took that ended well.",
            seconds,
            labels,
        ),
    ]


def failed(pipeline: str) -> list[Figure]:
    """What every pipeline says when it fails."""
    name = "ml_pipeline_last_failure_timestamp_seconds"
    return [Figure(name, "When the pipeline last failed.", time.time(), {"pipeline": pipeline})]
