"""A first schema from data: a proposal that a person reads and corrects."""

import math
from pathlib import Path

import pandas as pd
import yaml

from .schema import Column, Schema, SchemaFileError, Target, load_schema

# More different texts than this is a name or free text, not a category that a model can learn.
_MOST_CATEGORIES = 50
# A whole-number target with at most this many values is taken for classes.
_MOST_CLASSES = 20


class InferenceError(ValueError):
    """No schema can be proposed; the message names the column and the way out."""


def infer_schema(frame: pd.DataFrame, target: str, id_column: str | None = None) -> Schema:
    """Propose types, nullability, categories and ranges for every column of ``frame``.

    Ranges are the observed ones, widened by half their span (and kept at zero where nothing is
    negative): wide enough for tomorrow's data, narrow enough to stop a wrong unit.
    Raises ``InferenceError`` for a missing target, and for columns that carry no information or
    too many different texts, with all of them named.
    """
    for name in [target] + ([id_column] if id_column else []):
        if name not in frame.columns:
            raise InferenceError(
                f"there is no column {name!r}; the data has: {', '.join(map(str, frame.columns))}"
            )
    if target == id_column:
        raise InferenceError(f"{target!r} cannot be both target and id")
    features, problems = [], []
    for name in frame.columns:
        if name in (target, id_column):
            continue
        try:
            features.append(_infer_column(str(name), frame[name]))
        except InferenceError as error:
            problems.append(str(error))
    if problems:
        raise InferenceError(
            "these columns cannot be features; list them under prepare.drop_columns in "
            "params.yaml:\n" + "\n".join(f"  - {problem}" for problem in problems)
        )
    if not features:
        raise InferenceError(f"there is no column besides {target!r} to predict it from")
    return Schema(target=_infer_target(target, frame[target]), id=id_column, features=features)


def keep_personal(proposal: Schema, path: Path) -> Schema:
    """The proposal with every feature personal that the schema file at ``path`` calls so.

    Data does not say it, and a proposal that is written over the file must not forget it.
    """
    try:
        present = load_schema(path)
    except SchemaFileError:
        # None yet, or one that nothing can be done with: the proposal is what mends it.
        return proposal
    personal = {column.name for column in present.features if column.personal}
    features = [
        column.model_copy(update={"personal": column.name in personal})
        for column in proposal.features
    ]
    return Schema(target=proposal.target, id=proposal.id, features=features)


def to_yaml(schema: Schema) -> str:
    """The schema as the text of ``configs/schema.yaml``, one line a feature."""
    content = schema.model_dump(exclude_none=True)
    features = [
        "  - "
        + yaml.safe_dump(
            column, default_flow_style=True, width=math.inf, sort_keys=False, allow_unicode=True
        ).strip()
        for column in content.pop("features")
    ]
    content.setdefault("id", None)
    head = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return head + "features:\n" + "\n".join(features) + "\n"


def _infer_column(name: str, values: pd.Series) -> Column:
    present = values.dropna()
    nullable = len(present) < len(values)
    if present.empty:
        raise InferenceError(f"{name}: every value is missing")
    if present.nunique() == 1:
        raise InferenceError(f"{name}: every value is {present.iloc[:1].tolist()[0]!r}")
    if pd.api.types.is_bool_dtype(present) or set(present.map(type)) == {bool}:
        return Column(name=name, type="boolean", nullable=nullable)
    if pd.api.types.is_numeric_dtype(present):
        _refuse_infinite(name, present)
        low, high = _range(present)
        whole = bool((present == present.round()).all())
        kind = "integer" if whole else "number"
        return Column(name=name, type=kind, nullable=nullable, minimum=low, maximum=high)
    odd = [value for value in present.astype(object).unique() if not isinstance(value, str | int)]
    if odd:
        raise InferenceError(f"{name}: {odd[0]!r} is no number, no text and not true or false")
    texts = sorted(present.astype(str).unique())
    if len(texts) > _MOST_CATEGORIES:
        raise InferenceError(
            f"{name}: {len(texts)} different texts (at most {_MOST_CATEGORIES} make a category)"
        )
    return Column(name=name, type="category", nullable=nullable, values=texts)


def _infer_target(name: str, values: pd.Series) -> Target:
    present = values.dropna()
    if len(present) < len(values):
        missing = len(values) - len(present)
        raise InferenceError(
            f"target {name!r} is missing in {missing} rows; remove them from the data, "
            "a model cannot learn from them"
        )
    texts = sorted(present.astype(str).unique())
    if len(texts) < 2:
        raise InferenceError(f"target {name!r} has only one value, {texts[:1]}; nothing to learn")
    if not pd.api.types.is_numeric_dtype(present) or pd.api.types.is_bool_dtype(present):
        if len(texts) > _MOST_CLASSES:
            raise InferenceError(f"target {name!r} has {len(texts)} different texts; too many")
        return Target(name=name, classes=texts)
    _refuse_infinite(f"target {name!r}", present)
    if bool((present == present.round()).all()) and len(texts) <= _MOST_CLASSES:
        ordered = sorted(present.unique())
        return Target(name=name, classes=[f"{value:.0f}" for value in ordered])
    low, high = _range(present)
    return Target(name=name, minimum=low, maximum=high)


def _refuse_infinite(name: str, values: pd.Series) -> None:
    if values.isin((math.inf, -math.inf)).any():
        raise InferenceError(f"{name}: some values are infinite")


def _range(values: pd.Series) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = (high - low) / 2
    wide_low = low - margin if low < 0 else max(0.0, low - margin)
    return _rounded(wide_low, math.floor), _rounded(high + margin, math.ceil)


def _rounded(value: float, towards) -> float:
    """Two significant digits, away from the data: a limit that a person can read."""
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{towards(value / step) * step:.3g}")
