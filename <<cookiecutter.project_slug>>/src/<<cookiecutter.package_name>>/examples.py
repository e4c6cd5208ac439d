"""Requests and batches made from the dataset, to try a server or the monitoring with."""

from typing import Any

import pandas as pd

from .schema import Schema

DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "category": "BYTES"}


def request_body(rows: pd.DataFrame, schema: Schema) -> dict[str, Any]:
    """An Open Inference Protocol request for ``rows``: one tensor of shape [rows, 1] a column.

    A row with a missing value is left out, since plain JSON tensors cannot carry one.
    """
    rows = rows[schema.feature_names].dropna()
    inputs = []
    for column in schema.features:
        # A whole number among missing ones is stored as float64.
        values = (
            rows[column.name].astype("int64") if column.type == "integer" else rows[column.name]
        )
        inputs.append(
            {
                "name": column.name,
                "shape": [len(rows), 1],
                "datatype": DATATYPES[column.type],
                "data": values.tolist(),
            }
        )
    return {"inputs": inputs}


def shifted(rows: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The rows with every second feature moved, within what the schema allows.

    Numbers rise by one standard deviation, categories and booleans all become the value of the
    first row: drift, and not a broken row.
    """
    moved = rows.copy()
    for column in schema.features[::2]:
        values = moved[column.name]
        if column.type in ("number", "integer"):
            raised = values + values.std()
            if column.type == "integer":
                raised = raised.round()
            moved[column.name] = raised.clip(upper=column.maximum)
        else:
            moved[column.name] = values.iloc[0]
    return moved
