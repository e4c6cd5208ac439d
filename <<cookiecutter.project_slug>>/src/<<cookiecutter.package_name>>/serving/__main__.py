"""``python -m <package>.serving --bundle DIR``: serve one bundle until SIGTERM."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..bundle import BundleError
from ..logs import Service
from ..schema import SchemaFileError
from .log_stream import STDOUT
from .logs import install, log_config
from .settings import ServingSettings, SettingsError, read_settings

_log = logging.getLogger(__name__)

# What the reader of a stuck log gets before the process ends without it.
_LAST_LINES_SECONDS = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server; 0 after a clean stop, 1 with one line of log that says why not."""
    arguments = _parser().parse_args(argv)
    service = Service(Path.cwd().name)
    install(log_config(service), service)
    try:
        serving = read_settings()
        if arguments.bundle is not None:
            serving = replace(serving, bundle=arguments.bundle)
        if serving.bundle is None:
            raise SettingsError("no bundle: give --bundle or set SERVING_BUNDLE")
        config = log_config(service, serving.log_level, serving.log_format)
        service.rename(_service_name(serving), serving.environment)
        install(config, service)
        return _run(serving, config, service, arguments)
    except (BundleError, SettingsError, SchemaFileError) as error:
        _log.error("%s", error, extra={"ecs": {"event.action": "server_failed"}})
    except Exception:
        _log.exception("the server failed", extra={"ecs": {"event.action": "server_failed"}})
    finally:
        STDOUT.drain(_LAST_LINES_SECONDS)
    return 1


def _run(serving: ServingSettings, config: dict, service: Service, arguments) -> int:
    # Late: importing MLServer logs and warns, which must find the formatter in place.
    import uvloop

    from .mlserver_settings import mlserver_settings
    from .server import BundleServer

    options = ("host", "http_port", "grpc_port", "metrics_port")
    given = {name: getattr(arguments, name) for name in options}
    overrides = {name: value for name, value in given.items() if value is not None}
    settings = mlserver_settings(serving, config, overrides)

    async def serve() -> int:
        return await BundleServer(serving, settings, service).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve())


def _service_name(serving: ServingSettings) -> str:
    return serving.model_name or serving.bundle.resolve().parent.name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Serve one bundle over REST and gRPC (Open Inference Protocol).",
        epilog="Everything else is set by environment: docs/reference/api.md lists it.",
    )
    parser.add_argument("--bundle", type=Path, help="directory of the bundle to serve")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--http-port", type=int)
    parser.add_argument("--grpc-port", type=int)
    parser.add_argument("--metrics-port", type=int)
    return parser


if __name__ == "__main__":
    sys.exit(main())
