"""Fixtures: bundles made by the training environment, servers run by the serving environment."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers import make_bundles, serving


@pytest.fixture(scope="session")
def bundles(tmp_path_factory) -> dict[str, Path]:
    return make_bundles(tmp_path_factory.mktemp("store"))


def _server(kind: str, **environment: str):
    @pytest.fixture(scope="session")
    def running(bundles, tmp_path_factory):
        with serving(bundles[kind], tmp_path_factory.mktemp(kind), **environment) as server:
            yield server

    return running


# Categories, nulls and booleans; features are logged.
mixed = _server("mixed", SERVING_EVENT_FEATURES="income,region", SERVING_MAX_ROWS="5000")
# Numbers only, three classes; small limits.
numeric = _server("numeric", SERVING_MAX_BODY_BYTES="1000000", SERVING_ENVIRONMENT="test")
# The project's own schema.
project = _server("project")
