"""The gRPC side: MLServer's server around a servicer of our own, with the same rules as REST."""

from collections.abc import Callable

import grpc
import orjson
from grpc import aio
from mlserver.grpc import GRPCServer
from mlserver.grpc.converters import ModelMetadataResponseConverter
from mlserver.grpc.dataplane_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelMetadataResponse,
    ModelReadyResponse,
)
from mlserver.grpc.dataplane_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from mlserver.grpc.interceptors import PromServerInterceptor
from mlserver.grpc.servicers import InferenceServicer
from mlserver.types import MetadataModelResponse

from .context import REQUEST_ID_HEADER, RequestContext, current_request
from .dataplane import ModelDataPlane
from .errors import RequestError, internal_error
from .protocol import InferRequest, check_id
from .scoring import Output
from .telemetry import Telemetry, log_exception
from .tensors import pack, tensors_from_grpc

_STATUS = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    503: grpc.StatusCode.UNAVAILABLE,
}
_SERVICE = "/inference.GRPCInferenceService/"


class BundleGRPCServer(GRPCServer):
    """MLServer's gRPC server without the repository service (``rest`` says why)."""

    def __init__(self, settings, data_plane, repository, telemetry: Telemetry) -> None:
        super().__init__(settings, data_plane, repository)
        self._telemetry = telemetry

    def bind(self) -> None:
        """Make the server and take its port; ``RuntimeError`` if that is in use."""
        self._create_server()

    async def start(self) -> None:
        await self._server.start()
        await self._server.wait_for_termination()

    async def finish(self, seconds: float) -> None:
        """Take no new calls, finish what runs, cut off what still runs after ``seconds``."""
        await self._server.stop(grace=seconds)

    def _create_server(self) -> aio.Server:
        interceptors = []
        if self._settings.metrics_endpoint:
            interceptors.append(PromServerInterceptor(enable_handling_time_histogram=True))
        # Without reuse, a second server on the same port fails instead of sharing its calls.
        options = [*self._get_options(), ("grpc.so_reuseport", 0)]
        self._server = aio.server(interceptors=interceptors, options=options)
        servicer = BundleServicer(self._data_plane, self._model_repository_handlers)
        servicer.telemetry = self._telemetry
        add_GRPCInferenceServiceServicer_to_server(servicer, self._server)
        self._server.add_insecure_port(f"{self._settings.host}:{self._settings.grpc_port}")
        return self._server


class BundleServicer(InferenceServicer):
    """Answers with the same errors, ids and log lines as REST."""

    telemetry: Telemetry
    _data_plane: ModelDataPlane

    async def ModelInfer(self, request: ModelInferRequest, context) -> ModelInferResponse:
        async def answer(current: RequestContext) -> ModelInferResponse:
            current.body_bytes = request.ByteSize()
            current.adopt(check_id(request.id))
            wanted = tuple(output.name for output in request.outputs) or None
            parsed = InferRequest(current.answer_id, tensors_from_grpc(request), wanted)
            found = await self._data_plane.infer(
                parsed, request.model_name, request.model_version or None
            )
            response = ModelInferResponse(
                model_name=found.model_name,
                model_version=found.model_version,
                id=current.answer_id,
            )
            raw = bool(request.raw_input_contents)
            for output in current.outputs:
                _add_output(response, output, raw)
            return response

        return await self._answer("ModelInfer", context, answer, ModelInferResponse)

    async def ModelMetadata(self, request, context) -> ModelMetadataResponse:
        async def answer(current: RequestContext) -> ModelMetadataResponse:
            found = await self._data_plane.model_metadata(request.name, request.version or None)
            return ModelMetadataResponseConverter.from_types(_grpc_metadata(found))

        return await self._answer("ModelMetadata", context, answer, ModelMetadataResponse)

    async def ModelReady(self, request, context) -> ModelReadyResponse:
        async def answer(current: RequestContext) -> ModelReadyResponse:
            ready = await self._data_plane.model_ready(request.name, request.version or None)
            return ModelReadyResponse(ready=ready)

        return await self._answer("ModelReady", context, answer, ModelReadyResponse)

    async def ModelStreamInfer(self, request_iterator, context):
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this model does not stream")
        yield

    async def RepositoryIndex(self, request, context):
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server serves one fixed model")

    RepositoryModelLoad = RepositoryIndex
    RepositoryModelUnload = RepositoryIndex

    async def _answer(self, method: str, context, answer: Callable, empty: type):
        metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        current = RequestContext.start(method, _SERVICE + method, metadata, protocol="grpc")
        token = current_request.set(current)
        # Without a status it was cancelled, by the caller or at the end of the process.
        status: grpc.StatusCode | None = None
        details, response = "", None
        try:
            response = await answer(current)
            status = grpc.StatusCode.OK
        except RequestError as error:
            current.error = error
            status = _STATUS.get(error.status, grpc.StatusCode.INTERNAL)
            details = _details(error, current.id)
        except Exception as error:
            current.exception = error
            log_exception(current, error)
            status, details = grpc.StatusCode.INTERNAL, _details(internal_error(), current.id)
        finally:
            current_request.reset(token)
            current.status = status and status.name
            self.telemetry.finish(current, is_prediction=method == "ModelInfer")
        context.set_trailing_metadata(((REQUEST_ID_HEADER, current.id),))
        # Not aborted: MLServer's metrics overlook calls that end in an exception.
        context.set_code(status)
        context.set_details(details)
        return empty() if response is None else response


def _details(error: RequestError, request_id: str) -> str:
    field = f", field {error.field}" if error.field else ""
    return f"{error.message} (code {error.code}{field}, request {request_id})"


def _add_output(response: ModelInferResponse, output: Output, raw: bool) -> None:
    """Values come back as they were sent: clients that write raw ones may read no others."""
    tensor = response.outputs.add(name=output.name, datatype=output.datatype, shape=output.shape)
    for key, value in output.parameters.items():
        tensor.parameters[key].string_param = _text(value)
    if raw:
        response.raw_output_contents.append(pack(output.datatype, output.data))
    elif output.datatype == "BYTES":
        tensor.contents.bytes_contents.extend(text.encode() for text in output.data)
    else:
        tensor.contents.fp64_contents.extend(output.data)


def _grpc_metadata(found: MetadataModelResponse) -> MetadataModelResponse:
    """The same with every parameter as text: gRPC knows no lists and no decimals there."""
    for tensor in (*found.inputs, *found.outputs):
        if tensor.parameters is not None:
            for key, value in tensor.parameters.__pydantic_extra__.items():
                setattr(tensor.parameters, key, _text(value))
    return found


def _text(value) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
