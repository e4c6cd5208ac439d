"""What a working command writes where machines read it: log records instead of printed text.

For a person nothing changes: LOG_FORMAT decides, see ``settings.log_format``. Commands that answer
a question print their answer always. Nothing here imports a library before it is needed.
"""

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from .failures import expected_errors
from .settings import load_observability, log_format

if TYPE_CHECKING:
    from .logs import Service

# Commands that do something and tell of it, by the dataset of their records.
DATASETS = {
    **dict.fromkeys(
        ("data", "ingest", "prepare", "reference", "push-data", "pull-data", "train"),
        "ml.training",
    ),
    **dict.fromkeys(("monitor", "kpi-report"), "ml.monitor"),
    "label": "ml.label",
}
_log = logging.getLogger(__name__)
_service: "Service | None" = None


class LineStream(io.TextIOBase):
    """Takes the place of standard output or error: every printed line becomes a record."""

    encoding = "utf-8"

    def __init__(self, name: str, level: int, handler: logging.Handler, original: TextIO) -> None:
        self._name, self._level = name, level
        self._handler, self._original = handler, original
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).replace("\r", "\n").split("\n")
        for line in lines:
            self._emit(line)
        return len(text)

    def fileno(self) -> int:
        return self._original.fileno()

    def writable(self) -> bool:
        return True

    def finish(self) -> None:
        """Write what was not ended by a new line."""
        line, self._rest = self._rest, ""
        self._emit(line)

    def _emit(self, line: str) -> None:
        if line.strip():
            # To the handler, not to a logger: ZenML's own handlers have the text already.
            record = logging.LogRecord(self._name, self._level, "", 0, line.rstrip(), (), None)
            self._handler.handle(record)


def wanted(command: str) -> bool:
    """Whether this command writes records."""
    return command in DATASETS and log_format() == "json"


def service() -> "Service | None":
    """What the records of this process say about their origin; None while it writes text."""
    return _service


def run(command: str, work: Callable[[], int]) -> int:
    """Do ``work`` and write records only: what is printed, what is logged, how it ended."""
    with _records(DATASETS[command]):
        started = time.perf_counter_ns()
        _log.info("%s started", command, extra=_ecs("command_started", command))
        try:
            status = work()
        except Exception as error:
            from .logs import error_fields

            told = error_fields(error)
            if isinstance(error, expected_errors()):
                # Its message says what to do, and the trace nothing more.
                del told["error.stack_trace"]
            told |= _ending("failure", started, 1)
            _log.error(
                "%s failed: %s", command, error, extra=_ecs("command_finished", command, told)
            )
            return 1
        ending = _ending("success", started, status)
        _log.info("%s finished", command, extra=_ecs("command_finished", command, ending))
        return status


def join() -> None:
    """For a process that some other program started, as ZenML does in the pod of a step."""
    if _service is None and log_format() == "json":
        _install("ml.training", sys.__stdout__ or sys.stdout)


@contextmanager
def _records(dataset: str) -> Iterator[None]:
    global _service
    streams = sys.stdout, sys.stderr
    handler = _install(dataset, sys.stdout)
    sys.stdout = LineStream("stdout", logging.INFO, handler, streams[0])
    sys.stderr = LineStream("stderr", logging.WARNING, handler, streams[1])
    ours = sys.stdout, sys.stderr
    try:
        yield
    finally:
        for stream in ours:
            stream.finish()
        sys.stdout, sys.stderr = streams
        logging.getLogger().removeHandler(handler)
        _service = None


def _install(dataset: str, stream: TextIO) -> logging.Handler:
    global _service
    from .logs import EcsFormatter, Service

    known = load_observability()
    _service = Service(known.model_name, known.environment, dataset)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(EcsFormatter(_service))
    # DVC prints what it logs by a handler of its own.
    handler.addFilter(lambda record: not record.name.startswith("dvc."))
    logging.getLogger().addHandler(handler)
    logging.getLogger(__package__).setLevel(logging.INFO)
    logging.captureWarnings(True)
    return handler


def _ecs(action: str, command: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"ecs": {"event.action": action, "ml.command": command, **(more or {})}}


def _ending(outcome: str, started: int, status: int) -> dict[str, Any]:
    return {
        "event.outcome": outcome,
        "event.duration": time.perf_counter_ns() - started,
        "process.exit_code": status,
    }
