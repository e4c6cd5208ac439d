"""The inference runtime: one verified bundle behind MLServer's model interface."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mlserver import MLModel
from mlserver.errors import MLServerError
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    Parameters,
    ResponseOutput,
    TensorData,
)
from mlserver.utils import get_model_uri

from ..bundle import Bundle, load_bundle
from ..logs import Service
from .context import RequestContext, current_request
from .errors import RequestError
from .metadata import model_metadata
from .protocol import InferRequest, check_id
from .scoring import Output, Scorer, sample_request
from .settings import read_settings
from .telemetry import Telemetry
from .tensors import tensors_from_mlserver

_log = logging.getLogger(__name__)


class RefusedRequest(RequestError, MLServerError):
    """A ``RequestError`` that MLServer's own servers answer with the right status too."""

    def __init__(self, error: RequestError) -> None:
        super().__init__(error.code, error.message, error.field, error.status)
        self.status_code = error.status
        self.violations = error.violations


class BundleRuntime(MLModel):
    """Loads a bundle, and is ready only once it was verified and has answered a sample row.

    Our server hands in its telemetry and settings by ``parameters.extra``; under ``mlserver
    start`` the runtime makes its own and tells of every request itself.
    """

    async def load(self) -> bool:
        extra = self._settings.parameters.extra or {}
        self._serving = extra.get("serving") or read_settings()
        self._telemetry: Telemetry | None = extra.get("telemetry")
        folder = Path(await get_model_uri(self._settings))
        # Reading and unpickling block: health checks must be answered meanwhile.
        bundle = await asyncio.to_thread(load_bundle, folder, self._serving.bundle_digest)
        self._scorer = Scorer(bundle, self._serving.max_rows)
        # One thread: large batches wait for each other, which bounds the memory they take.
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._owns_telemetry = self._telemetry is None
        if self._telemetry is None:
            service = Service(bundle.name, self._serving.environment)
            self._telemetry = Telemetry(self._serving, service)
        self._telemetry.attach(bundle, self.name)
        self._bundle = bundle
        await asyncio.to_thread(self._warm_up)
        return True

    @property
    def bundle(self) -> Bundle:
        """The verified bundle."""
        return self._bundle

    async def metadata(self) -> MetadataModelResponse:
        bundle = self._bundle
        return MetadataModelResponse(
            **model_metadata(
                bundle.schema, self.name, bundle.version, bundle.manifest["model_format"]
            )
        )

    async def predict(self, payload: InferenceRequest | InferRequest) -> InferenceResponse:
        """Answer one request; raises ``RefusedRequest`` for one that does not fit the schema."""
        context = current_request.get()
        if context is not None:
            return await self._predict(payload, context)
        context = RequestContext.start("PREDICT", self.name, {}, protocol="mlserver")
        context.adopt(payload.id)
        try:
            response = await self._predict(payload, context)
            context.status = 200
            return response
        except RequestError as error:
            context.error, context.status = error, error.status
            raise
        except Exception as error:
            context.exception, context.status = error, 500
            raise
        finally:
            if self._owns_telemetry:
                self._telemetry.finish(context, is_prediction=True)

    async def _predict(
        self, payload: InferenceRequest | InferRequest, context: RequestContext
    ) -> InferenceResponse:
        try:
            request = payload if isinstance(payload, InferRequest) else _own_request(payload)
            matrix = self._scorer.decode(request)
        except RequestError as error:
            raise RefusedRequest(error) from None
        if len(matrix) > self._serving.thread_rows:
            loop = asyncio.get_running_loop()
            scored = await loop.run_in_executor(self._threads, self._scorer.score, matrix)
        else:
            scored = self._scorer.score(matrix)
        context.scored = scored
        context.outputs = self._scorer.outputs(scored.prediction, request.outputs)
        return InferenceResponse.model_construct(
            model_name=self.name,
            model_version=self._bundle.version,
            id=context.answer_id,
            parameters=None,
            outputs=[_response_output(output) for output in context.outputs],
        )

    async def unload(self) -> bool:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False, cancel_futures=True)
        if getattr(self, "_owns_telemetry", False):
            self._telemetry.flush()
            await asyncio.to_thread(self._telemetry.close)
        return True

    def _warm_up(self) -> None:
        """One prediction through every layer of ours, before anyone is waiting for it."""
        request = sample_request(self._bundle.schema)
        scored = self._scorer.score(self._scorer.decode(request))
        self._scorer.outputs(scored.prediction)


def _own_request(payload: InferenceRequest) -> InferRequest:
    wanted = tuple(output.name for output in payload.outputs or ()) or None
    return InferRequest(check_id(payload.id), tensors_from_mlserver(payload.inputs), wanted)


def _response_output(output: Output) -> ResponseOutput:
    # Constructed, not validated: these are our own values.
    parameters = Parameters.model_construct(**output.parameters) if output.parameters else None
    data = [text.encode() for text in output.data] if output.datatype == "BYTES" else output.data
    return ResponseOutput.model_construct(
        name=output.name,
        shape=output.shape,
        datatype=output.datatype,
        parameters=parameters,
        data=TensorData.model_construct(root=data),
    )
