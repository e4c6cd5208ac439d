"""The dataset's revisions, kept by DVC: which bytes a name means, and where they are on this disk.

``resolve`` answers the usual question, "what is in the work tree?", from ``dvc.lock`` alone, and
needs DVC only to fetch the bytes of another revision.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .pointers import (
    LOCK,
    PREPARED,
    PROFILE,
    REFERENCE,
    SCHEMA,
    DatasetError,
    git,
    md5,
    read_lock,
    recorded_hashes,
    refuse_stale,
)
from .storage import fetch, pull, push, record

__all__ = ["DatasetError", "DatasetRevision", "WORK_TREE", "pull", "push", "record", "resolve"]

_REVISIONS = Path("data/revisions")
WORK_TREE = "work tree"


@dataclass(frozen=True)
class DatasetRevision:
    """One dataset on disk. ``hash`` is the MD5 that DVC recorded for the prepared data.

    ``schema_path`` is the schema of that revision, which the present one need not fit.
    ``commit`` is the commit whose ``dvc.lock`` this is; None while that file is not committed.
    """

    revision: str
    commit: str | None
    hash: str
    path: Path
    reference_path: Path
    profile_path: Path
    schema_path: Path


def resolve(root: Path, revision: str | None = None) -> DatasetRevision:
    """The dataset of the work tree, or of a tag, branch or commit, fetched if it is not here yet.

    Raises ``DatasetError`` if the files differ from the record, the revision is unknown or has no
    dataset, or its bytes are neither in the cache nor in the remote.
    """
    return _in_work_tree(root) if revision is None else _at(root, revision)


def _in_work_tree(root: Path) -> DatasetRevision:
    lock = root / LOCK
    if not lock.exists():
        raise DatasetError(f"{lock} does not exist, so no dataset was made yet; run `make data`")
    stages = read_lock(lock.read_text(encoding="utf-8"), str(lock))
    hashes = recorded_hashes(stages, str(lock))
    for name, recorded in hashes.items():
        if not (root / name).exists():
            raise DatasetError(
                f"{root / name} is not here; get the recorded data with `make pull-data`, or make "
                "it again with `make data`"
            )
        if md5(root / name) != recorded:
            raise DatasetError(f"{root / name} is not what {LOCK} records; run `make data`")
    refuse_stale(root, stages)
    committed = git(root, "diff", "--quiet", "HEAD", "--", LOCK) is not None
    tracked = git(root, "ls-files", "--error-unmatch", LOCK) is not None
    commit = git(root, "rev-parse", "HEAD") if committed and tracked else None
    paths = {name: root / name for name in hashes}
    return _found(WORK_TREE, commit, hashes, paths, root / SCHEMA)


def _at(root: Path, revision: str) -> DatasetRevision:
    if git(root, "rev-parse", "--git-dir") is None:
        raise DatasetError(
            f"revision {revision!r} cannot be looked up: {root} is not in a git repository, or git "
            "is not installed; without a revision the dataset of the work tree is used"
        )
    # A leading dash would be read as an option by git.
    commit = None
    if not revision.startswith("-"):
        commit = git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit is None:
        raise DatasetError(
            f"git knows no revision {revision!r} in {root}; list them with `git tag` and `git log "
            f"--oneline -- {LOCK}`, and get those of others with `git fetch --tags`"
        )
    text = git(root, "show", f"{commit}:./{LOCK}")
    if text is None:
        raise DatasetError(
            f"revision {revision!r} holds no {LOCK}, so it has no dataset; those that have one: "
            f"`git log --oneline -- {LOCK}`"
        )
    place = f"{LOCK} at {revision}"
    hashes = recorded_hashes(read_lock(text, place), place)
    # By content and not by name: a moved tag cannot mix two datasets.
    paths = {name: root / _REVISIONS / digest / Path(name).name for name, digest in hashes.items()}
    absent = {
        name: (path, hashes[name])
        for name, path in paths.items()
        if not path.exists() or md5(path) != hashes[name]
    }
    if absent:
        fetch(root, revision, commit, absent)
    return _found(revision, commit, hashes, paths, _schema_at(root, revision, commit))


def _schema_at(root: Path, revision: str, commit: str) -> Path:
    text = git(root, "show", f"{commit}:./{SCHEMA.as_posix()}")
    if text is None:
        raise DatasetError(f"revision {revision!r} holds no {SCHEMA} to read its data by")
    content = f"{text}\n".encode()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    path = root / _REVISIONS / digest / SCHEMA.name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return path


def _found(
    revision: str,
    commit: str | None,
    hashes: dict[str, str],
    paths: dict[str, Path],
    schema_path: Path,
) -> DatasetRevision:
    prepared, reference, profile = (path.as_posix() for path in (PREPARED, REFERENCE, PROFILE))
    return DatasetRevision(
        revision,
        commit,
        hashes[prepared],
        paths[prepared],
        paths[reference],
        paths[profile],
        schema_path,
    )
