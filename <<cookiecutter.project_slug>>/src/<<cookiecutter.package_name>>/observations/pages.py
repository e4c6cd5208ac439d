"""All pages of one observation, as texts."""

import tempfile
from pathlib import Path

import pandas as pd

from ..drift import DriftSettings
from ..reports import drift_report, quality_report
from .observation import Observation
from .observation_page import write_observation

NAMES = ("predictions", "quality", "drift")


def pages_of(
    observation: Observation, reference_rows: pd.DataFrame, drift: DriftSettings, max_rows: int
) -> tuple[str, str, str]:
    """HTML of ``NAMES``; empty where nothing could be measured."""
    rows, schema = observation.rows, observation.schema
    with tempfile.TemporaryDirectory() as scratch:
        paths = [Path(scratch) / f"{name}.html" for name in NAMES]
        write_observation(observation.to_dict(), paths[0])
        if observation.quality is not None:
            quality_report(rows, schema, observation.quality, paths[1], max_rows)
        if observation.drift is not None:
            drift_report(reference_rows, rows, schema, drift, observation.drift, paths[2], max_rows)
        texts = [path.read_text(encoding="utf-8") if path.is_file() else "" for path in paths]
    return texts[0], texts[1], texts[2]
