"""What answers: a fitted model behind one small protocol, whatever library fitted it.

Serving, batch and evaluation know only ``Predictor``; another format (ONNX, say) is another class
and one more line in ``_LOADERS``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from .schema import Schema


class Prediction(NamedTuple):
    """``labels`` of shape (rows,): class texts, or float64 for a regression.

    ``probabilities`` of shape (rows, classes) in the schema's class order; ``None`` for a
    regression.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None


class Predictor(Protocol):
    """``predict`` takes the matrix of ``features.to_matrix``, float64 of shape (rows, features)."""

    classes: tuple[str, ...] | None

    def predict(self, matrix: np.ndarray) -> Prediction: ...


class SklearnPredictor:
    """A fitted scikit-learn estimator whose classes are indices into the schema's classes."""

    def __init__(self, estimator: Any, schema: Schema) -> None:
        self._estimator = estimator
        self.classes = tuple(schema.target.classes) if schema.target.classes else None
        self._texts = np.array(self.classes, dtype=object) if self.classes else None
        # A class that a training set lacks has no column in the estimator's answer.
        self._columns = None if self.classes is None else np.asarray(estimator.classes_, dtype=int)

    def predict(self, matrix: np.ndarray) -> Prediction:
        if self._texts is None:
            return Prediction(np.asarray(self._estimator.predict(matrix), dtype=np.float64), None)
        found = self._estimator.predict_proba(matrix)
        if len(self._columns) == len(self._texts):
            probabilities = found
        else:
            probabilities = np.zeros((len(matrix), len(self._texts)))
            probabilities[:, self._columns] = found
        return Prediction(self._texts[probabilities.argmax(axis=1)], probabilities)


def load_predictor(folder: Path, model_format: str, schema: Schema) -> Predictor:
    """The predictor stored in ``folder``; ``ValueError`` for an unknown format."""
    if model_format not in _LOADERS:
        raise ValueError(f"unknown model format {model_format!r}; known: {', '.join(_LOADERS)}")
    return _LOADERS[model_format](folder, schema)


def dump_estimator(estimator: Any, path: Path) -> None:
    """Write a fitted scikit-learn estimator, to be read as format ``sklearn``."""
    import joblib

    joblib.dump(estimator, path, compress=3)


def _load_sklearn(folder: Path, schema: Schema) -> SklearnPredictor:
    import joblib

    return SklearnPredictor(joblib.load(folder / "model.joblib"), schema)


_LOADERS: dict[str, Callable[[Path, Schema], Predictor]] = {"sklearn": _load_sklearn}
