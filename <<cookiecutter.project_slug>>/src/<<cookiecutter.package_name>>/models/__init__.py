"""Model families: one small file a kind, each with ``build(schema, parameters, seed)``."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..schema import Schema

# Later families (gradient boosting on other libraries, networks, ...) add a file and a name here.
KINDS = ("linear", "forest", "boosting")


class ModelError(ValueError):
    """An unknown model kind or a parameter that the kind does not know."""


def build_model(kind: str, schema: Schema, parameters: dict[str, Any], seed: int):
    """An unfitted scikit-learn estimator on the matrix of ``features.to_matrix``.

    ``parameters`` go to the estimator by its own names. Raises ``ModelError`` for an unknown kind
    or parameter, naming what there is.
    """
    if kind not in KINDS:
        raise ModelError(f"unknown model {kind!r}; known: {', '.join(KINDS)}")
    build: Callable = import_module(f".{kind}", __name__).build
    try:
        return build(schema, parameters, seed)
    except TypeError as error:
        raise ModelError(f"model {kind!r} refuses its parameters {parameters}: {error}") from error
