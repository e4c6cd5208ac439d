"""MLServer's data plane for exactly one model, with a state of its own.

MLServer calls an empty registry ready, and makes a metric label of every model name that a caller
invents; both end here.
"""

from enum import Enum

from mlserver.handlers import DataPlane
from mlserver.registry import MultiModelRegistry
from mlserver.settings import Settings
from mlserver.types import InferenceResponse, MetadataModelResponse

from .errors import RequestError
from .protocol import InferRequest


class State(Enum):
    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


class ModelDataPlane(DataPlane):
    """Answers for the model ``name``; ``version`` is known once its bundle was read."""

    def __init__(self, settings: Settings, registry: MultiModelRegistry) -> None:
        super().__init__(settings, registry)
        self.state = State.LOADING
        self.name: str | None = None
        self.version: str | None = None

    async def ready(self) -> bool:
        return self.state is State.READY

    async def model_ready(self, name: str, version: str | None = None) -> bool:
        self._check(name, version)
        return self.state is State.READY

    async def model_metadata(self, name: str, version: str | None = None) -> MetadataModelResponse:
        self._check(name, version, loaded=True)
        return await super().model_metadata(name, self.version)

    async def infer(
        self, payload: InferRequest, name: str, version: str | None = None
    ) -> InferenceResponse:
        self._check(name, version, loaded=True)
        # With the version named, MLServer's own metrics bear it instead of the text None.
        return await super().infer(payload, name, self.version)

    def _check(self, name: str, version: str | None, loaded: bool = False) -> None:
        if self.name is not None and name != self.name:
            message = f"there is no model {name[:100]!r} here; this server has {self.name!r}"
            raise RequestError("unknown_model", message, "model_name", 404)
        if self.version is not None and (version or self.version) != self.version:
            message = f"version {version[:100]!r} is not served; this server has {self.version!r}"
            raise RequestError("unknown_version", message, "model_version", 404)
        # While draining, whatever still arrives is answered.
        if loaded and self.state is State.LOADING:
            raise RequestError("not_ready", "the model is being loaded; try again", status=503)
