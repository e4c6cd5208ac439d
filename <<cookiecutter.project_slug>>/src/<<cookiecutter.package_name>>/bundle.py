"""Bundle: the immutable directory that crosses environments, named by its content's digest.

<store>/<model name>/<first 16 hex digits>/
    bundle.json            who, from what, how good; digest and size of every other file
    model-settings.json    lets MLServer start the directory as it is
    schema.json  evaluation.json  model/  reference/  reports/
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .predictor import Predictor, load_predictor
from .schema import Schema

MANIFEST = "bundle.json"
FORMAT = 1
_DIGITS = 16


class BundleError(RuntimeError):
    """A bundle is incomplete, altered or cannot be written; the message names the file."""


@dataclass(frozen=True)
class Bundle:
    """A verified bundle, ready to answer."""

    folder: Path
    manifest: dict[str, Any]
    schema: Schema
    predictor: Predictor

    @property
    def name(self) -> str:
        return self.manifest["name"]

    @property
    def version(self) -> str:
        return self.manifest["version"]


def write_bundle(store: Path, manifest: Mapping[str, Any], content: Path) -> Path:
    """Publish the files below ``content`` as one bundle and return its directory.

    Everything is written beside its place first and appears by one rename, so that a full disk or
    a crash leaves either nothing or the whole. The same content is written once. Raises
    ``BundleError``.
    """
    files = {path: _describe(content / path) for path in _relative_files(content)}
    full = {"format": FORMAT, **manifest, "files": files}
    full["digest"] = manifest_digest(full)
    place = store / full["name"] / full["digest"].removeprefix("sha256:")[:_DIGITS]
    if place.exists():
        verify_bundle(place, full["digest"])
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=place.parent) as scratch:
            draft = Path(scratch) / "bundle"
            shutil.copytree(content, draft)
            text = json.dumps(full, indent=2, ensure_ascii=False) + "\n"
            (draft / MANIFEST).write_text(text, encoding="utf-8")
            _settle(draft)
            draft.rename(place)
    except OSError as error:
        # Somebody else was quicker with the same content.
        if not place.exists():
            raise unwritable(place, error) from error
        verify_bundle(place, full["digest"])
    return place


def unwritable(place: Path, error: OSError) -> BundleError:
    """The error of a bundle that could not be written to ``place``, which stays as it was."""
    return BundleError(
        f"the bundle could not be written to {place}: {error.strerror or error}; nothing was left "
        "behind. Free some space or choose another BUNDLE_STORE, then train again"
    )


def verify_bundle(folder: Path, expected_digest: str | None = None) -> dict[str, Any]:
    """The manifest, after every file's size and SHA-256 were compared with it.

    Raises ``BundleError`` naming the first file that is missing, altered or not declared.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BundleError(f"{folder} is no bundle: {MANIFEST} is missing") from None
    except ValueError as error:
        raise BundleError(f"{folder / MANIFEST} is not valid JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BundleError(f"{folder / MANIFEST} is not of bundle format {FORMAT}")
    if manifest_digest(manifest) != manifest.get("digest"):
        raise BundleError(f"{folder / MANIFEST} was altered: its digest does not fit its content")
    if expected_digest not in (None, manifest["digest"]):
        raise BundleError(f"{folder} holds {manifest['digest']}, expected {expected_digest}")
    declared = manifest["files"]
    for path in sorted(declared.keys() | set(_relative_files(folder)) - {MANIFEST}):
        if path not in declared:
            raise BundleError(f"{folder / path} does not belong to the bundle")
        if not (folder / path).is_file():
            raise BundleError(f"{folder / path} is missing")
        if _describe(folder / path) != declared[path]:
            raise BundleError(f"{folder / path} was altered: its SHA-256 differs from {MANIFEST}")
    return manifest


def load_bundle(folder: Path, expected_digest: str | None = None) -> Bundle:
    """Verify the bundle in ``folder``, then load its model; nothing unverified is loaded."""
    manifest = verify_bundle(folder, expected_digest)
    schema = Schema.from_json((folder / "schema.json").read_bytes())
    try:
        predictor = load_predictor(folder / "model", manifest["model_format"], schema)
    except ValueError as error:
        raise BundleError(f"{folder} cannot be loaded: {error}") from error
    return Bundle(folder, manifest, schema, predictor)


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of the manifest without its digest, as JSON with sorted keys and no spaces."""
    content = {key: value for key, value in manifest.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _relative_files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"sha256": digest, "size": path.stat().st_size}


def _settle(folder: Path) -> None:
    """Flush every file to disk and take away the right to write."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
            path.chmod(0o444)
