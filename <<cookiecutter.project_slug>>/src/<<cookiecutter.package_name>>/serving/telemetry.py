"""One log line a request, one event a predicted row, and the counters that go with them."""

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from ..bundle import Bundle
from ..logs import Service, dump, timestamp
from .context import RequestContext
from .event_features import allowed_features
from .event_files import EventFiles
from .logs import DATASET, READY_LINES
from .metrics import ModelMetrics
from .scoring import Scored
from .settings import ServingSettings

_lines = logging.getLogger(READY_LINES)
_log = logging.getLogger(__name__)
EVENTS = "ml.prediction"
# Lines are made and written for all requests of so many seconds, or of so many rows, at once: code
# that was used a moment ago takes a fraction of the processor time.
_PAUSE = 0.05
_ROWS = 1000
# What every event says of itself; the rest differs from one to the next.
_EVENT = {
    "log.level": "info",
    "message": "prediction",
    "event.dataset": EVENTS,
    "event.action": "prediction",
    "event.outcome": "success",
}


class Telemetry:
    """Where finished requests are told of; knows the model once ``attach`` was called."""

    def __init__(self, settings: ServingSettings, service: Service) -> None:
        self._settings = settings
        self._service = service
        self._origin: dict[str, Any] = {}
        self._starts: dict[str, str] = {}
        if settings.variant is not None:
            service.fields["ml.variant"] = settings.variant
        self._metrics: ModelMetrics | None = None
        # Position and name of each feature that is logged, and the values of those that are codes.
        self._features: list[tuple[int, str]] = []
        self._codes: list[tuple[int, str, Sequence[str]]] = []
        self._waiting: deque[tuple[RequestContext, bool]] = deque()
        self._rows = 0
        self._timer: asyncio.TimerHandle | None = None
        self._random = random.Random()
        self._files: EventFiles | None = None
        if settings.event_folder is not None:
            self._files = EventFiles(settings.event_folder, settings.event_folder_bytes)

    def attach(self, bundle: Bundle, name: str) -> None:
        """Name the model in every line from now on, and create its metrics."""
        allowed = allowed_features(bundle.schema, self._settings.event_features)
        self._features = [(position, name) for position, name, _ in allowed]
        self._codes = [each for each in allowed if each[2] is not None]
        self._metrics = ModelMetrics(bundle, name)
        self._service.fields.update(
            {
                "service.version": bundle.version,
                "ml.model.name": name,
                "ml.model.version": bundle.version,
            }
        )
        if bundle.manifest.get("run_id"):
            self._service.fields["ml.model.run_id"] = bundle.manifest["run_id"]

    def finish(self, request: RequestContext, is_prediction: bool) -> None:
        """Count one answered request, and log it in a moment; at once if there was a fault."""
        request.ended_ns = time.perf_counter_ns()
        if is_prediction and self._metrics is not None:
            if request.error is not None:
                self._metrics.refused(request.error)
            elif request.scored is not None:
                self._metrics.answered(request.scored)
        self._tell(request, is_prediction)

    def close(self) -> None:
        """Write what waits, and finish what is written beside the answers."""
        self.flush()
        if self._files is not None:
            self._files.close()

    def flush(self) -> None:
        """Write the lines of all requests that ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._rows = 0
        lines: list[str] = []
        try:
            while self._waiting:
                request, is_prediction = self._waiting.popleft()
                lines += self._lines(request, is_prediction)
        finally:
            # A request that cannot be told of takes no other's lines with it.
            if lines:
                _lines.info("\n".join(lines))

    def _tell(self, request: RequestContext, is_prediction: bool) -> None:
        self._waiting.append((request, is_prediction))
        self._rows += 0 if request.scored is None else len(request.scored.matrix)
        if request.exception is not None or self._rows > _ROWS:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE, self.flush)

    def _lines(self, request: RequestContext, is_prediction: bool) -> list[str]:
        failed = request.error is not None or request.exception is not None
        line = dump(self._request_line(request, is_prediction, failed))
        lines = [self._start(DATASET) + line[1:]]
        if is_prediction and request.scored is not None and not failed:
            events = self._events(request, request.scored)
            if self._files is not None and events:
                self._files.add(events)
            lines += events
        return lines

    def _start(self, dataset: str) -> str:
        """What all lines of a dataset begin with, as JSON: made anew only when it changes."""
        if self._service.fields != self._origin:
            self._origin, self._starts = dict(self._service.fields), {}
        if dataset not in self._starts:
            own = _EVENT if dataset == EVENTS else {"event.dataset": dataset}
            self._starts[dataset] = dump({**self._origin, **own})[:-1] + ","
        return self._starts[dataset]

    def _request_line(
        self, request: RequestContext, is_prediction: bool, failed: bool
    ) -> dict[str, Any]:
        error = request.error
        level = "error" if request.exception is not None else "warning" if failed else "info"
        line = {
            "@timestamp": timestamp(request.started),
            "log.level": level,
            "message": f"{request.method} {request.path} {request.status}",
            "event.action": "prediction" if is_prediction else "request",
            "event.outcome": "failure" if failed or request.status is None else "success",
            "event.duration": request.duration_ns,
            "network.protocol": request.protocol,
            "http.request.id": request.id,
            "url.path": request.path,
        }
        # Over gRPC it is the name of a procedure, which ends the path.
        if request.protocol == "http":
            line["http.request.method"] = request.method
        if isinstance(request.status, int):
            line["http.response.status_code"] = request.status
        elif request.status is not None:
            line["ml.grpc.status"] = request.status
        if request.body_bytes is not None:
            line["http.request.body.bytes"] = request.body_bytes
        if request.trace_id is not None:
            line["trace.id"], line["span.id"] = request.trace_id, request.span_id
        if request.given_id not in (None, request.id):
            line["labels.inference_id"] = request.given_id
        if request.scored is not None:
            line["ml.rows"] = len(request.scored.matrix)
        if error is not None:
            line["error.code"], line["error.message"] = error.code, error.message
            if error.field is not None:
                line["ml.field"] = error.field
        return line

    def _events(self, request: RequestContext, scored: Scored) -> list[str]:
        rate = self._settings.event_sample_rate
        if rate <= 0:
            return []
        labels = scored.prediction.labels.tolist()
        scores = None if scored.scores is None else scored.scores.tolist()
        is_value = scored.prediction.probabilities is None
        key = "ml.prediction.value" if is_value else "ml.prediction.class"
        ended = request.started + request.duration_ns / 1e9
        common = {"@timestamp": timestamp(ended), "http.request.id": request.id}
        if request.trace_id is not None:
            common["trace.id"], common["span.id"] = request.trace_id, request.span_id
        start = self._start(EVENTS) + dump(common)[1:-1] + ","
        matrix = scored.matrix.tolist() if self._features else []
        events = []
        for row, label in enumerate(labels):
            if rate < 1 and self._random.random() >= rate:
                continue
            event = {"event.id": f"{request.id}-{row}", key: label}
            if scores is not None:
                event["ml.prediction.score"] = scores[row]
            if self._features:
                event["ml.features"] = self._row(matrix[row])
            events.append(start + dump(event)[1:])
        return events

    def _row(self, values: list[float]) -> dict[str, Any]:
        row = {name: values[position] for position, name in self._features}
        for position, name, texts in self._codes:
            value = values[position]
            row[name] = None if math.isnan(value) else texts[int(value)]
        return row


def log_exception(request: RequestContext, error: BaseException) -> None:
    """The stack trace of a fault of ours, under the request's id: callers never see it."""
    _log.error(
        "request failed",
        exc_info=error,
        extra={"ecs": {"http.request.id": request.id, "event.action": "request_failed"}},
    )
