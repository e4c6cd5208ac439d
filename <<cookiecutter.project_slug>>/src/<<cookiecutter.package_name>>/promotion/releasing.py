"""From the champion of the registry to a release and its record: the only door into `gitops/`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..settings import Settings
from . import git
from .record import Record, RecordError, build_record
from .release import Release, ReleaseError

if TYPE_CHECKING:
    from ..registry import ModelVersion

CONFIG = Path("configs/release.yaml")
# What a dataset is called that was taken from the work tree; it names no revision.
_WORK_TREE = "work tree"
_LOCK = "dvc.lock"


@dataclass(frozen=True)
class Places:
    """Where images and bundles live: a repository without tag, a URI without the model's name."""

    image: str
    bundles: str


def load_places(root: Path) -> Places:
    """Read ``configs/release.yaml``. Raises ``ReleaseError``."""
    path = root / CONFIG
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        places = Places(**{key: str(value) for key, value in content.items()})
    except (OSError, AttributeError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ReleaseError(f"{path} must hold image and bundles: {error}") from error
    if "@" in places.image or ":" in places.image.rpartition("/")[2]:
        raise ReleaseError(f"{path}: image must be a repository without tag or digest")
    if "://" not in places.bundles:
        raise ReleaseError(f"{path}: bundles must be an address such as s3://bucket/bundles")
    return places


def champion_of(settings: Settings) -> "ModelVersion":
    """The champion of the registry. Raises ``RegistryError``."""
    from ..registry import Registry, RegistryError

    registry = Registry(settings)
    found = registry.champion()
    if found is None:
        raise RegistryError(
            f"the registry at {settings.tracking_uri} has no champion of {registry.name}; `make "
            "train` registers one, and MODEL_NAME names another model"
        )
    return found


def folder_of(champion: "ModelVersion") -> Path:
    """Where the champion's bundle is on this machine. Raises ``ReleaseError``."""
    folder = Path(champion.bundle)
    if not champion.bundle or not folder.is_dir():
        raise ReleaseError(
            f"the bundle of {champion.name} {champion.version} is recorded at "
            f"{champion.bundle or 'no place'}, which is not on this machine; run the command where "
            "it was trained, or where the same BUNDLE_STORE is mounted"
        )
    return folder


def make_release(
    settings: Settings,
    champion: "ModelVersion",
    manifest: Mapping[str, Any],
    image: str,
    bundle_uri: str | None,
) -> Release:
    """The release of a champion whose bundle has the given manifest.

    ``image`` is a reference with a digest, or the digest alone for the configured repository.
    Raises ``ReleaseError``.
    """
    places = load_places(settings.root)
    name, at, digest = image.rpartition("@")
    if at and name != places.image:
        raise ReleaseError(
            f"the image is {name!r}, and {CONFIG} says that images live in {places.image!r}; "
            "push it there or correct the file"
        )
    if not digest.startswith("sha256:"):
        raise ReleaseError(
            f"the image is {image!r}; it must be named by its digest, {places.image}@sha256:..., "
            "as a push prints it: a tag can be moved"
        )
    data = manifest["data"]
    digits = manifest["digest"].removeprefix("sha256:")[:16]
    return Release(
        model=champion.name,
        model_version=champion.version,
        bundle_uri=bundle_uri or f"{places.bundles.rstrip('/')}/{champion.name}/{digits}",
        bundle_digest=manifest["digest"],
        image=f"{places.image}@{digest}",
        run=champion.run_id,
        data_revision=_revision(settings.root, data, manifest["commit"]),
        data_hash=f"md5:{data['hash'].removeprefix('md5:')}",
        commit=manifest["commit"],
    )


def make_record(
    settings: Settings, release: Release, folder: Path, result: Path | None, now: datetime, by: str
) -> Record:
    """The evidence of ``release`` from its bundle, and from the result of `make load-test`.

    Raises ``RecordError``.
    """
    from ..evaluation import HIGHER_IS_BETTER

    return build_record(
        release,
        _read(folder / "evaluation.json"),
        _read(folder / "reference" / "profile.json").get("rows"),
        _read(result) if result else None,
        HIGHER_IS_BETTER,
        _gate_metric(settings.root),
        now.isoformat(timespec="seconds"),
        by,
    )


def _revision(root: Path, data: Mapping[str, Any], commit: str) -> str:
    """What was asked for; for the work tree the commit, if it records exactly these data."""
    if data["revision"] != _WORK_TREE:
        return data["revision"]
    done = git.run(root, "show", f"{commit}:./{_LOCK}", accept=range(256))
    if done.returncode or data["hash"].removeprefix("md5:").encode() not in done.stdout:
        raise ReleaseError(
            f"the model was trained on data {data['hash']} of the work tree, which {_LOCK} of "
            f"commit {commit[:12]} does not record, so nobody could get them again; commit "
            f"{_LOCK}, run `make push-data` and train again"
        )
    return commit


def _gate_metric(root: Path) -> str | None:
    """The metric by which champions are compared."""
    try:
        content = yaml.safe_load((root / "configs/training.yaml").read_text(encoding="utf-8"))
        return content["parameters"]["gate"]["champion"]["metric"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RecordError(f"{path} must hold a JSON object")
    return content
