"""What the gRPC side tells of calls that end oddly; the API tests have all others."""

import asyncio
import json
import logging

import pytest

from <<cookiecutter.package_name>>.logs import Service
from <<cookiecutter.package_name>>.serving.grpc_server import BundleServicer
from <<cookiecutter.package_name>>.serving.logs import READY_LINES
from <<cookiecutter.package_name>>.serving.settings import ServingSettings
from <<cookiecutter.package_name>>.serving.telemetry import Telemetry


class Call:
    """As much of a call as is looked at before it is answered."""

    def invocation_metadata(self):
        return (("x-request-id", "cancelled-1"),)


def test_a_cancelled_call_is_no_success(caplog):
    caplog.set_level(logging.INFO, READY_LINES)

    async def hang(current):
        await asyncio.sleep(60)

    async def main():
        servicer = BundleServicer(None, None)
        servicer.telemetry = Telemetry(ServingSettings(), Service("model"))
        task = asyncio.create_task(servicer._answer("ModelInfer", Call(), hang, dict))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        servicer.telemetry.flush()

    asyncio.run(main())
    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert line["http.request.id"] == "cancelled-1"
    assert line["event.outcome"] == "failure" and "ml.grpc.status" not in line
