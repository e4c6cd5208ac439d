"""May the model be registered?"""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from sklearn.base import BaseEstimator
from zenml import step

from ..evaluation import Evaluation
from ..gate import GateError, GateSettings, decide
from ..registry import Registry
from ..schema import Schema
from ..settings import load_settings
from ..training import IncomparableError, face

logger = logging.getLogger(__name__)


@step(enable_cache=False)
def check_gate(
    estimator: BaseEstimator,
    test: pd.DataFrame,
    schema: dict[str, Any],
    evaluation: dict[str, Any],
    quality: dict[str, Any],
    drift: dict[str, Any],
    run_id: str,
    settings: GateSettings,
    seed: int,
) -> Annotated[dict[str, Any], "verdict"]:
    """Limits, baseline, champion, quality and drift; the answer is written on the MLflow run.

    Never cached: the champion may be another one today. Raises ``GateError`` with all reasons.
    """
    registry = Registry(load_settings())
    champion = registry.champion()
    if champion is not None and champion.run_id == run_id:
        logger.info("this run is the champion already (%s)", champion.version)
        return {"passed": True, "facing": champion.version, "checks": [], "difference": None}
    contract = Schema.model_validate(schema)
    place, digest = (Path(champion.bundle), champion.digest) if champion else (None, None)
    difference = incomparable = None
    try:
        difference = face(place, digest, estimator, test, contract, settings.champion, seed)
    except IncomparableError as error:
        incomparable = str(error)
    errors = [
        f"{entry['column'] or 'rows'}: {entry['message']}"
        for entry in quality["findings"]
        if entry["level"] == "error"
    ]
    verdict = decide(settings, Evaluation(**evaluation), difference, errors, drift, incomparable)
    explanation = verdict.explain()
    registry.tag_run(
        run_id, {"gate": "passed" if verdict.passed else "failed", "gate_reasons": explanation}
    )
    if not verdict.passed:
        raise GateError(
            f"{explanation}\nNothing was registered; the run is kept in MLflow as {run_id}. "
            "Limits are in configs/training.yaml under gate"
        )
    logger.info(explanation)
    result = verdict.to_dict() | {
        "facing": champion.version if champion else None,
        "difference": asdict(difference) if difference else None,
    }
    return json.loads(json.dumps(result))
