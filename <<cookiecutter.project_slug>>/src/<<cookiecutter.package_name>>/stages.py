"""The stages that make the dataset: fetch raw data, prepare it, describe it.

``dvc.yaml`` runs ``prepare_stage`` and ``reference_stage``; ``ingest`` comes before DVC, because a
source outside the repository is nothing that DVC could watch.
"""

import filecmp
import json
import os
import tempfile
from pathlib import Path

import pandas as pd

from .data import prepare, sample
from .params import load_params
from .pointers import PREPARED, PROFILE, RAW, REFERENCE, SCHEMA, is_recorded
from .profile import build_profile
from .reading import part_files, read_raw
from .schema import load_schema
from .sources import SourceError, build_source


def ingest(root: Path) -> bool:
    """Bring ``data/raw`` up to date with its source; False if it already was.

    The new files are complete before the old ones go, so that a failing source changes nothing.
    Raises ``SourceError``, also when ``data/raw`` holds files that no DVC record can bring back.
    """
    source = build_source(load_params(root).source)
    raw = root / RAW
    raw.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw.parent, prefix=".ingest-") as place:
        fetched = Path(place) / "fetched"
        fetched.mkdir()
        source.fetch(fetched, root)
        if not part_files(fetched):
            raise SourceError("the source gave no .csv or .parquet file; data/raw is unchanged")
        if _same_files(raw, fetched):
            return False
        if raw.is_dir() and any(raw.iterdir()) and not is_recorded(root):
            raise SourceError(
                "data/raw holds files that DVC has no copy of, and the source would replace them: "
                "keep them with `dvc add data/raw`, or move them away and name their new place as "
                "source.path in params.yaml"
            )
        _swap(raw, fetched, Path(place) / "replaced")
    return True


def prepare_stage(root: Path) -> int:
    """Write ``data/prepared/dataset.parquet`` from ``data/raw``; returns the number of rows."""
    params, schema = load_params(root), load_schema(root / SCHEMA)
    raw = read_raw(root / RAW, schema, params.csv, params.prepare.rename)
    dataset = prepare(raw, schema, params.prepare)
    _write_parquet(dataset, root / PREPARED)
    return len(dataset)


def reference_stage(root: Path) -> int:
    """Write the reference data: a sample and the profile of all rows; returns the sample's size."""
    params, schema = load_params(root), load_schema(root / SCHEMA)
    dataset = pd.read_parquet(root / PREPARED)
    chosen = sample(dataset, schema, params.reference.rows, params.reference.seed)
    _write_parquet(chosen, root / REFERENCE)
    profile = json.dumps(build_profile(dataset, schema), indent=1, allow_nan=False)
    _replace(root / PROFILE, lambda path: path.write_text(profile + "\n", encoding="utf-8"))
    return len(chosen)


def _same_files(first: Path, second: Path) -> bool:
    names = [
        {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        for folder in (first, second)
    ]
    return names[0] == names[1] and all(
        filecmp.cmp(first / name, second / name, shallow=False) for name in names[0]
    )


def _swap(target: Path, new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``target``; whatever fails, one of the two is there."""
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    _replace(path, lambda unfinished: frame.to_parquet(unfinished, index=False))


def _replace(path: Path, write) -> None:
    """Write beside and rename: a full disk or a broken run leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
