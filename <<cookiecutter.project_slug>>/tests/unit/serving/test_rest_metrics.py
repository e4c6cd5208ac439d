"""Requests by REST have the series of MLServer's middleware, to the last label and bucket."""

import asyncio

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette_exporter import PrometheusMiddleware

from <<cookiecutter.package_name>>.serving.rest_metrics import CountedRoute, RestMetrics

REQUESTS = [
    ("GET", "/v2", 200),
    ("HEAD", "/v2", 200),
    ("GET", "/v2/models/one", 200),
    ("GET", "/v2/models/two", 200),
    ("GET", "/v2/models/missing", 404),
    ("GET", "/v2/models/broken", 500),
    ("POST", "/v2/models/one", 405),
    ("GET", "/nowhere", 404),
    ("GET", "/v2/health/live", 200),
    ("GET", "/metrics", 200),
    ("GET", "/metrics/more", 200),
    ("GET", "/silent", None),
]


async def model(request) -> Response:
    name = request.path_params["name"]
    if name == "missing":
        raise HTTPException(404)
    if name == "broken":
        raise RuntimeError("broken")
    return PlainTextResponse(name)


async def plain(request) -> Response:
    return PlainTextResponse("plain")


async def silent(request) -> Response:
    async def nothing(scope, receive, send) -> None:
        return

    return nothing


def application(kind, prefix: str, **scope_options) -> FastAPI:
    targets = {"/v2": plain, "/v2/models/{name}": model, "/silent": silent}
    targets |= {"/v2/health/live": plain, "/metrics": plain, "/metrics/more": plain}
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, **scope_options)
    app.router.routes[:] = [
        CountedRoute(path, target, methods=["GET"]) for path, target in targets.items()
    ]
    skipped = ["/metrics", "/v2/health/live", "/v2/health/ready"]
    options = {"app_name": "mlserver", "prefix": prefix, "skip_paths": skipped}
    app.user_middleware[:] = [Middleware(kind, **options)]
    return app


def ask(app: FastAPI, verb: str, path: str, disconnected: bool = False) -> int | None:
    """The status of one answer, if there was one."""
    found = []

    async def receive():
        return {"type": "http.disconnect" if disconnected else "http.request", "body": b""}

    async def send(message):
        found.append(message)

    scope = {"type": "http", "method": verb, "path": path, "query_string": b"", "headers": []}
    scope |= {"server": ("localhost", 80), "scheme": "http", "http_version": "1.1"}
    try:
        asyncio.run(app(scope, receive, send))
    except RuntimeError as error:
        assert str(error) == "broken"
    return next((item["status"] for item in found if "status" in item), None)


def series(prefix: str) -> dict:
    """What a scrape shows by name and labels; None for values that depend on time."""
    found = {}
    for metric in REGISTRY.collect():
        if not metric.name.startswith(prefix):
            continue
        found[metric.name.removeprefix(prefix)] = (metric.type, metric.documentation)
        for sample in metric.samples:
            if sample.name.endswith("_created"):
                continue
            timed = sample.name.endswith("_sum") or sample.labels.get("le", "+Inf") != "+Inf"
            key = (sample.name.removeprefix(prefix), *sorted(sample.labels.items()))
            found[key] = None if timed else sample.value
    return found


@pytest.mark.parametrize("root_path", ["", "/proxied"])
def test_the_same_series(root_path):
    """Names, labels, buckets and values are those of the middleware that ours replaces."""
    prefixes = {PrometheusMiddleware: "theirs", RestMetrics: "ours"}
    prefixes = {kind: f"{name}{len(root_path)}" for kind, name in prefixes.items()}
    for kind, prefix in prefixes.items():
        app = application(kind, prefix, root_path=root_path)
        for verb, path, status in REQUESTS:
            assert ask(app, verb, root_path + path) == status, (kind, verb, path)
        assert ask(app, "GET", root_path + "/silent", disconnected=True) is None
    theirs, ours = (series(prefix) for prefix in prefixes.values())
    labels = {"app_name": "mlserver", "method": "GET", "path": "/v2/models/{name}"}
    assert ours["_requests_total", *sorted({**labels, "status_code": "200"}.items())] == 2
    assert ours == theirs
    assert ours["_request_duration_seconds"][0] == "histogram"


def test_a_cancelled_request_is_not_counted_but_over():
    app = application(RestMetrics, "cancelled")

    async def hang(request) -> Response:
        await asyncio.sleep(60)

    app.router.routes[:] = [CountedRoute("/hang", hang)]

    async def main() -> None:
        scope = {"type": "http", "method": "GET", "path": "/hang", "headers": []}
        task = asyncio.create_task(app(scope, None, None))
        await asyncio.sleep(0.05)
        running = {"app_name": "mlserver", "method": "GET"}
        name = "cancelled_requests_in_progress"
        assert REGISTRY.get_sample_value(name, running) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert REGISTRY.get_sample_value(name, running) == 0

    asyncio.run(main())
    assert not [key for key in series("cancelled") if "status_code" in str(key)]


def test_a_duration_ends_with_the_last_byte_of_the_answer():
    """Not with its first one, and not with what the server does afterwards."""
    app = application(RestMetrics, "timed")

    async def slowly(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b"last"})
        await asyncio.sleep(1.5)

    async def answer(request) -> Response:
        return slowly

    app.router.routes[:] = [CountedRoute("/slow", answer)]
    assert ask(app, "GET", "/slow") == 200
    labels = {"method": "GET", "path": "/slow", "status_code": "200", "app_name": "mlserver"}
    seconds = REGISTRY.get_sample_value("timed_request_duration_seconds_sum", labels)
    assert 0.1 <= seconds < 1.5


def test_methods_that_callers_invent_share_a_series():
    app = application(RestMetrics, "invented")
    for number in range(3):
        ask(app, f"MADE{number}", "/v2")
    methods = {dict(key[1:])["method"] for key in series("invented") if isinstance(key, tuple)}
    assert methods == {"other"}
