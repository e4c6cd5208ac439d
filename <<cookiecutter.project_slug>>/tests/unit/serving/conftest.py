"""A schema of every column type, and a bundle made in this environment."""

import numpy as np
import pytest

from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.publishing import publish
from <<cookiecutter.package_name>>.schema import Schema

MIXED = {
    "target": {"name": "outcome", "classes": ["stays", "leaves"], "positive": "leaves"},
    "id": "customer",
    "features": [
        {"name": "income", "type": "number", "minimum": 0, "maximum": 1000},
        {"name": "visits", "type": "integer", "minimum": 0, "nullable": True},
        {"name": "member", "type": "boolean"},
        {"name": "region", "type": "category", "values": ["north", "süd"], "nullable": True},
    ],
}
NUMERIC = {
    "target": {"name": "amount"},
    "features": [
        {"name": "size", "type": "number", "maximum": 100},
        {"name": "count", "type": "integer", "minimum": 0, "nullable": True},
    ],
}


@pytest.fixture(scope="session")
def mixed() -> Schema:
    return Schema.model_validate(MIXED)


@pytest.fixture(scope="session")
def numeric() -> Schema:
    return Schema.model_validate(NUMERIC)


@pytest.fixture(scope="session")
def bundle(mixed, tmp_path_factory):
    """Directory of a bundle of ``mixed``, version v3."""
    matrix = np.array([[100, 1, 0, 0], [900, 2, 1, 1], [300, np.nan, 0, 1], [700, 4, 1, 0]])
    estimator = build_model("linear", mixed, {}, seed=1).fit(matrix, [0, 1, 0, 1])
    store = tmp_path_factory.mktemp("store")
    return publish(store, "mixed", "v3", estimator, mixed, {}, {"run_id": "abc"})[0]
