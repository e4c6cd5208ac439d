"""What new rows and logged predictions are compared with."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from .bundle import Bundle, load_bundle
from .bundle_store import fetch_bundle
from .params import Params
from .reading import is_part, read_raw
from .registry import ModelVersion
from .schema import Schema

Champion = Callable[[], ModelVersion | None]


class MonitoringError(RuntimeError):
    """There is nothing to compare, or nothing to compare with; the message says what to do."""


class Reference(NamedTuple):
    """A verified bundle, its reference rows, the profile of all of them, and its evaluation."""

    bundle: Bundle
    rows: pd.DataFrame
    profile: dict[str, Any]
    evaluation: dict[str, Any]


def reference_of(champion: ModelVersion | None) -> Reference:
    """What the champion is compared by. Raises ``MonitoringError`` if there is no champion."""
    if champion is None:
        raise MonitoringError("no model is registered yet, so there is no reference: `make train`")
    return reference_in(Path(champion.bundle), champion.digest)


def reference_in(folder: Path, digest: str | None) -> Reference:
    """What the bundle in ``folder`` says about its data and its quality; raises ``BundleError``."""
    bundle = load_bundle(folder, digest)
    rows = pd.read_parquet(bundle.folder / "reference" / "sample.parquet")
    profile = json.loads((bundle.folder / "reference" / "profile.json").read_text("utf-8"))
    evaluation = bundle.folder / "evaluation.json"
    found = json.loads(evaluation.read_text("utf-8")) if evaluation.is_file() else {}
    return Reference(bundle, rows, profile, found)


@contextmanager
def monitored(given: str | None, digest: str | None, champion: Champion) -> Iterator[Reference]:
    """The bundle ``given`` by folder or address, else that of the champion.

    An address is fetched into a folder that is removed afterwards. The registry is asked only if
    nothing is given: a cluster's monitoring knows its release and no MLflow.
    """
    if given is None:
        yield reference_of(champion())
    elif "://" not in given:
        yield reference_in(Path(given), digest)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            yield reference_in(fetch_bundle(given, Path(scratch) / "bundle"), digest)


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
