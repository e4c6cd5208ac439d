"""The private names of MLServer and uvicorn that the server is built on, all in one place.

If one of these fails after an upgrade, look at ``serving/rest.py``, ``serving/rest_metrics.py``,
``serving/grpc_server.py`` and ``serving/quiet.py`` before anything else: the API tests would fail
in less obvious ways.
"""

import inspect

import mlserver
import pytest
import uvicorn
from fastapi import FastAPI
from mlserver.grpc import GRPCServer
from mlserver.grpc.servicers import InferenceServicer
from mlserver.handlers import DataPlane, ModelRepositoryHandlers
from mlserver.metrics import MetricsServer
from mlserver.registry import MultiModelRegistry
from mlserver.repository.repository import SchemalessModelRepository
from mlserver.rest import RESTServer
from mlserver.settings import Settings
from starlette_exporter import PrometheusMiddleware

from <<cookiecutter.package_name>>.serving.rest_metrics import RestMetrics, count_requests

KNOWN = "1.7.1"
CHANGED = f"MLServer is no longer {KNOWN}: check the seams below, then change KNOWN"


@pytest.fixture(scope="module")
def settings():
    return Settings(parallel_workers=0, debug=False)


@pytest.fixture(scope="module")
def parts(settings):
    registry = MultiModelRegistry()
    repository = ModelRepositoryHandlers(SchemalessModelRepository(""), registry)
    return DataPlane(settings, registry), repository


def test_version():
    assert mlserver.__version__ == KNOWN, CHANGED


def test_rest_server(settings, parts):
    server = RESTServer(settings, *parts)
    assert isinstance(server._app, FastAPI), CHANGED
    assert server._data_plane is parts[0], CHANGED
    config = server._get_config()
    assert isinstance(config, uvicorn.Config), CHANGED
    assert config.app is server._app, CHANGED
    assert "_get_config" in inspect.getsource(RESTServer.start), CHANGED


def test_what_counts_requests(settings, parts):
    app = RESTServer(settings, *parts)._app
    (theirs,) = [item for item in app.user_middleware if item.cls is PrometheusMiddleware]
    assert set(theirs.kwargs) == {"app_name", "prefix", "skip_paths"}, CHANGED
    count_requests(app)
    (ours,) = [item for item in app.user_middleware if item.cls is RestMetrics]
    assert ours.kwargs == theirs.kwargs
    assert PrometheusMiddleware not in [item.cls for item in app.user_middleware]


def test_metrics_server(settings):
    assert isinstance(MetricsServer(settings)._get_config(), uvicorn.Config), CHANGED


def test_grpc_server(settings, parts):
    server = GRPCServer(settings, *parts)
    assert server._settings is settings, CHANGED
    assert server._model_repository_handlers is parts[1], CHANGED
    assert isinstance(server._get_options(), list), CHANGED
    for method in ("_create_server", "start", "stop"):
        assert hasattr(GRPCServer, method), CHANGED
    for method in ("ModelInfer", "ModelMetadata", "ModelReady", "ServerReady", "RepositoryIndex"):
        assert hasattr(InferenceServicer, method), CHANGED


def test_data_plane():
    assert list(inspect.signature(DataPlane.infer).parameters) == [
        "self",
        "payload",
        "name",
        "version",
    ], CHANGED


def test_uvicorn():
    source = inspect.getsource(uvicorn.Server.serve)
    assert "capture_signals" in source, "uvicorn takes signals in another way: see quiet.py"
    shutdown = inspect.getsource(uvicorn.Server.shutdown)
    assert "timeout_graceful_shutdown" in shutdown, "uvicorn stops in another way: see quiet.py"
