"""Logistic regression, or ridge regression: quick, explainable, a hard baseline to beat."""

from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge

from ..schema import Schema
from .encoding import pipeline


def build(schema: Schema, parameters: dict[str, Any], seed: int):
    if schema.target.task == "classification":
        estimator = LogisticRegression(**{"max_iter": 1000, "random_state": seed, **parameters})
    else:
        estimator = Ridge(**{"random_state": seed, **parameters})
    return pipeline(schema, estimator, scale=True)
