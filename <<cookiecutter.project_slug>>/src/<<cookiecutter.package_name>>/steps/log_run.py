"""Record the training in MLflow, whatever the gate will say."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

from sklearn.base import BaseEstimator
from zenml import get_step_context, step
from zenml.types import HTMLString

from ..provenance import commit_of
from ..registry import Registry
from ..schema import Schema
from ..settings import load_settings
from .caching import BY_TRACKING


@step(cache_policy=BY_TRACKING)
def log_run(
    estimator: BaseEstimator,
    dataset: dict[str, Any],
    schema: dict[str, Any],
    evaluation: dict[str, Any],
    quality: dict[str, Any],
    drift: dict[str, Any],
    quality_report: HTMLString,
    drift_report: HTMLString,
    parameters: dict[str, Any],
) -> Annotated[str, "run_id"]:
    """Parameters, metrics, data hash, commit, signature and reports as one MLflow run."""
    settings = load_settings()
    contract = Schema.model_validate(schema)
    tags = {
        "data_hash": dataset["hash"],
        "data_revision": dataset["revision"],
        "commit": commit_of(settings.root, settings.commit),
        "task": contract.target.task,
        "gate": "not decided",
    }
    intervals = {
        f"{name}_{end}": value
        for name, pair in evaluation["intervals"].items()
        for end, value in zip(("low", "high"), pair, strict=True)
    }
    verdicts = {"evaluation": evaluation, "quality": quality, "drift": drift}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "reports").mkdir()
        (folder / "reports" / "quality.html").write_text(quality_report, encoding="utf-8")
        (folder / "reports" / "drift.html").write_text(drift_report, encoding="utf-8")
        (folder / "schema.json").write_bytes(contract.to_json())
        for name, content in verdicts.items():
            (folder / f"{name}.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
        return Registry(settings).log_run(
            get_step_context().pipeline_run.name,
            parameters,
            evaluation["metrics"] | intervals,
            tags,
            folder,
            estimator,
            contract,
        )
