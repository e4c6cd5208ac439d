"""The REST side: MLServer's application with routes of our own.

Taken from MLServer: the application with its middleware (CORS, gzip, tracing), the data plane and
the set-up of uvicorn. Ours: routes, limits, errors, counting. The repository routes are left out,
since whoever can reach the port could unload the model through them.
"""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from mlserver.errors import MLServerError
from mlserver.handlers import ModelRepositoryHandlers
from mlserver.rest import RESTServer
from mlserver.settings import Settings
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from uvicorn import Config

from .body import read_body
from .context import RequestContext, current_request
from .dataplane import ModelDataPlane
from .errors import RequestError, error_body, internal_error
from .protocol import parse_request
from .quiet import QuietServer
from .request_layer import RequestLayer
from .rest_metrics import CountedRoute, count_requests
from .scoring import Output
from .settings import ServingSettings
from .telemetry import Telemetry, log_exception

_HTTP_CODES = {404: "unknown_path", 405: "method_not_allowed"}


class BundleRESTServer(QuietServer, RESTServer):
    """MLServer's REST server around ``install_routes`` and ``RequestLayer``."""

    def __init__(
        self,
        settings: Settings,
        data_plane: ModelDataPlane,
        repository: ModelRepositoryHandlers,
        serving: ServingSettings,
        telemetry: Telemetry,
    ) -> None:
        super().__init__(settings, data_plane, repository)
        self._serving = serving
        self._telemetry = telemetry
        self.documents: dict[str, bytes] = {}
        install_routes(self._app, data_plane, serving, self.documents)
        count_requests(self._app)

    def _get_config(self) -> Config:
        config = super()._get_config()
        # The one seam: every request passes through this layer, before anything of MLServer's.
        config.app = RequestLayer(config.app, self._data_plane, self._telemetry, _answer_fault)
        config.server_header = False
        return config


def install_routes(
    app: FastAPI, data_plane: ModelDataPlane, serving: ServingSettings, documents: dict[str, bytes]
) -> None:
    """Replace the routes and error handlers of MLServer's application by ours."""
    endpoints = _Endpoints(data_plane, serving, documents)
    model = "/v2/models/{model_name}"
    version = model + "/versions/{model_version}"
    table: list[tuple[str, Any, str]] = [
        ("/v2/health/live", endpoints.live, "GET"),
        ("/v2/health/ready", endpoints.ready, "GET"),
        ("/v2", endpoints.server_metadata, "GET"),
        ("/v2/docs", endpoints.docs, "GET"),
        ("/v2/docs/openapi.json", endpoints.openapi, "GET"),
    ]
    for base in (model, version):
        table += [
            (base + "/infer", endpoints.infer, "POST"),
            (base + "/ready", endpoints.model_ready, "GET"),
            (base, endpoints.model_metadata, "GET"),
        ]
    app.router.routes[:] = [
        CountedRoute(path, target, methods=[verb]) for path, target, verb in table
    ]
    app.router.redirect_slashes = False
    app.add_exception_handler(RequestError, _on_request_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    # MLServer's own handler tells callers what went wrong inside.
    app.exception_handlers.pop(MLServerError, None)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_fault)


class _Endpoints:
    def __init__(
        self, data_plane: ModelDataPlane, serving: ServingSettings, documents: dict[str, bytes]
    ) -> None:
        self._data_plane = data_plane
        self._limit = serving.max_body_bytes
        self._documents = documents

    async def live(self, request: Request) -> Response:
        return _json({"live": True})

    async def ready(self, request: Request) -> Response:
        return self._readiness(await self._data_plane.ready())

    async def model_ready(self, request: Request) -> Response:
        return self._readiness(await self._data_plane.model_ready(**_names(request)))

    def _readiness(self, ready: bool) -> Response:
        if not ready:
            message = f"the server is {self._data_plane.state.value}"
            raise RequestError("not_ready", message, status=503)
        return _json({"ready": True})

    async def server_metadata(self, request: Request) -> Response:
        return _json((await self._data_plane.metadata()).model_dump())

    async def model_metadata(self, request: Request) -> Response:
        found = await self._data_plane.model_metadata(**_names(request))
        return _json(found.model_dump())

    async def openapi(self, request: Request) -> Response:
        if "openapi" not in self._documents:
            raise RequestError("not_ready", "the model is being loaded; try again", status=503)
        return Response(self._documents["openapi"], media_type="application/json")

    async def docs(self, request: Request) -> Response:
        return get_swagger_ui_html(openapi_url="/v2/docs/openapi.json", title="Model API")

    async def infer(self, request: Request) -> Response:
        context = current_request.get()
        body = await read_body(request, self._limit)
        context.body_bytes = len(body)
        parsed = parse_request(body)
        context.adopt(parsed.id)
        # MLServer would invent another id where the caller gave none.
        parsed.id = context.answer_id
        response = await self._data_plane.infer(parsed, **_names(request))
        return _json(
            {
                "model_name": response.model_name,
                "model_version": response.model_version,
                "id": context.answer_id,
                "outputs": [_written(output) for output in context.outputs],
            }
        )


def _written(output: Output) -> dict[str, Any]:
    tensor = output._asdict()
    if not output.parameters:
        del tensor["parameters"]
    return tensor


def _names(request: Request) -> dict[str, Any]:
    path = request.path_params
    return {"name": path["model_name"], "version": path.get("model_version")}


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    # NaN, which a sick model may answer, becomes null.
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def _refuse(
    context: RequestContext, error: RequestError, headers: dict[str, str] | None = None
) -> Response:
    context.error = error  # For the log line and the counters.
    return _json(error_body(error, context.id), error.status, headers)


async def _on_request_error(request: Request, error: RequestError) -> Response:
    return _refuse(current_request.get(), error)


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    code = _HTTP_CODES.get(error.status_code, "invalid_request")
    message = f"{request.method} {request.url.path[:200]}: {error.detail}"
    refused = RequestError(code, message, status=error.status_code)
    return _refuse(current_request.get(), refused, error.headers)


async def _on_disconnect(request: Request, error: ClientDisconnect) -> Response:
    gone = RequestError("client_disconnected", "the caller went away while sending the body")
    return _refuse(current_request.get(), gone)


async def _on_fault(request: Request, error: Exception) -> Response:
    return _answer_fault(current_request.get(), error)


def _answer_fault(context: RequestContext, error: Exception) -> Response:
    context.exception = error
    log_exception(context, error)
    return _refuse(context, internal_error())
