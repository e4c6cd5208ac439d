"""From a request to named outputs: decode, predict, encode. Knows no server framework."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..bundle import Bundle
from ..predictor import Prediction
from ..schema import Schema
from ..scores import prediction_scores
from .decoding import Decoder
from .errors import RequestError
from .protocol import InferRequest, Tensor


class Output(NamedTuple):
    """One output tensor; ``data`` is flat, row by row."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any]
    parameters: dict[str, Any]


class Scored(NamedTuple):
    """A prediction with what telemetry wants to know about it.

    ``scores`` of shape (rows,), see ``scores.prediction_scores``.
    """

    matrix: np.ndarray
    prediction: Prediction
    scores: np.ndarray | None
    seconds: float


class Scorer:
    """Answers requests from one bundle."""

    def __init__(self, bundle: Bundle, max_rows: int) -> None:
        self._predictor = bundle.predictor
        self._target = bundle.schema.target
        self._decoder = Decoder(bundle.schema, max_rows)
        self.output_names = output_names(bundle.schema)

    def decode(self, request: InferRequest) -> np.ndarray:
        """The matrix of shape (rows, features); ``RequestError`` for anything that does not fit."""
        for name in request.outputs or ():
            if name not in self.output_names:
                known = ", ".join(self.output_names)
                raise RequestError(
                    "unknown_output",
                    f"outputs: {name[:40]!r} is unknown; known: {known}",
                    "outputs",
                )
        return self._decoder.decode(request.tensors)

    def score(self, matrix: np.ndarray) -> Scored:
        """Predict for a matrix of shape (rows, features)."""
        started = time.perf_counter()
        prediction = self._predictor.predict(matrix)
        seconds = time.perf_counter() - started
        return Scored(matrix, prediction, prediction_scores(prediction, self._target), seconds)

    def outputs(self, prediction: Prediction, wanted: Sequence[str] | None = None) -> list[Output]:
        """The prediction as tensors, all or those ``wanted``."""
        rows = len(prediction.labels)
        if prediction.probabilities is None:
            found = [Output("prediction", "FP64", [rows, 1], prediction.labels.tolist(), {})]
        else:
            classes = self._target.classes
            found = [
                Output("class", "BYTES", [rows, 1], prediction.labels.tolist(), {}),
                Output(
                    "probabilities",
                    "FP64",
                    [rows, len(classes)],
                    prediction.probabilities.ravel().tolist(),
                    {"classes": classes},
                ),
            ]
        return found if wanted is None else [item for item in found if item.name in wanted]


def output_names(schema: Schema) -> tuple[str, ...]:
    return ("prediction",) if schema.target.classes is None else ("class", "probabilities")


def sample_request(schema: Schema) -> InferRequest:
    """One row in the middle of every column's range, as tensors by name: warms a server up."""
    tensors = []
    for column in schema.features:
        if column.type == "category":
            tensors.append(Tensor(column.name, "BYTES", (1, 1), [column.values[0]]))
        elif column.type == "boolean":
            tensors.append(Tensor(column.name, "BOOL", (1, 1), [False]))
        else:
            middle = _middle(column.minimum, column.maximum)
            value = np.ceil(middle) if column.type == "integer" else middle
            tensors.append(Tensor(column.name, "FP64", (1, 1), [float(value)]))
    return InferRequest("warm-up", tensors)


def _middle(low: float | None, high: float | None) -> float:
    if low is not None and high is not None:
        return low + (high - low) / 2
    return low if low is not None else high if high is not None else 0.0
