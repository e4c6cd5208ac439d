"""One process, one model: start MLServer's servers, load the bundle, stop in order."""

import asyncio
import gc
import json
import logging
import signal
from pathlib import Path
from typing import Any

from mlserver.handlers import ModelRepositoryHandlers
from mlserver.metrics import MetricsServer
from mlserver.registry import MultiModelRegistry
from mlserver.repository.repository import SchemalessModelRepository
from mlserver.settings import ModelParameters, ModelSettings, Settings
from prometheus_client import disable_created_metrics

from ..bundle import MANIFEST, BundleError, verify_bundle
from ..logs import Service
from .dataplane import ModelDataPlane, State
from .grpc_server import BundleGRPCServer
from .openapi import dump_document
from .quiet import QuietServer
from .rest import BundleRESTServer
from .runtime import BundleRuntime
from .settings import ServingSettings, SettingsError
from .telemetry import Telemetry

_log = logging.getLogger(__name__)


class _Metrics(QuietServer, MetricsServer):
    """MLServer's metrics server."""


class BundleServer:
    """Serves the bundle that the settings name, until it is told to stop."""

    def __init__(self, serving: ServingSettings, settings: Settings, service: Service) -> None:
        self._serving = serving
        self._settings = settings
        self._telemetry = Telemetry(serving, service)
        self._registry = MultiModelRegistry()
        self._data_plane = ModelDataPlane(settings, self._registry)
        repository = ModelRepositoryHandlers(SchemalessModelRepository(""), self._registry)
        self._rest = BundleRESTServer(
            settings, self._data_plane, repository, serving, self._telemetry
        )
        self._grpc = BundleGRPCServer(settings, self._data_plane, repository, self._telemetry)
        self._metrics = _Metrics(settings) if settings.metrics_endpoint else None
        self._stop = asyncio.Event()
        self._quickly = False

    async def run(self) -> int:
        """Serve until a signal and return the exit code."""
        # The time of a series' birth is as many series again, and nobody asks for it.
        disable_created_metrics()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        folder = self._serving.bundle
        manifest = _peek(folder)
        self._data_plane.name = self._serving.model_name or manifest["name"]
        self._bind()
        servers = [asyncio.create_task(self._rest.start()), asyncio.create_task(self._grpc.start())]
        if self._metrics is not None:
            servers.append(asyncio.create_task(self._metrics.start()))
        try:
            code = await self._serve(folder, manifest["version"], servers)
        finally:
            await self._shut_down(servers)
        return code

    async def _serve(self, folder: Path, version: str, servers: list[asyncio.Task]) -> int:
        load = asyncio.create_task(self._load(folder, version))
        stop = asyncio.create_task(self._stop.wait())
        await asyncio.wait({load, stop, *servers}, return_when=asyncio.FIRST_COMPLETED)
        if load.done():
            load.result()
            await asyncio.wait({stop, *servers}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self._stop.is_set():
            return 0
        for server in servers:
            if server.done() and server.exception() is not None:
                raise server.exception()
        _log.error("a server ended without being told to")
        return 1

    async def _load(self, folder: Path, version: str) -> None:
        parameters = ModelParameters(
            uri=str(folder),
            version=version,
            extra={"serving": self._serving, "telemetry": self._telemetry},
        )
        runtime = await self._registry.load(
            ModelSettings(
                name=self._data_plane.name, implementation=BundleRuntime, parameters=parameters
            )
        )
        document = dump_document(
            runtime.bundle.schema, self._data_plane.name, self._serving.max_rows
        )
        self._rest.documents["openapi"] = document
        # Libraries and model stay until the end: without them the collector's pauses are shorter,
        # and the process ends a second earlier.
        gc.collect()
        gc.freeze()
        self._data_plane.version = version
        self._data_plane.state = State.READY
        ports = {"http": self._settings.http_port, "grpc": self._settings.grpc_port}
        _log.info(
            "serving %s %s on %s, http port %d, grpc port %d",
            self._data_plane.name,
            version,
            self._settings.host,
            *ports.values(),
            extra={"ecs": {"event.action": "model_loaded", "event.outcome": "success"}},
        )

    def _bind(self) -> None:
        settings = self._settings
        wanted = [(self._rest.bind, (settings.host, settings.http_port), settings.http_port)]
        if self._metrics is not None:
            where = (settings.host, settings.metrics_port)
            wanted.append((self._metrics.bind, where, settings.metrics_port))
        wanted.append((self._grpc.bind, (), settings.grpc_port))
        for bind, where, port in wanted:
            try:
                bind(*where)
            except (OSError, RuntimeError) as error:
                raise SettingsError(
                    f"port {port} on {settings.host} cannot be used: {error}; choose another one"
                ) from error

    def _on_signal(self, number: int) -> None:
        # A person at a terminal does not wait for load balancers, nor does a second signal.
        self._quickly = self._quickly or self._stop.is_set() or number == signal.SIGINT
        self._stop.set()

    async def _shut_down(self, servers: list[asyncio.Task]) -> None:
        """Not ready, let load balancers notice, finish what runs, then go; all within a bound."""
        left = self._serving.shutdown_seconds
        was_ready = self._data_plane.state is State.READY
        self._data_plane.state = State.DRAINING
        if was_ready and not self._quickly:
            _log.info("draining", extra={"ecs": {"event.action": "server_draining"}})
            waited = await self._drain()
            left -= waited
        self._rest.begin_stop(left)
        rest, grpc, *others = servers
        await asyncio.gather(self._grpc.finish(left), rest, return_exceptions=True)
        # Last of all, so that the counts of the last requests can still be read.
        if self._metrics is not None:
            self._metrics.begin_stop(1)
        await asyncio.wait([grpc, *others], timeout=2)
        if self._data_plane.version is not None:
            await self._registry.unload(self._data_plane.name)
        self._telemetry.close()
        _log.info("stopped", extra={"ecs": {"event.action": "server_stopped"}})

    async def _drain(self) -> float:
        loop = asyncio.get_running_loop()
        started, end = loop.time(), loop.time() + self._serving.drain_seconds
        while loop.time() < end and not self._quickly:
            await asyncio.sleep(min(0.1, end - loop.time()))
        return loop.time() - started


def _peek(folder: Path) -> dict[str, Any]:
    """Name and version as the bundle claims them; it is verified when it is loaded."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {"name": manifest["name"], "version": manifest["version"]}
    except (OSError, ValueError, LookupError, TypeError):
        verify_bundle(folder)
        raise BundleError(f"{folder / MANIFEST} lacks name or version") from None
