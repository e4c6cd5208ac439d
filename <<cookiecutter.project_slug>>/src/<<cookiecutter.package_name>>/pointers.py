"""What git holds of the data: the pointers that DVC writes, read without DVC.

``dvc.lock`` records the MD5 of every file that a stage made, ``data/raw.dvc`` that of the raw data.
"""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

RAW = Path("data/raw")
PREPARED = Path("data/prepared/dataset.parquet")
REFERENCE = Path("data/reference/reference.parquet")
PROFILE = Path("data/reference/profile.json")
SCHEMA = Path("configs/schema.yaml")
LOCK = "dvc.lock"


class DatasetError(RuntimeError):
    """A dataset revision cannot be found, fetched or stored; the message says what to do."""


def is_recorded(root: Path) -> bool:
    """Whether ``data/raw`` is, byte for byte, what ``data/raw.dvc`` records."""
    pointer = root / f"{RAW}.dvc"
    if not pointer.exists():
        return False
    outs = _mapping(pointer.read_text(encoding="utf-8"), str(pointer)).get("outs") or [{}]
    return outs[0].get("md5") == folder_digest(root / RAW)


def folder_digest(folder: Path) -> str:
    """The name that DVC gives a folder: the MD5 of its listing, sorted by path."""
    listing = [
        {"md5": md5(path), "relpath": path.relative_to(folder).as_posix()}
        for path in folder.rglob("*")
        if path.is_file()
    ]
    text = json.dumps(sorted(listing, key=lambda entry: entry["relpath"]), sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def read_lock(text: str, place: str) -> dict[str, Any]:
    """The stages of a ``dvc.lock``; ``place`` names it in the error for one that is damaged."""
    return _mapping(text, place).get("stages") or {}


def recorded_hashes(stages: dict[str, Any], place: str) -> dict[str, str]:
    """MD5 of the three files of a dataset, by name."""
    outs: dict[str, str] = {}
    for stage in stages.values():
        outs |= {out["path"]: out["md5"] for out in stage.get("outs", [])}
    names = [path.as_posix() for path in (PREPARED, REFERENCE, PROFILE)]
    absent = [name for name in names if name not in outs]
    if absent:
        raise DatasetError(f"{place} does not record {', '.join(absent)}; run `make data`")
    return {name: outs[name] for name in names}


def refuse_stale(root: Path, stages: dict[str, Any]) -> None:
    """Raise if the schema or the parameters have changed since the dataset was made."""
    changed = []
    for stage in stages.values():
        for name, recorded in stage.get("params", {}).items():
            current = _mapping((root / name).read_text(encoding="utf-8"), name)
            changed += [f"{key} in {name}" for key in recorded if current.get(key) != recorded[key]]
        for dependency in stage.get("deps", []):
            name, path = dependency["path"], root / dependency["path"]
            if name.startswith("configs/") and (
                not path.exists() or md5(path) != dependency["md5"]
            ):
                changed.append(name)
    if changed:
        raise DatasetError(
            f"changed since the dataset was made: {', '.join(dict.fromkeys(changed))}; "
            "run `make data`"
        )


def _mapping(text: str, place: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DatasetError(
            f"{place} cannot be read: {error}; after a merge conflict take either side "
            f"(`git checkout --ours {Path(place).name}`) and run `make data`"
        ) from error
    if not isinstance(content, dict):
        raise DatasetError(f"{place} is damaged, it holds no keys; restore it from git")
    return content


def md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def git(root: Path, *arguments: str) -> str | None:
    """What git answers; None if it refuses, or if there is no git (as in a slim container)."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
