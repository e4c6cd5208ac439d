"""Counts and times requests by REST: the series of MLServer's own middleware, at less cost.

That one looks every series up by its labels, and searches all routes once more. Here routes say
which one they are, and each series is looked up once.
"""

import re
import time
from functools import cache

from fastapi import FastAPI
from prometheus_client import Counter, Gauge, Histogram
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_exporter import PrometheusMiddleware

_TEMPLATE = "counted_template"
# Of those that callers invent there is no end.
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}


class CountedRoute(Route):
    """A route whose requests are counted under its path, the template."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in self.methods:
            scope[_TEMPLATE] = self.path
        await super().handle(scope, receive, send)


def count_requests(app: FastAPI) -> None:
    """Put ``RestMetrics`` in the place of MLServer's middleware, with the same options."""
    app.user_middleware[:] = [
        Middleware(RestMetrics, **item.kwargs) if item.cls is PrometheusMiddleware else item
        for item in app.user_middleware
    ]


@cache
def _metrics(prefix: str) -> tuple[Counter, Histogram, Gauge]:
    """Once in a process: applications may be made several times."""
    labels = ("method", "path", "status_code", "app_name")
    return (
        Counter(f"{prefix}_requests_total", "Total HTTP requests", labels),
        Histogram(
            f"{prefix}_request_duration_seconds", "HTTP request duration, in seconds", labels
        ),
        Gauge(
            f"{prefix}_requests_in_progress",
            "Total HTTP requests currently in progress",
            ("method", "app_name"),
            multiprocess_mode="livesum",
        ),
    )


class RestMetrics:
    """ASGI middleware; requests without a route, and those for ``skip_paths``, are not counted.

    ``skip_paths`` are regular expressions of whole paths.
    """

    def __init__(self, app: ASGIApp, app_name: str, prefix: str, skip_paths: list[str]) -> None:
        self.app = app
        self._name = app_name
        self._skipped = re.compile("|".join(f"(?:{path})" for path in skip_paths))
        self._requests, self._seconds, self._running = _metrics(prefix)
        self._by_method: dict[str, Gauge] = {}
        self._by_route: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._skipped.fullmatch(_path(scope)):
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        ended = status = None

        async def noting(message: Message) -> None:
            nonlocal ended, status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                ended = time.perf_counter()
            await send(message)

        running = self._of_method(scope["method"])
        running.inc()
        try:
            await self.app(scope, receive, noting)
        except Exception:
            status = 500
            raise
        else:
            if status is None:
                status = 499 if await Request(scope, receive).is_disconnected() else 500
        finally:
            running.dec()
            template = scope.get(_TEMPLATE)
            # Without a status it was cancelled.
            if template is not None and status is not None:
                count, seconds = self._of_route(scope["method"], template, status)
                count.inc()
                seconds.observe((ended or time.perf_counter()) - begun)

    def _of_method(self, method: str) -> Gauge:
        found = self._by_method.get(method)
        if found is None:
            method = method if method in _METHODS else "other"
            found = self._by_method[method] = self._running.labels(method, self._name)
        return found

    def _of_route(self, method: str, template: str, status: int) -> tuple[Counter, Histogram]:
        key = (method, template, status)
        found = self._by_route.get(key)
        if found is None:
            labels = (method, template, status, self._name)
            found = (self._requests.labels(*labels), self._seconds.labels(*labels))
            self._by_route[key] = found
        return found


def _path(scope: Scope) -> str:
    """Without the prefix that a proxy in front has added."""
    return scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
