"""Drift is told from chance for few rows and many; the benchmark does it with a million."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from event_lines import NOW, SINCE, event, write

from <<cookiecutter.package_name>>.drift import DriftSettings
from <<cookiecutter.package_name>>.examples import shifted
from <<cookiecutter.package_name>>.observations.files import FileReader
from <<cookiecutter.package_name>>.observations.labels import check_labels
from <<cookiecutter.package_name>>.observations.logged_settings import LoggedSettings
from <<cookiecutter.package_name>>.observations.observation import observe
from <<cookiecutter.package_name>>.observations.predictions import read_predictions
from <<cookiecutter.package_name>>.profile import build_profile
from <<cookiecutter.package_name>>.quality import QualitySettings

SETTINGS = LoggedSettings.model_validate({"predictions": {"kind": "files", "path": "x"}})


@pytest.mark.parametrize("rows", [1_000, 100_000])
@pytest.mark.parametrize("moved", [False, True], ids=["usual", "shifted"])
def test_shifted_rows_are_flagged_and_usual_rows_are_not(tumours, tmp_path, rows, moved):
    profile = build_profile(tumours.frame, tumours.schema)
    drawn = tumours.frame.sample(rows, replace=True, random_state=1)
    drawn = shifted(drawn, tumours.schema) if moved else drawn
    names = tumours.schema.feature_names
    write(
        tmp_path / "events.ndjson",
        (
            event(number, ml_features=dict(zip(names, row, strict=True)), ml_prediction_class=label)
            for number, (*row, label) in enumerate(
                drawn[[*names, "diagnosis"]].itertuples(index=False)
            )
        ),
    )
    reader = FileReader(tmp_path, "*.ndjson")
    predictions = read_predictions(reader, tumours.schema, SINCE, NOW)

    found, _ = observe(
        SimpleNamespace(version="v1", schema=tumours.schema),
        profile,
        {},
        predictions,
        check_labels([], tumours.schema),
        SETTINGS,
        QualitySettings(max_duplicate_share=1),
        DriftSettings(),
        SINCE,
        NOW - SETTINGS.recent,
    )

    assert found.drift.rows == rows
    assert found.drift.status == ("drift" if moved else "no drift")
    assert set(found.drift.drifted) == (set(names[::2]) if moved else set())
    assert [text.partition(":")[0] for text in found.findings] == ["drift"] * moved
    assert np.isfinite([column.score for column in found.drift.columns.values()]).all()
    json.dumps(found.to_dict(), allow_nan=False)
