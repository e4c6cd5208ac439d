"""What a batch of new rows is compared with."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from .bundle import Bundle, load_bundle
from .params import Params
from .reading import is_part, read_raw
from .registry import ModelVersion
from .schema import Schema


class MonitoringError(RuntimeError):
    """There is nothing to compare, or nothing to compare with; the message says what to do."""


def reference_of(champion: ModelVersion | None) -> tuple[Bundle, pd.DataFrame, dict[str, Any]]:
    """The champion's verified bundle, its reference rows, and the profile of all of them."""
    if champion is None:
        raise MonitoringError("no model is registered yet, so there is no reference: `make train`")
    bundle = load_bundle(Path(champion.bundle), champion.digest)
    rows = pd.read_parquet(bundle.folder / "reference" / "sample.parquet")
    profile = json.loads((bundle.folder / "reference" / "profile.json").read_text("utf-8"))
    return bundle, rows, profile


def read_batch(path: Path, schema: Schema, params: Params) -> pd.DataFrame:
    """The rows of a CSV or Parquet file, named as the schema names them.

    Raw names are renamed and unwanted columns dropped as ``params.yaml`` says; the target and the
    id may be there, and are left out.
    """
    if not path.is_file() or not is_part(path):
        raise MonitoringError(f"there is no batch {path}; name a .csv or .parquet file")
    rows = read_raw(path, schema, params.csv, params.prepare.rename)
    rows = rows.rename(columns=params.prepare.rename)
    unwanted = [*params.prepare.drop_columns, schema.target.name, schema.id]
    return rows.drop(columns=[name for name in unwanted if name in rows.columns])
