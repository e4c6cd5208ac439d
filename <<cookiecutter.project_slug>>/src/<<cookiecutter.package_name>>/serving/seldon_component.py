"""The same bundle behind the Seldon protocol, for ``seldon-core-microservice``.

    seldon-core-microservice <package>.serving.seldon_component.SeldonComponent

The bundle is given by the parameter ``bundle`` or by ``SELDON_BUNDLE``. MLServer and the Open
Inference Protocol are the main path; Seldon no longer develops this protocol, and releases of
seldon-core from 1.18 on are under the Business Source License 1.1.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seldon_core.flask_utils import SeldonMicroserviceException
from seldon_core.user_model import SeldonComponent as Component
from seldon_core.user_model import SeldonResponse

from ..bundle import BundleError, load_bundle, verify_bundle
from ..schema import Schema
from .errors import RequestError, internal_error
from .metadata import model_metadata
from .numpy_pickles import read_generators_of_numpy_2
from .protocol import InferRequest
from .scoring import Scorer, sample_request
from .seldon_tensors import tensors_from_array
from .settings import ServingSettings

_log = logging.getLogger(__name__)


class Refused(SeldonMicroserviceException):
    """A ``RequestError`` as Seldon's server answers it; over gRPC only the text arrives."""

    def __init__(self, error: RequestError) -> None:
        super().__init__(error.message, status_code=error.status, reason=error.code)

    def __str__(self) -> str:
        return f"{self.message} (code {self.reason})"


class SeldonComponent(Component):
    """Answers with probabilities of shape (rows, classes), or predictions of shape (rows, 1)."""

    def __init__(self, bundle: str | None = None, max_rows: int | None = None) -> None:
        place = bundle or os.environ.get("SELDON_BUNDLE")
        if not place:
            raise SystemExit("no bundle: give the parameter bundle or set SELDON_BUNDLE")
        self._folder = Path(place.removeprefix("file://"))
        self._max_rows = max_rows or ServingSettings().max_rows
        self._scorer: Scorer | None = None
        try:
            # Metadata is asked for before ``load``; a damaged bundle ends the process here.
            self._manifest = verify_bundle(self._folder)
        except BundleError as error:
            raise SystemExit(str(error)) from None
        self._schema = Schema.from_json((self._folder / "schema.json").read_bytes())

    def load(self) -> None:
        """Load the model and predict once; the server calls this in every worker."""
        read_generators_of_numpy_2()
        scorer = Scorer(load_bundle(self._folder, self._manifest["digest"]), self._max_rows)
        scorer.score(scorer.decode(sample_request(self._schema)))
        self._scorer = scorer

    def predict(
        self, X: np.ndarray, names: Iterable[str], meta: dict[str, Any] | None = None
    ) -> SeldonResponse:
        """Predict for ``X`` of shape (rows, features), named by ``names`` or in schema order."""
        try:
            scorer = self._ready()
            request = InferRequest(None, tensors_from_array(X, list(names or ()), self._schema))
            scored = scorer.score(scorer.decode(request))
        except RequestError as error:
            raise Refused(error) from None
        except Exception:
            # Seldon's server would send the text of any other exception to the caller.
            _log.exception("request failed")
            raise Refused(internal_error()) from None
        shares = scored.prediction.probabilities
        answer = scored.prediction.labels.reshape(-1, 1) if shares is None else shares
        return SeldonResponse(
            answer, tags=self._labels(scored.prediction), metrics=self._counts(scored)
        )

    def class_names(self) -> Sequence[str]:
        """Names of the answer's columns."""
        return self._schema.target.classes or ["prediction"]

    def tags(self) -> dict[str, Any]:
        """What every answer says about the model."""
        return {"model_name": self._manifest["name"], "model_version": self._manifest["version"]}

    def metrics(self) -> list[dict[str, Any]]:
        run = self._manifest.get("run_id") or ""
        return [{"type": "GAUGE", "key": "ml_model_info", "value": 1, "tags": {"run_id": run}}]

    def health_status(self) -> str:
        """Name and version, once the model has answered."""
        try:
            self._ready()
        except RequestError as error:
            raise Refused(error) from None
        return f"{self._manifest['name']} {self._manifest['version']} is ready"

    def init_metadata(self) -> dict[str, Any]:
        """Typed inputs and outputs, in the form that seldon-core checks."""
        found = model_metadata(self._schema, **self._identity())
        for key in ("inputs", "outputs"):
            found[key] = [
                {name: tensor[name] for name in ("name", "datatype", "shape")}
                for tensor in found[key]
            ]
        found["custom"] = found.pop("parameters")
        return found

    def _identity(self) -> dict[str, str]:
        manifest = self._manifest
        return {
            "name": manifest["name"],
            "version": manifest["version"],
            "platform": manifest["model_format"],
        }

    def _ready(self) -> Scorer:
        if self._scorer is None:
            raise RequestError("not_ready", "the model is being loaded; try again", status=503)
        return self._scorer

    def _labels(self, prediction) -> dict[str, Any]:
        return {} if prediction.probabilities is None else {"classes": prediction.labels.tolist()}

    def _counts(self, scored) -> list[dict[str, Any]]:
        labels = scored.prediction.labels.tolist()
        by_class = Counter(labels) if self._schema.target.classes else {"value": len(labels)}
        return [
            {
                "type": "COUNTER",
                "key": "ml_predictions",
                "value": count,
                "tags": {"predicted_class": text},
            }
            for text, count in by_class.items()
        ]
