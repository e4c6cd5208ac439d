"""Register the model that passed the gate, and write its bundle."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from sklearn.base import BaseEstimator
from zenml import step
from zenml.types import HTMLString

from .. import dataset as datasets
from ..provenance import commit_of
from ..publishing import publish
from ..registry import Registry
from ..schema import Schema
from ..settings import load_settings

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def register_model(
    estimator: BaseEstimator,
    dataset: dict[str, Any],
    schema: dict[str, Any],
    evaluation: dict[str, Any],
    drift: dict[str, Any],
    verdict: dict[str, Any],
    quality_report: HTMLString,
    drift_report: HTMLString,
    run_id: str,
) -> Annotated[dict[str, str], "model_version"]:
    """A registered version with the alias ``champion``, and its bundle; or neither of them.

    Raises ``RegistryError`` if another training got there first, ``BundleError`` if the bundle
    cannot be written.
    """
    settings = load_settings()
    registry = Registry(settings)
    champion = registry.champion()
    if champion is not None and champion.run_id == run_id:
        return _told(champion, "is the champion already; nothing new to register")
    revision = None if dataset["revision"] == datasets.WORK_TREE else dataset["revision"]
    data = datasets.resolve(settings.root, revision)
    judged = {"gate": verdict, "drift": drift["status"], "drift_share": drift["share"]}
    judged["expected_value"] = verdict.get("expected_value")
    files: dict[str, bytes | Path] = {
        "reports/quality.html": quality_report.encode(),
        "reports/drift.html": drift_report.encode(),
        "reference/sample.parquet": data.reference_path,
        "reference/profile.json": data.profile_path,
        "evaluation.json": _json({**evaluation, **judged}),
    }
    facts = {
        "run_id": run_id,
        "data": {"revision": dataset["revision"], "hash": dataset["hash"]},
        "commit": commit_of(settings.root, settings.commit),
        "metrics": evaluation["metrics"],
    }
    contract = Schema.model_validate(schema)

    def write(version: str) -> tuple[Path, str]:
        return publish(
            settings.bundle_store, registry.name, version, estimator, contract, files, facts
        )

    return _told(registry.register(run_id, verdict["facing"], write), "is the champion now")


def _told(version, what: str) -> dict[str, str]:
    logger.info("%s %s %s, bundle %s", version.name, version.version, what, version.bundle)
    return asdict(version)


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"
