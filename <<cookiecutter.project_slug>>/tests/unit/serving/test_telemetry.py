"""Sampling of prediction events, and lines of requests that ended oddly."""

import asyncio
import json
import logging

import numpy as np
import pytest

from <<cookiecutter.package_name>>.bundle import load_bundle
from <<cookiecutter.package_name>>.logs import Service
from <<cookiecutter.package_name>>.serving import telemetry as telemetry_lines
from <<cookiecutter.package_name>>.serving.context import RequestContext
from <<cookiecutter.package_name>>.serving.errors import RequestError
from <<cookiecutter.package_name>>.serving.logs import READY_LINES
from <<cookiecutter.package_name>>.serving.scoring import Scorer
from <<cookiecutter.package_name>>.serving.settings import ServingSettings, SettingsError
from <<cookiecutter.package_name>>.serving.telemetry import Telemetry


def finish(telemetry, context, is_prediction=True):
    """End one request as the server does, in a loop, and do not wait for others."""

    async def end():
        telemetry.finish(context, is_prediction)
        telemetry.flush()

    asyncio.run(end())


@pytest.fixture
def told(caplog):
    """What a telemetry with these settings writes about one context."""

    def tell(context, bundle=None, **settings):
        caplog.clear()
        caplog.set_level(logging.INFO, READY_LINES)
        telemetry = Telemetry(ServingSettings(**settings), Service("model"))
        if bundle is not None:
            telemetry.attach(bundle, bundle.name)
        finish(telemetry, context)
        return [json.loads(line) for line in caplog.records[-1].getMessage().splitlines()]

    return tell


@pytest.fixture(scope="module")
def loaded(bundle):
    return load_bundle(bundle)


def answered(loaded, rows):
    context = RequestContext.start("POST", "/infer", {"x-request-id": "r"})
    matrix = np.tile([500.0, np.nan, 1.0, np.nan], (rows, 1))
    context.scored = Scorer(loaded, 10_000).score(matrix)
    context.status = 200
    return context


def test_a_share_of_the_rows(told, loaded):
    assert len(told(answered(loaded, 1000), loaded)) == 1001
    assert len(told(answered(loaded, 10), loaded, event_sample_rate=0.0)) == 1
    assert 380 < len(told(answered(loaded, 1000), loaded, event_sample_rate=0.5)) - 1 < 620


def test_features_as_the_caller_wrote_them(told, loaded):
    _, event = told(answered(loaded, 1), loaded, event_features=("income", "visits", "region"))
    assert event["ml.features"] == {"income": 500.0, "visits": None, "region": None}


def test_a_star_stands_for_all_features(told, loaded):
    _, event = told(answered(loaded, 1), loaded, event_features=("*",))
    assert list(event["ml.features"]) == loaded.schema.feature_names


def test_events_are_kept_in_files_too(told, loaded, tmp_path):
    folder = tmp_path / "events"
    telemetry = Telemetry(ServingSettings(event_folder=folder), Service())
    telemetry.attach(loaded, "mixed")
    finish(telemetry, answered(loaded, 3))
    telemetry.close()

    lines = [line for path in folder.iterdir() for line in path.read_text().splitlines()]
    # The line about the request is none of them.
    assert [json.loads(line)["event.id"] for line in lines] == ["r-0", "r-1", "r-2"]


def test_a_feature_that_does_not_exist(loaded):
    telemetry = Telemetry(ServingSettings(event_features=("age",)), Service())
    with pytest.raises(SettingsError, match="age"):
        telemetry.attach(loaded, "mixed")


def test_the_variant_that_answered(told, loaded):
    for record in told(answered(loaded, 2), loaded, variant="challenger"):
        assert record["ml.variant"] == "challenger"
    for record in told(answered(loaded, 1), loaded):
        assert "ml.variant" not in record


def test_a_caller_that_went_away(told):
    context = RequestContext.start("POST", "/infer", {})
    (line,) = told(context)
    assert line["event.outcome"] == "failure" and "http.response.status_code" not in line


@pytest.mark.parametrize("fault", ["error", "exception"])
def test_a_request_that_failed_after_scoring_has_no_events(told, loaded, fault):
    """Nobody has got those predictions, so no label will come and no drift is theirs."""
    context = answered(loaded, 2)
    context.status = 500
    setattr(context, fault, RequestError("internal", "broken", status=500))
    (line,) = told(context, loaded)
    assert line["event.outcome"] == "failure" and line["ml.rows"] == 2


@pytest.mark.parametrize(
    "trace", ["", "00-xyz-1-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"]
)
def test_traces_that_are_none(trace):
    assert RequestContext.start("GET", "/", {"traceparent": trace}).trace_id is None


def test_a_line_begins_with_what_is_known_by_then(caplog, loaded):
    """What all lines share is kept as text; it must follow when more becomes known."""
    caplog.set_level(logging.INFO, READY_LINES)
    service = Service("model")
    telemetry = Telemetry(ServingSettings(), service)
    finish(telemetry, RequestContext.start("GET", "/v2", {}), False)
    telemetry.attach(loaded, "mixed")
    finish(telemetry, answered(loaded, 1))
    service.rename("other", "prod")
    finish(telemetry, answered(loaded, 1))
    before, *after = (
        [json.loads(line, object_pairs_hook=list) for line in record.getMessage().splitlines()]
        for record in caplog.records
    )
    assert "service.version" not in dict(before[0])
    for (line, event), name in zip(after, ("model", "other"), strict=True):
        for pairs, dataset in ((line, "ml.serving"), (event, "ml.prediction")):
            record = dict(pairs)
            assert len(record) == len(pairs), "no name twice"
            known = {"service.name": name, "service.version": "v3", "ml.model.name": "mixed"}
            assert record.items() >= known.items()
            assert record["event.dataset"] == dataset and record["http.request.id"] == "r"


def ended(telemetry, contexts, seconds=0.0):
    """End all requests in one loop, and wait."""

    async def end():
        for context in contexts:
            telemetry.finish(context, True)
        await asyncio.sleep(seconds)

    asyncio.run(end())


def ids(caplog):
    """Of each record, the requests whose lines it has."""
    return [
        [json.loads(line)["http.request.id"] for line in record.getMessage().splitlines()]
        for record in caplog.records
    ]


def requests(*names):
    return [RequestContext.start("GET", "/v2", {"x-request-id": name}) for name in names]


def test_requests_of_a_moment_are_written_together(caplog):
    caplog.set_level(logging.INFO, READY_LINES)
    telemetry = Telemetry(ServingSettings(), Service())
    ended(telemetry, requests("a", "b"), seconds=0.2)
    assert ids(caplog) == [["a", "b"]]
    ended(telemetry, requests("c"), seconds=0.2)
    assert ids(caplog) == [["a", "b"], ["c"]]


def test_the_last_requests_are_written_at_the_end(caplog, monkeypatch):
    caplog.set_level(logging.INFO, READY_LINES)
    monkeypatch.setattr(telemetry_lines, "_PAUSE", 60)
    telemetry = Telemetry(ServingSettings(), Service())
    ended(telemetry, requests("a"))
    assert ids(caplog) == []
    telemetry.close()
    telemetry.close()
    assert ids(caplog) == [["a"]]


def test_a_line_says_how_long_the_request_took_and_not_how_long_it_waited(caplog, monkeypatch):
    caplog.set_level(logging.INFO, READY_LINES)
    monkeypatch.setattr(telemetry_lines, "_PAUSE", 0.8)
    telemetry = Telemetry(ServingSettings(), Service())
    (context,) = requests("a")
    ended(telemetry, [context], seconds=1.2)
    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert line["event.duration"] == context.duration_ns < 700_000_000


def test_many_rows_do_not_wait_in_memory(caplog, loaded, monkeypatch):
    caplog.set_level(logging.INFO, READY_LINES)
    monkeypatch.setattr(telemetry_lines, "_PAUSE", 60)
    telemetry = Telemetry(ServingSettings(), Service())
    ended(telemetry, [answered(loaded, 600), answered(loaded, 600), answered(loaded, 1)])
    assert [len(found) for found in ids(caplog)] == [1202]


def test_faults_of_ours_do_not_wait_to_be_written(caplog):
    caplog.set_level(logging.INFO, READY_LINES)
    before, context = requests("before", "fault")
    context.exception, context.status = ValueError("broken"), 500
    ended(Telemetry(ServingSettings(), Service()), [before, context])
    assert ids(caplog) == [["before", "fault"]]


def test_a_request_that_cannot_be_told_of_takes_no_others_lines_with_it(caplog):
    caplog.set_level(logging.INFO, READY_LINES)
    telemetry = Telemetry(ServingSettings(), Service())
    before, broken, after = requests("before", "broken", "after")
    broken.started = None
    ended(telemetry, [before, broken, after])
    with pytest.raises(TypeError):
        telemetry.flush()
    telemetry.close()
    assert ids(caplog) == [["before"], ["after"]]


def test_events_have_the_time_of_the_answer(told, loaded):
    context = answered(loaded, 1)
    context.started = 1_790_812_800.0
    context.started_ns -= 5_000_000_000
    line, event = told(context, loaded)
    assert line["@timestamp"].startswith("2026-10-01T00:00:00")
    assert event["@timestamp"].startswith("2026-10-01T00:00:05")
