"""One spelling of types for frames that fit the schema, whatever file they came from."""

import numpy as np
import pandas as pd

from .schema import Column, Schema
from .validation import target_column, validate_frame


def coerce_frame(
    frame: pd.DataFrame, schema: Schema, with_target: bool = True, place: str = "data"
) -> pd.DataFrame:
    """The declared columns of ``frame``, in the schema's order, in one type each.

    Numbers become float64, whole numbers int64 (float64 where values are missing or too large),
    booleans bool (object where values are missing), categories and ids text. Raises ``SchemaError``
    if the frame does not fit; nothing is repaired on the way.
    """
    frame = frame.rename(columns=str)
    validate_frame(frame, schema, with_target, place)
    result = {}
    if schema.id is not None and schema.id in frame.columns:
        result[schema.id] = frame[schema.id].astype(str)
    for column in schema.features:
        result[column.name] = _coerce(column, frame[column.name])
    if with_target:
        result[schema.target.name] = _coerce(target_column(schema), frame[schema.target.name])
    return pd.DataFrame(result, index=frame.index)


def _coerce(column: Column, values: pd.Series) -> pd.Series:
    missing = values.isna()
    if column.type == "category":
        return values.astype("str")
    if column.type in ("number", "integer"):
        if missing.any():
            return values.where(~missing, np.nan).astype(np.float64)
        # Beyond its limit, int64 would silently hold another number.
        if column.type == "integer" and not (values.abs() >= 2**63).any():
            return values.astype(np.int64)
        return values.astype(np.float64)
    if not missing.any():
        return values.astype(bool)
    return values.map(bool, na_action="ignore").astype(object).where(~missing, None)
