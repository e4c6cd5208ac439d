"""The runtime under MLServer's own servers, without anything of ours around it."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager

import numpy as np
import pandas as pd
import pytest
from mlserver.codecs import PandasCodec
from mlserver.errors import MLServerError
from mlserver.settings import ModelSettings
from mlserver.types import InferenceRequest, RequestInput, RequestOutput

from <<cookiecutter.package_name>>.bundle import BundleError
from <<cookiecutter.package_name>>.serving.logs import READY_LINES
from <<cookiecutter.package_name>>.serving.runtime import BundleRuntime
from <<cookiecutter.package_name>>.serving.settings import ServingSettings

# MLServer 1.7.1's codec cannot encode the text type of pandas 3: texts must be objects.
REGION = pd.Series(["north", "süd"], dtype=object)
FRAME = pd.DataFrame(
    {"income": [10.0, 990.0], "visits": [1, 2], "member": [False, True], "region": REGION}
)


@asynccontextmanager
async def loaded(bundle, **settings):
    """A runtime as ``mlserver start BUNDLE`` makes one."""
    made = ModelSettings.parse_file(str(bundle / "model-settings.json"))
    if settings:
        made.parameters.extra = {"serving": ServingSettings(**settings)}
    runtime = made.implementation(made)
    runtime.ready = await runtime.load()
    try:
        yield runtime
    finally:
        await runtime.unload()


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, READY_LINES)
    return lambda: [
        json.loads(line)
        for record in caplog.records
        if record.name == READY_LINES
        for line in record.getMessage().splitlines()
    ]


def test_a_bundle_starts_as_it_is(bundle, lines):
    async def run():
        async with loaded(bundle) as runtime:
            assert runtime.ready
            request = PandasCodec.encode_request(FRAME)
            request.id = "stock-1"
            return await runtime.predict(request), await runtime.metadata()

    response, metadata = asyncio.run(run())
    assert response.model_name == "mixed" and response.model_version == "v3"
    assert [output.name for output in response.outputs] == ["class", "probabilities"]
    assert response.outputs[0].data.root == [b"stays", b"leaves"]
    assert np.sum(response.outputs[1].data.root) == pytest.approx(2)
    assert response.model_dump()["outputs"][1]["parameters"] == {"classes": ["stays", "leaves"]}
    assert metadata.versions == ["v3"]
    line, *events = lines()
    assert line["event.action"] == "prediction" and line["http.request.id"] == "stock-1"
    assert [event["event.id"] for event in events] == ["stock-1-0", "stock-1-1"]


def test_refusals_are_mlservers_errors(bundle, lines):
    async def run():
        async with loaded(bundle) as runtime:
            request = PandasCodec.encode_request(FRAME.assign(income=-5.0))
            with pytest.raises(MLServerError, match="income: below the minimum") as caught:
                await runtime.predict(request)
            request = PandasCodec.encode_request(FRAME)
            request.outputs = [RequestOutput(name="other")]
            with pytest.raises(MLServerError, match="'other' is unknown"):
                await runtime.predict(request)
            return caught.value

    error = asyncio.run(run())
    assert error.status_code == 400 and error.code == "out_of_range" and error.field == "income"
    assert [line["event.outcome"] for line in lines()] == ["failure", "failure"]


def test_faults_are_told_too(bundle, lines, monkeypatch):
    async def run():
        async with loaded(bundle) as runtime:
            monkeypatch.setattr(runtime._scorer, "score", lambda matrix: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                await runtime.predict(PandasCodec.encode_request(FRAME))

    asyncio.run(run())
    assert lines()[0]["log.level"] == "error"


def test_unloading_writes_the_last_events(bundle, tmp_path):
    async def run():
        async with loaded(bundle, event_folder=tmp_path / "events") as runtime:
            await runtime.predict(PandasCodec.encode_request(FRAME))

    asyncio.run(run())
    (path,) = (tmp_path / "events").iterdir()
    assert len(path.read_text("utf-8").splitlines()) == 2


def test_large_batches_are_computed_in_a_thread(bundle):
    async def run():
        async with loaded(bundle, thread_rows=1) as runtime:
            return await runtime.predict(PandasCodec.encode_request(FRAME))

    assert asyncio.run(run()).outputs[0].shape == [2, 1]


def test_only_some_outputs(bundle):
    async def run():
        async with loaded(bundle) as runtime:
            request = PandasCodec.encode_request(FRAME)
            request.outputs = [RequestOutput(name="class")]
            return await runtime.predict(request)

    assert [output.name for output in asyncio.run(run()).outputs] == ["class"]


def test_unknown_datatypes_do_not_reach_the_model(bundle):
    wrong = RequestInput.model_construct(
        name="income", datatype="FLOAT", shape=[1], data=[1.0], parameters=None
    )

    async def run():
        async with loaded(bundle) as runtime:
            request = InferenceRequest.model_construct(
                inputs=[wrong], id=None, outputs=None, parameters=None
            )
            with pytest.raises(MLServerError, match="unknown datatype 'FLOAT'"):
                await runtime.predict(request)

    asyncio.run(run())


def test_another_digest_is_not_loaded(bundle):
    async def run():
        async with loaded(bundle, bundle_digest="sha256:0"):
            pass

    with pytest.raises(BundleError, match="expected sha256:0"):
        asyncio.run(run())


def test_it_can_be_unloaded_before_it_was_loaded(bundle):
    settings = ModelSettings.parse_file(str(bundle / "model-settings.json"))
    assert asyncio.run(BundleRuntime(settings).unload())
