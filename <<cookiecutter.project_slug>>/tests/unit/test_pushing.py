"""Figures that are pushed to a real Pushgateway, or not, and why."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ports import free_port
from pushgateways import group, pushgateway

from <<cookiecutter.package_name>> import pushing
from <<cookiecutter.package_name>>.pushing import Figure, PushError, failed, finished, push
from <<cookiecutter.package_name>>.settings import Observability

ACCESS = Observability("credit-risk", "prod", "credit-risk-prod", "risk/eu")


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(pushing, "PAUSES", (0.2, 0.2, 0.2))


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with pushgateway(free_port()) as url:
        yield url


def test_a_push_is_a_group_of_the_model_and_replaces_the_one_before(gateway):
    access = replace(ACCESS, pushgateway=gateway)
    first = [
        Figure("ml_quality", "Quality.", 0.5, {"metric": "f1", "slice": "all"}),
        Figure("ml_quality", "Quality.", 0.25, {"metric": "f1", "slice": "age=<40"}),
        Figure("ml_outcomes_total", "Outcomes.", 7, {"outcome": "tp"}, "counter"),
    ]

    assert push(first, "ml-monitoring", access)
    found = group(gateway, "ml-monitoring")
    assert found["labels"] == {
        "job": "ml-monitoring",
        "namespace": "credit-risk-prod",
        "environment": "prod",
        "team": "risk/eu",
        "model_name": "credit-risk",
    }
    values = {
        (metric["labels"]["slice"], metric["value"]) for metric in found["ml_quality"]["metrics"]
    }
    assert values == {("all", "0.5"), ("age=<40", "0.25")}
    assert found["ml_outcomes_total"]["type"] == "COUNTER"

    assert push(first[:1], "ml-monitoring", access)
    again = group(gateway, "ml-monitoring")
    assert len(again["ml_quality"]["metrics"]) == 1 and "ml_outcomes_total" not in again


def test_a_failure_does_not_hide_the_last_success(gateway):
    access = replace(ACCESS, pushgateway=gateway)

    push(finished("training", 12.5), "ml-training", access)
    push(failed("training"), "ml-training", access, replace=False)

    found = group(gateway, "ml-training")
    for name in (
        "ml_pipeline_last_success_timestamp_seconds",
        "ml_pipeline_last_failure_timestamp_seconds",
    ):
        (metric,) = found[name]["metrics"]
        assert metric["labels"]["pipeline"] == "training"
        assert abs(float(metric["value"]) - time.time()) < 60
    assert found["ml_pipeline_duration_seconds"]["metrics"][0]["value"] == "12.5"


def test_without_an_address_nothing_is_pushed(caplog):
    with caplog.at_level("INFO"):
        assert push(finished("training", 1), "ml-training", ACCESS) is False

    assert "PUSHGATEWAY_URL is not set" in caplog.text


def test_a_gateway_that_is_away_is_an_error_that_names_it(caplog):
    url = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(PushError, match=f"Pushgateway at {url} after 4 attempts"):
        push(finished("training", 1), "ml-training", replace(ACCESS, pushgateway=url))

    assert caplog.text.count("again in 0.2 s") == 3


def test_a_gateway_that_never_answers_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(pushing, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(PushError, match="after 4 attempts .*timed out"):
            push(finished("training", 1), "ml-training", replace(ACCESS, pushgateway=url))
    assert time.monotonic() - start < 5


def test_a_gateway_that_comes_back_gets_the_figures(monkeypatch):
    monkeypatch.setattr(pushing, "PAUSES", (0.5,) * 60)
    port, done = free_port(), []
    access = replace(ACCESS, pushgateway=f"http://127.0.0.1:{port}")
    thread = threading.Thread(
        target=lambda: done.append(push(finished("training", 1), "ml-training", access))
    )

    thread.start()
    time.sleep(0.7)
    with pushgateway(port) as url:
        thread.join(40)
        assert done == [True]
        assert group(url, "ml-training")


def test_figures_that_the_gateway_refuses_are_an_error_at_once(gateway, caplog):
    access = replace(ACCESS, pushgateway=f"{gateway}/elsewhere")

    with pytest.raises(PushError, match="refuses the figures of ml-training: HTTP 404"):
        push(finished("training", 1), "ml-training", access)

    assert "again in" not in caplog.text


def test_a_gateway_that_is_busy_is_asked_again():
    """One behind a proxy, which answers in its place."""
    answers, asked = iter([429, 503, 202]), []

    class Proxy(BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(self.path)
            self.send_response(next(answers))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        access = replace(ACCESS, pushgateway=f"http://127.0.0.1:{server.server_port}")
        assert push(finished("training", 1), "ml-training", access)
        server.shutdown()
        thread.join(5)

    assert len(asked) == 3
