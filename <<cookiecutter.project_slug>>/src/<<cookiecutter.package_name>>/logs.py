"""Logs in the Elastic Common Schema: one JSON object a line, whoever writes it.

A formatter of our own: MLServer's structured switch does not escape messages, ZenML's names are
not those of the schema, and ecs-logging writes NaN (no JSON) and costs fifteen times as much.
``docs/reference/logs.md`` lists the fields.
"""

import logging
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

ECS_VERSION = "9.4.0"
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def dump(record: dict[str, Any]) -> str:
    """One line of JSON: NaN and infinity become null, whatever is unknown becomes its text."""
    try:
        return orjson.dumps(record, default=str, option=_OPTIONS).decode()
    except TypeError:
        # Texts that are no valid Unicode (lone surrogates): keep the line, lose the character.
        return orjson.dumps(_clean(record), default=str, option=_OPTIONS).decode()


def timestamp(seconds: float) -> str:
    """UTC with its zone, to the millisecond, from seconds since 1970."""
    whole, thousandths = divmod(int(seconds * 1000), 1000)
    return f"{_second(whole)}.{thousandths:03d}+00:00"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    # Most lines share theirs with the line before.
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def error_fields(error: BaseException) -> dict[str, Any]:
    """What a record says about an exception."""
    return {
        "error.type": type(error).__qualname__,
        "error.message": str(error),
        "error.stack_trace": "".join(traceback.format_exception(error)),
    }


class Service:
    """What every record says about its origin; more is added once it is known.

    A class and not a dictionary, because ``dictConfig`` hands on copies of dictionaries.
    """

    def __init__(
        self, name: str = "unnamed", environment: str = "dev", dataset: str = "ml.serving"
    ) -> None:
        self.fields: dict[str, Any] = {"ecs.version": ECS_VERSION, "event.dataset": dataset}
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
            "log.logger": record.name,
            **getattr(record, "ecs", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            fields.update(error_fields(record.exc_info[1]))
        return dump(fields)


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
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value
