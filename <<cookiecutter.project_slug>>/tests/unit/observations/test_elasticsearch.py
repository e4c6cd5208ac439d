"""Reading from a search engine, page by page; a real engine is asked in the platform's tests."""

import base64
import socket
from datetime import timedelta

import pytest
from event_lines import NOW, SINCE, event, nested
from search_server import searching

from <<cookiecutter.package_name>>.observations import elasticsearch
from <<cookiecutter.package_name>>.observations.elasticsearch import ElasticsearchReader
from <<cookiecutter.package_name>>.observations.records import ObservationError
from <<cookiecutter.package_name>>.settings import Observability

NOBODY = Observability("model")
INDEX = "logs-ml.prediction-dev"


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(elasticsearch, "PAUSES", (0.01, 0.01))


def documents(count: int) -> list[dict]:
    # Several events share a time, as the rows of one request do.
    return [
        nested(event(n, at=NOW - timedelta(hours=2) + timedelta(seconds=n // 4)))
        for n in range(count)
    ]


def read(engine, page=7, access=NOBODY, dataset="ml.prediction") -> list[str]:
    reader = ElasticsearchReader(engine.url, INDEX, access, page)
    return [record["event.id"] for record in reader.records(dataset, SINCE, NOW)]


@pytest.mark.parametrize("count", [0, 3, 7, 30])
def test_every_document_is_read_once(count):
    with searching([*documents(count), nested(event(99, at=SINCE - timedelta(days=1)))]) as engine:
        found = read(engine)

    assert sorted(found) == sorted(f"request-{n}" for n in range(count))
    path, _, body = engine.requests[0]
    assert path.startswith(f"/{INDEX}/_search?")
    # An index that does not exist yet, as on the first day, is no error.
    assert "ignore_unavailable=true" in path and "allow_no_indices=true" in path
    assert body["query"]["bool"]["filter"][0] == {"term": {"event.dataset": "ml.prediction"}}


def test_the_login_is_sent(tmp_path):
    basic = base64.b64encode(b"reader:secret").decode()
    logins = {
        "ApiKey abc": Observability("model", api_key="abc", username="ignored"),
        f"Basic {basic}": Observability("model", username="reader", password="secret"),
        None: NOBODY,
    }
    with searching([]) as engine:
        for access in logins.values():
            read(engine, access=access)

    assert [headers.get("Authorization") for _, headers, _ in engine.requests] == list(logins)
    assert "secret" not in repr(list(logins.values()))


def test_an_engine_that_is_busy_is_asked_again():
    with searching(documents(3)) as engine:
        engine.refuse = [(503, {"error": "starting"}), (429, {"error": "too many"})]

        assert len(read(engine)) == 3


def test_an_engine_that_is_away_is_an_error_that_names_it():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    reader = ElasticsearchReader(url, INDEX, NOBODY)

    with pytest.raises(ObservationError, match=f"no answer from {url}/{INDEX} after 3 attempts"):
        list(reader.records("ml.prediction", SINCE, NOW))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (401, "HTTP 401.*set ELASTICSEARCH_API_KEY"),
        (403, "HTTP 403.*role that may read this index"),
        (400, "HTTP 400.*check the index"),
    ],
)
def test_a_refusal_is_told_at_once(code, message):
    with searching([]) as engine:
        engine.refuse = [(code, {"error": "no"})]
        with pytest.raises(ObservationError, match=message):
            read(engine)

    assert len(engine.requests) == 1


@pytest.mark.parametrize("part", [{"timed_out": True}, {"_shards": {"failed": 2}}])
def test_an_answer_in_part_is_no_answer(part):
    whole = {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": []}}
    with searching([]) as engine:
        engine.refuse = [(200, {**whole, **part})]
        with pytest.raises(ObservationError, match="answered only in part"):
            read(engine)
