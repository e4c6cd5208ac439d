"""From a dataset revision to training and test rows."""

from typing import Annotated, Any

import pandas as pd
from zenml import step

from .. import dataset as datasets
from ..coercion import coerce_frame
from ..data import split
from ..parquet import read_parquet
from ..schema import Schema
from ..settings import load_settings
from ..training import SplitSettings
from .caching import BY_CONTENT


@step(cache_policy=BY_CONTENT, enable_artifact_visualization=False)
def load_data(
    dataset: dict[str, Any], schema: dict[str, Any], settings: SplitSettings
) -> tuple[Annotated[pd.DataFrame, "train"], Annotated[pd.DataFrame, "test"]]:
    """Read, validate against the schema, split. Raises ``SchemaError`` naming every bad column."""
    revision = dataset["revision"]
    by_name = None if revision == datasets.WORK_TREE else revision
    found = datasets.resolve(load_settings().root, by_name)
    if found.hash != dataset["hash"]:
        raise datasets.DatasetError(
            f"the dataset {revision!r} changed from {dataset['hash']} to {found.hash} during the "
            "run; start the run again"
        )
    contract = Schema.model_validate(schema)
    rows = coerce_frame(read_parquet(found.path), contract, place=str(found.path))
    train, test = split(rows, contract, settings.test_share, settings.seed)
    # Written out: ZenML counts the outputs of a step in its return statement.
    return train, test
