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
from ..gate import GateError, GateSettings, decide, errors_of
from ..kpis.expected_value import of_project, remark
from ..registry import Registry
from ..schema import Schema
from ..settings import load_settings
from ..training import IncomparableError, answer, face

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
    project = load_settings()
    registry = Registry(project)
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
    errors = errors_of(quality)
    worth = of_project(project.root, test, answer(estimator, test, contract), contract, seed)
    known = (difference, errors, drift, incomparable, [remark(worth)])
    verdict = decide(settings, Evaluation(**evaluation), *known)
    explanation = verdict.explain()
    answered = "passed" if verdict.passed else "failed"
    registry.tag_run(run_id, {"gate": answered, "gate_reasons": explanation})
    if not verdict.passed:
        raise GateError(
            f"{explanation}\nNothing was registered; the run is kept in MLflow as {run_id}. "
            "Limits are in configs/training.yaml under gate"
        )
    logger.info(explanation)
    result = verdict.to_dict() | {
        "facing": champion.version if champion else None,
        "difference": asdict(difference) if difference else None,
        "expected_value": worth,
    }
    return json.loads(json.dumps(result))
