"""How a decision turned out, once its label is known: the names that the KPI file gives values to.

Two classes: ``tp``, ``fp``, ``tn``, ``fn`` by the schema's positive class. More classes:
``correct`` or ``incorrect``; which class was mistaken for which is not told apart, since nobody
would give values to a hundred pairs. A number: ``within`` the tolerance of the file, or predicted
``over`` or ``under`` the truth by more than that.
"""

import numpy as np

from ..schema import Schema
from .file import BINARY, CLASSES, KPI_FILE, NUMBER, KpiFile, KpiFileError


class OutcomeError(ValueError):
    """Labels or predictions that cannot be compared; the message says how many and which."""


def outcome_names(kpi: KpiFile, schema: Schema) -> tuple[str, ...]:
    """The outcomes of the schema's task, in their fixed order.

    Raises ``KpiFileError`` if the file was written for another task.
    """
    if schema.target.classes is None:
        names = NUMBER
    else:
        names = BINARY if schema.target.positive_class is not None else CLASSES
    if names != kpi.names:
        raise KpiFileError(
            f"{KPI_FILE} gives values to {', '.join(kpi.names)}, but target "
            f"{schema.target.name!r} of the schema has the outcomes {', '.join(names)}; "
            "write their values, baseline and targets"
        )
    return names


def outcomes_of(
    truth: np.ndarray, predicted: np.ndarray, schema: Schema, kpi: KpiFile
) -> np.ndarray:
    """The outcome of every row, texts of shape (rows,).

    ``truth`` and ``predicted`` are of shape (rows,): class texts, or numbers in the target's unit.
    Raises ``OutcomeError`` for a missing value, an unknown class or unequal lengths, and
    ``KpiFileError`` if the file was written for another task.
    """
    names = outcome_names(kpi, schema)
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    if truth.shape != predicted.shape or truth.ndim != 1:
        raise OutcomeError(f"{truth.shape} labels cannot be compared with {predicted.shape} rows")
    if names == NUMBER:
        return _by_distance(_numbers("label", truth), _numbers("prediction", predicted), kpi)
    for what, values in (("label", truth), ("prediction", predicted)):
        _refuse_unknown(what, values, schema)
    if names == CLASSES:
        return np.where(truth == predicted, "correct", "incorrect")
    positive = schema.target.positive_class
    hit, guess = truth == positive, predicted == positive
    return np.select([hit & guess, guess, hit], ["tp", "fp", "fn"], "tn")


def _by_distance(truth: np.ndarray, predicted: np.ndarray, kpi: KpiFile) -> np.ndarray:
    error = predicted - truth
    return np.select([error > kpi.tolerance, error < -kpi.tolerance], ["over", "under"], "within")


def _numbers(what: str, values: np.ndarray) -> np.ndarray:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise OutcomeError(f"a {what} is no number: {error}") from error
    if wrong := int((~np.isfinite(numbers)).sum()):
        raise OutcomeError(f"{wrong} of {len(values)} {what}s are missing or infinite")
    return numbers


def _refuse_unknown(what: str, values: np.ndarray, schema: Schema) -> None:
    known = np.zeros(len(values), dtype=bool)
    for name in schema.target.classes:
        known |= values == name
    if not known.all():
        example = values[~known][0]
        raise OutcomeError(
            f"{(~known).sum()} of {len(values)} {what}s are no class of {schema.target.name!r}, "
            f"for example {example!r}; classes: {', '.join(schema.target.classes)}"
        )
