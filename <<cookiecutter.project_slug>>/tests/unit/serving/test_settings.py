"""Settings by environment: standards, values, and what cannot be used."""

from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.serving.mlserver_settings import mlserver_settings
from <<cookiecutter.package_name>>.serving.settings import (
    ServingSettings,
    SettingsError,
    read_settings,
)


def test_standards():
    assert read_settings({}) == ServingSettings()
    assert read_settings({"SERVING_MAX_ROWS": " "}) == ServingSettings()


def test_values():
    settings = read_settings(
        {
            "SERVING_BUNDLE": "store/model/0123",
            "SERVING_BUNDLE_DIGEST": "sha256:ab",
            "SERVING_ENVIRONMENT": "prod",
            "SERVING_LOG_LEVEL": "debug",
            "LOG_FORMAT": "Text",
            "SERVING_MAX_ROWS": "5",
            "SERVING_EVENT_SAMPLE_RATE": "0.25",
            "SERVING_EVENT_FEATURES": "income, region,",
            "SERVING_EVENT_FOLDER": "artifacts/events",
            "SERVING_EVENT_FOLDER_BYTES": "1048576",
            "MLSERVER_MODEL_NAME": "scorer",
            "PREDICTOR_ID": "canary",
        }
    )
    assert settings.bundle == Path("store/model/0123")
    assert settings.bundle_digest == "sha256:ab" and settings.environment == "prod"
    assert settings.log_format == "text"
    assert settings.log_level == "DEBUG" and settings.max_rows == 5
    assert settings.event_sample_rate == 0.25
    assert settings.event_features == ("income", "region")
    assert settings.event_folder == Path("artifacts/events")
    assert settings.event_folder_bytes == 1024 * 1024
    assert settings.model_name == "scorer" and settings.variant == "canary"


def test_the_operators_place_of_the_bundle():
    assert read_settings({"MLSERVER_MODEL_URI": "file:///mnt/models"}).bundle == Path("/mnt/models")


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("SERVING_MAX_ROWS", "ten", "is not a number"),
        ("SERVING_MAX_ROWS", "0", "must be at least 1"),
        ("SERVING_EVENT_SAMPLE_RATE", "1.5", "must be between 0 and 1"),
        ("SERVING_EVENT_FOLDER_BYTES", "1000", "must be at least 1.04858e\\+06"),
        ("SERVING_LOG_LEVEL", "loud", "known: DEBUG"),
        ("LOG_FORMAT", "xml", "known: json, text"),
        ("SERVING_DRAIN_SECONDS", "30", "must be below SERVING_SHUTDOWN_SECONDS"),
    ],
)
def test_unusable_values(name, value, message):
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings({name: value})
    assert name in str(caught.value)


def test_mlservers_own_settings():
    settings = mlserver_settings(ServingSettings(), {}, {"http_port": 9}, environ={})
    assert settings.http_port == 9
    assert not settings.debug and not settings.gzip_enabled
    assert settings.parallel_workers == 0
    assert settings.grpc_max_message_length == ServingSettings().max_body_bytes


def test_the_environment_wins_over_our_defaults(monkeypatch):
    environ = {"MLSERVER_GZIP_ENABLED": "true", "MLSERVER_METRICS_ENDPOINT": "prometheus"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = mlserver_settings(ServingSettings(), {}, {}, environ)
    assert settings.gzip_enabled and settings.metrics_endpoint == "/prometheus"


def test_workers_are_refused():
    with pytest.raises(SettingsError, match="replicas"):
        mlserver_settings(ServingSettings(), {}, {"parallel_workers": 2}, environ={})
