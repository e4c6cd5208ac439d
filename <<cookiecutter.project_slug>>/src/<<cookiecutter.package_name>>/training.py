"""The work of a training, free of any framework: fit, assess, face the champion."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from .bundle import load_bundle
from .challenge import Difference, compare
from .evaluation import Evaluation, evaluate
from .features import encode_target, to_matrix
from .gate import ChampionRule
from .models import ModelError, build_model
from .predictor import Prediction, SklearnPredictor
from .profile import profile_values
from .schema import Schema
from .scores import count_scores, prediction_scores
from .validation import check_frame, target_column


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SplitSettings(_Strict):
    """Share of the rows that are kept for the test, and the seed of the draw."""

    test_share: float = Field(default=0.25, gt=0, lt=1)
    seed: int = 42


class ModelSettings(_Strict):
    """Which family of ``models``, its own parameters, and the seed."""

    kind: str
    parameters: dict[str, Any] = {}
    seed: int = 42


class IncomparableError(ValueError):
    """The champion cannot be asked about today's rows; the message names the columns."""


def fit(train: pd.DataFrame, schema: Schema, settings: ModelSettings) -> Any:
    """A fitted estimator on the encoded matrix of ``train``.

    Raises ``ModelError`` for an unknown kind, and for a parameter unknown or out of its range.
    """
    model = build_model(settings.kind, schema, settings.parameters, settings.seed)
    matrix, target = to_matrix(train, schema), encode_target(train, schema)
    try:
        return model.fit(matrix, target)
    except TypeError as error:
        # Of this type is also scikit-learn's error for a parameter out of its range.
        raise ModelError(f"model {settings.kind!r}: {error}") from error


def assess(estimator: Any, test: pd.DataFrame, schema: Schema, seed: int) -> Evaluation:
    """Metrics of ``estimator`` on ``test``, with intervals, the naive baseline, and a profile."""
    prediction = answer(estimator, test, schema)
    found = evaluate(encode_target(test, schema), prediction, schema, seed)
    # Few bins, since test rows are few.
    entry = profile_values(pd.Series(prediction.labels), target_column(schema), bins=5)
    scores = prediction_scores(prediction, schema.target)
    return replace(
        found,
        predictions={"rows": len(test), "entry": entry},
        scores=None if scores is None else count_scores(scores),
    )


def face(
    champion: Path | None,
    digest: str | None,
    estimator: Any,
    test: pd.DataFrame,
    schema: Schema,
    rule: ChampionRule,
    seed: int,
) -> Difference | None:
    """Candidate against the champion's bundle on the same rows; ``None`` if there is no champion.

    Raises ``IncomparableError`` if the champion asks for columns that the rows do not have, cannot
    read what is in them, or predicts another target.
    """
    if champion is None:
        return None
    bundle = load_bundle(champion, digest)
    # New columns do not reach the champion, and a number beyond its limits is still a number.
    reasons = [
        f"{item.column}: {item.message}"
        for item in check_frame(test, bundle.schema, with_target=False)
        if item.rule not in ("unexpected", "range")
    ]
    if bundle.schema.target != schema.target:
        reasons.append(f"target {bundle.schema.target.name} is another one")
    if reasons:
        raise IncomparableError(
            f"champion {bundle.version} cannot be asked about this dataset: {'; '.join(reasons)}. "
            "Set gate.champion.on_schema_change to 'ignore' once, if the change is meant"
        )
    theirs = bundle.predictor.predict(to_matrix(test, bundle.schema))
    ours = answer(estimator, test, schema)
    truth = encode_target(test, schema)
    return compare(truth, ours, theirs, schema, rule.metric, seed, rule.confidence)


def answer(estimator: Any, rows: pd.DataFrame, schema: Schema) -> Prediction:
    """Predictions of a fitted estimator for a frame that fits the schema."""
    return SklearnPredictor(estimator, schema).predict(to_matrix(rows, schema))
