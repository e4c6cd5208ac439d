"""What the configuration may say."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from <<cookiecutter.package_name>>.observations.logged_settings import LoggedSettings

FILES = {"kind": "files", "path": "events/*"}


def test_places_are_told_by_their_kind():
    settings = LoggedSettings.model_validate(
        {"predictions": FILES, "labels": {"kind": "elasticsearch", "index": "logs-ml.label-dev"}}
    )

    assert settings.predictions.path == "events/*"
    assert settings.labels.url is None
    assert settings.history.days == 30 and settings.recent.days == 1


def test_days_become_times():
    settings = LoggedSettings.model_validate(
        {
            "predictions": FILES,
            "history_days": 7,
            "recent_days": 0.5,
            "max_label_delay_days": 2,
        }
    )

    assert settings.history == timedelta(days=7)
    assert settings.recent == timedelta(hours=12)
    assert settings.max_label_delay == timedelta(days=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predictions": {"kind": "kafka"}}, "kind"),
        ({"predictions": {"kind": "files"}}, "path"),
        ({"predictions": {**FILES, "pth": "x"}}, "pth"),
        ({"recent_days": 31}, "recent_days is a part of history_days"),
        ({"max_label_delay_days": 40}, "max_label_delay_days cannot be longer"),
        ({"slices": [{"feature": "age", "edges": [3, 1]}]}, "edges of the slice 'age' must rise"),
        ({"on_finding": "panic"}, "on_finding"),
        ({"min_labels": 0}, "min_labels"),
        ({"max_quality_drop": float("nan")}, "max_quality_drop"),
    ],
)
def test_mistakes_are_named(change, message):
    with pytest.raises(ValidationError, match=message):
        LoggedSettings.model_validate({"predictions": FILES, **change})
