"""The outermost ASGI layer: every request gets an id, an answer and one log line."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .context import REQUEST_ID_HEADER, RequestContext, current_request
from .dataplane import ModelDataPlane, State
from .telemetry import Telemetry

_HEALTH = "/v2/health/"


class RequestLayer:
    """Wraps an ASGI application; ``answer_fault`` makes the response if it fails before one."""

    def __init__(
        self,
        app: ASGIApp,
        data_plane: ModelDataPlane,
        telemetry: Telemetry,
        answer_fault: Callable[[RequestContext, Exception], ASGIApp],
    ) -> None:
        self._app = app
        self._data_plane = data_plane
        self._telemetry = telemetry
        self._answer_fault = answer_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        context = RequestContext.start(scope["method"], scope["path"], headers)
        token = current_request.set(context)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._headers(context)]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            # Starlette answers a fault and raises it again, for servers to log; that is done.
            if context.status is None:
                await self._answer_fault(context, error)(scope, receive, answer)
        finally:
            current_request.reset(token)
            # Probes come every few seconds, and "not ready" is a good answer to them.
            if context.exception is not None or not scope["path"].startswith(_HEALTH):
                self._telemetry.finish(context, _is_prediction(scope))

    def _headers(self, context: RequestContext) -> list[tuple[bytes, bytes]]:
        headers = [(REQUEST_ID_HEADER.encode(), context.id.encode())]
        if self._data_plane.state is State.DRAINING:
            # Callers that keep connections open must find another server before this one goes.
            headers.append((b"connection", b"close"))
        return headers


def _is_prediction(scope: Scope) -> bool:
    return scope["path"].endswith("/infer") and scope["method"] == "POST"
