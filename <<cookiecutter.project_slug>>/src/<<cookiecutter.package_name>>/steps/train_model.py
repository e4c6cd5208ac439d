"""Fit."""

from typing import Annotated, Any

import pandas as pd
from sklearn.base import BaseEstimator
from zenml import step

from ..schema import Schema
from ..training import ModelSettings, fit
from .caching import BY_CONTENT


@step(cache_policy=BY_CONTENT, enable_artifact_visualization=False)
def train_model(
    train: pd.DataFrame, schema: dict[str, Any], settings: ModelSettings
) -> Annotated[BaseEstimator, "estimator"]:
    """A fitted estimator of the family that ``settings.kind`` names."""
    return fit(train, Schema.model_validate(schema), settings)
