"""Histogram gradient boosting: usually the best on tables of more than a few thousand rows."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ..schema import Schema
from .encoding import pipeline


def build(schema: Schema, parameters: dict[str, Any], seed: int):
    classification = schema.target.task == "classification"
    estimator = HistGradientBoostingClassifier if classification else HistGradientBoostingRegressor
    return pipeline(schema, estimator(**{"random_state": seed, **parameters}), scale=False)
