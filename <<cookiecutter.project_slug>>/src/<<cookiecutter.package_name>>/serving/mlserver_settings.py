"""The settings of MLServer itself: ports, limits, logs."""

import os
from collections.abc import Mapping
from typing import Any

from mlserver.settings import Settings

from .settings import ServingSettings, SettingsError

# MLServer's own defaults are for development: stack traces to callers, workers that cost more than
# a light model, compression that the mesh does better.
_DEFAULTS = {"debug": False, "parallel_workers": 0, "gzip_enabled": False}


def mlserver_settings(
    serving: ServingSettings,
    log_config: dict[str, Any],
    overrides: Mapping[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """MLServer's settings, with our defaults where nobody says otherwise."""
    defaults = {
        **_DEFAULTS,
        "grpc_max_message_length": serving.max_body_bytes,
    }
    chosen = {key: value for key, value in defaults.items() if _variable(key) not in environ}
    settings = Settings(**{**chosen, **overrides}, logging_settings=log_config)
    if settings.parallel_workers:
        raise SettingsError(
            "MLSERVER_PARALLEL_WORKERS must be 0: metrics and logs of this server are those of one "
            "process; run more replicas instead"
        )
    if settings.metrics_endpoint and not settings.metrics_endpoint.startswith("/"):
        settings.metrics_endpoint = "/" + settings.metrics_endpoint
    return settings


def _variable(key: str) -> str:
    return f"MLSERVER_{key.upper()}"
