"""Logs in the Elastic Common Schema: one JSON object a line, on standard output.

A formatter of our own: MLServer's structured switch does not escape messages, and ecs-logging
writes NaN (no JSON) and costs fifteen times as much.
"""

import logging
import logging.config
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

import orjson

ECS_VERSION = "9.2.0"
DATASET = "ml.serving"
# Records of this logger are JSON lines already; see ``telemetry``.
READY_LINES = "ml.prediction"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def dump(record: dict[str, Any]) -> str:
    """One line of JSON: NaN and infinity become null, whatever is unknown becomes its text."""
    try:
        return orjson.dumps(record, default=str, option=_OPTIONS).decode()
    except TypeError:
        # Texts that are no valid Unicode (lone surrogates): keep the line, lose the character.
        return orjson.dumps(_clean(record), default=str, option=_OPTIONS).decode()


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class Service:
    """What every record says about the service; the model's version is added once it is known.

    A class and not a dictionary, because ``dictConfig`` hands on copies of dictionaries.
    """

    def __init__(self, name: str = "unnamed", environment: str = "dev") -> None:
        self.fields: dict[str, Any] = {"ecs.version": ECS_VERSION}
        self.rename(name, environment)

    def rename(self, name: str, environment: str) -> None:
        self.fields.update({"service.name": name, "service.environment": environment})


class EcsFormatter(logging.Formatter):
    """A ``LogRecord`` as ECS; ``extra={"ecs": {...}}`` adds fields."""

    def __init__(self, service: Service | None = None) -> None:
        super().__init__()
        self._service = service or Service()

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "@timestamp": timestamp(record.created),
            "log.level": record.levelname.lower(),
            "message": _message(record),
            **self._service.fields,
            "event.dataset": DATASET,
            "log.logger": record.name,
            **getattr(record, "ecs", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            fields["error.type"] = kind.__qualname__
            fields["error.message"] = str(error)
            fields["error.stack_trace"] = "".join(traceback.format_exception(kind, error, trace))
        return dump(fields)


def log_config(service: Service, level: str = "INFO") -> dict[str, Any]:
    """A ``dictConfig`` that leaves no logger of the process with another format."""
    through = {"handlers": [], "propagate": True}
    quiet = {**through, "level": "WARNING" if level == "INFO" else level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "ecs": {"()": EcsFormatter, "service": service},
            "ready": {"format": "%(message)s"},
        },
        "handlers": {
            "ecs": _stdout("ecs"),
            "ready": _stdout("ready"),
        },
        "root": {"handlers": ["ecs"], "level": level},
        "loggers": {
            "mlserver": {**through, "level": level},
            "uvicorn": quiet,
            "uvicorn.error": quiet,
            # Requests have a line of their own, with more in it.
            "uvicorn.access": {**quiet, "level": "WARNING"},
            READY_LINES: {"handlers": ["ready"], "level": "INFO", "propagate": False},
        },
    }


def install(config: dict[str, Any]) -> None:
    """Send everything through the formatter: loggers, warnings and uncaught exceptions."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    logging.config.dictConfig(config)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind, error, trace) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("uncaught").critical("uncaught exception", exc_info=(kind, error, trace))


def _stdout(formatter: str) -> dict[str, Any]:
    return {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.stdout",
        "formatter": formatter,
    }


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        # Wrong arguments to a log call must not cost the line.
        return f"{record.msg} {record.args}"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    # An integer of more than 64 bits is the other thing that orjson refuses.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
