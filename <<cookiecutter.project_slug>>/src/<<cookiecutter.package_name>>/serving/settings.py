"""What can be set on a server, by environment variable, in one place."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """An environment variable holds something unusable; the message names it."""


@dataclass(frozen=True)
class ServingSettings:
    """Everything of ours; ports and the like are MLServer's (``MLSERVER_HTTP_PORT`` and so on)."""

    bundle: Path | None = None
    bundle_digest: str | None = None
    model_name: str | None = None
    # Which of several predictors this is, so that the log tells what a canary or an A/B test did.
    variant: str | None = None
    environment: str = "dev"
    log_level: str = "INFO"
    # LOG_FORMAT: json, or text for a person at a terminal.
    log_format: str = "json"
    max_body_bytes: int = 8 * 1024 * 1024
    max_rows: int = 10_000
    # A batch of more rows than this is computed in a thread, so that health checks are answered.
    thread_rows: int = 256
    event_sample_rate: float = 1.0
    # Names of features, or * for all of them.
    event_features: tuple[str, ...] = ()
    # Where events are written to as well, and how many bytes of them are kept.
    event_folder: Path | None = None
    event_folder_bytes: int = 256 * 1024 * 1024
    # Time for load balancers to notice that the server is not ready any more.
    drain_seconds: float = 3.0
    shutdown_seconds: float = 20.0


def read_settings(environ: Mapping[str, str] = os.environ) -> ServingSettings:
    """Settings from ``SERVING_*``; bundle, name and variant also as Seldon's operator gives them.

    Raises ``SettingsError`` naming the variable.
    """
    standard = ServingSettings()

    def read(name: str, convert: Callable, low: float | None = None, high: float | None = None):
        variable = f"SERVING_{name.upper()}"
        text = environ.get(variable, "").strip()
        if not text:
            return getattr(standard, name)
        try:
            value = convert(text)
        except ValueError:
            raise SettingsError(f"{variable}={text!r} is not a number") from None
        if (low is not None and value < low) or (high is not None and value > high):
            limits = f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"
            raise SettingsError(f"{variable}={text!r} must be {limits}")
        return value

    settings = ServingSettings(
        bundle=_path(environ.get("SERVING_BUNDLE") or environ.get("MLSERVER_MODEL_URI")),
        bundle_digest=environ.get("SERVING_BUNDLE_DIGEST") or None,
        model_name=environ.get("MLSERVER_MODEL_NAME") or None,
        variant=environ.get("PREDICTOR_ID") or None,
        environment=read("environment", str),
        log_level=read("log_level", str.upper),
        log_format=environ.get("LOG_FORMAT", "").strip().lower() or standard.log_format,
        max_body_bytes=read("max_body_bytes", int, 1),
        max_rows=read("max_rows", int, 1),
        thread_rows=read("thread_rows", int, 1),
        event_sample_rate=read("event_sample_rate", float, 0, 1),
        event_features=read("event_features", _names),
        event_folder=_path(environ.get("SERVING_EVENT_FOLDER")),
        event_folder_bytes=read("event_folder_bytes", int, 1024 * 1024),
        drain_seconds=read("drain_seconds", float, 0),
        shutdown_seconds=read("shutdown_seconds", float, 1),
    )
    if settings.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError(
            f"SERVING_LOG_LEVEL={settings.log_level!r}; known: DEBUG, INFO, WARNING, ERROR"
        )
    if settings.log_format not in ("json", "text"):
        raise SettingsError(f"LOG_FORMAT={settings.log_format!r}; known: json, text")
    if settings.drain_seconds >= settings.shutdown_seconds:
        raise SettingsError("SERVING_DRAIN_SECONDS must be below SERVING_SHUTDOWN_SECONDS")
    return settings


def _path(text: str | None) -> Path | None:
    return Path(text.removeprefix("file://")) if text else None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
