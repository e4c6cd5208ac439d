"""The logs of the server: every logger of the process in one format, on standard output."""

import json
import logging
import logging.config
import sys
import time
from typing import Any

from ..logs import EcsFormatter, Service, dump, timestamp
from .log_stream import STDOUT

DATASET = "ml.serving"
# Records of this logger are JSON lines already; see ``telemetry``.
READY_LINES = "ml.prediction"


class TextFormatter(logging.Formatter):
    """For a person at a terminal: the same records, most of their fields left out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")


class ReadyText(logging.Formatter):
    """The same for lines that are JSON already."""

    def format(self, record: logging.LogRecord) -> str:
        # Not splitlines: a text in JSON may hold other ends of line than this one.
        return "\n".join(map(_line, record.getMessage().split("\n")))


def log_config(service: Service, level: str = "INFO", style: str = "json") -> dict[str, Any]:
    """A ``dictConfig`` that leaves no logger of the process with another format."""
    through = {"handlers": [], "propagate": True}
    quiet = {**through, "level": "WARNING" if level == "INFO" else level}
    if style == "text":
        formatters = {"ecs": {"()": TextFormatter}, "ready": {"()": ReadyText}}
    else:
        formatters = {
            "ecs": {"()": EcsFormatter, "service": service},
            "ready": {"format": "%(message)s"},
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": {"ecs": _stdout("ecs"), "ready": _stdout("ready")},
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


def install(config: dict[str, Any], service: Service) -> None:
    """Send everything through the formatter: loggers, warnings and uncaught exceptions."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    STDOUT.note = lambda lines: _dropped(service, lines)
    logging.config.dictConfig(config)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind, error, trace) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("uncaught").critical("uncaught exception", exc_info=(kind, error, trace))


def _stdout(formatter: str) -> dict[str, Any]:
    return {"class": "logging.StreamHandler", "stream": STDOUT, "formatter": formatter}


def _dropped(service: Service, lines: int) -> str:
    return dump(
        {
            "@timestamp": timestamp(time.time()),
            "log.level": "warning",
            "message": f"{lines} lines of the log were dropped: nobody read standard output",
            **service.fields,
            "event.action": "log_lines_dropped",
            "ml.rows": lines,
        }
    )


def _line(text: str) -> str:
    record = json.loads(text)
    moment = time.strftime("%H:%M:%S", time.localtime())
    took = record.get("event.duration")
    what = [record["message"], record.get("http.request.id"), record.get("error.message")]
    if took is not None:
        what.insert(1, f"{took / 1e6:.1f} ms")
    if "event.id" in record:
        answer = record.get("ml.prediction.class", record.get("ml.prediction.value"))
        what = [record["message"], record["event.id"], f"{answer}"]
    return f"{moment} {record['log.level'].upper():<7} {' '.join(filter(None, what))}"
