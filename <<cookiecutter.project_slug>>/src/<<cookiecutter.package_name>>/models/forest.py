"""Random forest: little to tune, needs no scaling, pays for it when it answers."""

from typing import Any

from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from ..schema import Schema
from .encoding import pipeline


def build(schema: Schema, parameters: dict[str, Any], seed: int):
    classification = schema.target.task == "classification"
    estimator = RandomForestClassifier if classification else RandomForestRegressor
    # One thread: behind a server, threads of one request only steal from the next one.
    settings = {"n_estimators": 200, "n_jobs": 1, "random_state": seed, **parameters}
    return pipeline(schema, estimator(**settings), scale=False)
