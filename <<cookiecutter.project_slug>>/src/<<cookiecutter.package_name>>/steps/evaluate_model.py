"""Score."""

from typing import Annotated, Any

import pandas as pd
from sklearn.base import BaseEstimator
from zenml import step

from ..schema import Schema
from ..training import assess
from .caching import BY_CONTENT


@step(cache_policy=BY_CONTENT)
def evaluate_model(
    estimator: BaseEstimator, test: pd.DataFrame, schema: dict[str, Any], seed: int
) -> Annotated[dict[str, Any], "evaluation"]:
    """Metrics on the test rows, 95 % intervals, and what a naive baseline reaches."""
    return assess(estimator, test, Schema.model_validate(schema), seed).to_dict()
