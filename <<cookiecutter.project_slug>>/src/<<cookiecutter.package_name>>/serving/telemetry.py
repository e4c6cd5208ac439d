"""One log line a request, one event a predicted row, and the counters that go with them."""

import logging
import random
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..bundle import Bundle
from ..logs import Service, dump, timestamp
from ..schema import Schema
from .context import RequestContext
from .event_files import EventFiles
from .logs import DATASET, READY_LINES
from .metrics import ModelMetrics
from .scoring import Scored
from .settings import ServingSettings, SettingsError

_lines = logging.getLogger(READY_LINES)
_log = logging.getLogger(__name__)
# As SERVING_EVENT_FEATURES: all features of the schema.
EVERYTHING = ("*",)


class Telemetry:
    """Where finished requests are told of; knows the model once ``attach`` was called."""

    def __init__(self, settings: ServingSettings, service: Service) -> None:
        self._settings = settings
        self._service = service
        if settings.variant is not None:
            service.fields["ml.variant"] = settings.variant
        self._metrics: ModelMetrics | None = None
        self._features: list[tuple[int, str, Sequence[str] | None]] = []
        self._random = random.Random()
        self._files: EventFiles | None = None
        if settings.event_folder is not None:
            self._files = EventFiles(settings.event_folder, settings.event_folder_bytes)

    def attach(self, bundle: Bundle, name: str) -> None:
        """Name the model in every line from now on, and create its metrics."""
        self._features = _allowed_features(bundle.schema, self._settings.event_features)
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
        """Count and log one answered request."""
        if is_prediction and self._metrics is not None:
            if request.error is not None:
                self._metrics.refused(request.error)
            elif request.scored is not None:
                self._metrics.answered(request.scored)
        failed = request.error is not None or request.exception is not None
        lines = [dump(self._request_line(request, is_prediction, failed))]
        if is_prediction and request.scored is not None and not failed:
            events = self._events(request, request.scored)
            if self._files is not None and events:
                self._files.add(events)
            lines += events
        _lines.info("\n".join(lines))

    def close(self) -> None:
        """Finish what is written beside the answers."""
        if self._files is not None:
            self._files.close()

    def _request_line(
        self, request: RequestContext, is_prediction: bool, failed: bool
    ) -> dict[str, Any]:
        error = request.error
        level = "error" if request.exception is not None else "warning" if failed else "info"
        line = {
            "@timestamp": timestamp(request.started),
            "log.level": level,
            "message": f"{request.method} {request.path} {request.status}",
            **self._service.fields,
            "event.dataset": DATASET,
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
        key = "ml.prediction.value" if scored.prediction.probabilities is None else None
        common = {
            "@timestamp": timestamp(time.time()),
            "log.level": "info",
            "message": "prediction",
            **self._service.fields,
            "event.dataset": "ml.prediction",
            "event.action": "prediction",
            "event.outcome": "success",
            "http.request.id": request.id,
        }
        if request.trace_id is not None:
            common["trace.id"], common["span.id"] = request.trace_id, request.span_id
        events = []
        for row, label in enumerate(labels):
            if rate < 1 and self._random.random() >= rate:
                continue
            event = {
                **common,
                "event.id": f"{request.id}-{row}",
                key or "ml.prediction.class": label,
            }
            if scores is not None:
                event["ml.prediction.score"] = scores[row]
            if self._features:
                event["ml.features"] = self._row(scored.matrix[row])
            events.append(dump(event))
        return events

    def _row(self, values: np.ndarray) -> dict[str, Any]:
        row = {}
        for position, name, texts in self._features:
            value = values[position].item()
            if texts is not None:
                value = None if np.isnan(value) else texts[int(value)]
            row[name] = value
        return row


def log_exception(request: RequestContext, error: BaseException) -> None:
    """The stack trace of a fault of ours, under the request's id: callers never see it."""
    _log.error(
        "request failed",
        exc_info=error,
        extra={"ecs": {"http.request.id": request.id, "event.action": "request_failed"}},
    )


def _allowed_features(
    schema: Schema, names: Sequence[str]
) -> list[tuple[int, str, Sequence[str] | None]]:
    if tuple(names) == EVERYTHING:
        names = schema.feature_names
    unknown = [name for name in names if name not in schema.feature_names]
    if unknown:
        raise SettingsError(
            f"SERVING_EVENT_FEATURES names {', '.join(unknown)}, which the schema does not have"
        )
    found = []
    for position, column in enumerate(schema.features):
        if column.name in names:
            found.append((position, column.name, column.values))
    return found
