"""What an overlay renders to, by kustomize, and how that differs between commits."""

import difflib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import yaml

from . import git
from .places import overlay, release_file
from .repository import Repository

_SECONDS = 60
# What overlays refer to; an early commit may lack one of them.
_READ = ("gitops", "observability")
# What a promotion may change in the rendered objects: kind, name, then keys, `*` for any. Entries
# of a list are called by their names.
ALLOWED = (
    "ConfigMap/release*/data/*",
    "*/*/metadata/labels/mlops~1release",
    "*/*/spec/predictors/*/labels/mlops~1release",
    "*/*/spec/predictors/*/annotations/version",
    "*/*/spec/predictors/*/graph/modelUri",
    "*/*/spec/predictors/*/componentSpecs/*/metadata/labels/mlops~1release",
    "*/*/spec/predictors/*/componentSpecs/*/spec/containers/*/image",
    "*/*/spec/predictors/*/componentSpecs/*/spec/containers/*/env/SERVING_BUNDLE_DIGEST/value",
    "AnalysisRun/*/spec/args/version/value",
    "CronJob/*/spec/jobTemplate/spec/template/spec/containers/*/env/MONITORED_BUNDLE*/value",
)


class RenderError(RuntimeError):
    """kustomize is missing or refuses an overlay; the message holds its own words."""


def find_kustomize(root: Path, given: str | None = None) -> Path | None:
    """The program: the one ``given``, else the project's own, else the one on PATH."""
    if given:
        found = shutil.which(given)
        if found is None:
            raise RenderError(f"KUSTOMIZE names {given!r}, which is no program; unset or mend it")
        return Path(found)
    own = shutil.which("kustomize", path=str(root / ".venv" / "bin"))
    found = own or shutil.which("kustomize")
    return Path(found) if found else None


def render(kustomize: Path, folder: Path) -> str:
    """The manifests of one kustomization as YAML. Raises ``RenderError``."""
    command = [str(kustomize), "build", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RenderError(f"{kustomize} cannot render {folder.name}: {error}") from error
    if done.returncode:
        reason = " ".join(done.stderr.replace(str(folder.parents[2]), "").split())[:800]
        raise RenderError(f"kustomize refuses {overlay(folder.name)}: {reason}")
    return done.stdout


def render_at(repository: Repository, kustomize: Path, commit: str, environment: str) -> str:
    """What ``environment`` is at ``commit``; empty before its first release."""
    if repository.read(commit, release_file(environment)) is None:
        return ""
    with tempfile.TemporaryDirectory() as scratch:
        parts = [part for part in _READ if repository.files(commit, part)]
        archive = git.run(repository.root, "archive", "--format=tar", commit, "--", *parts).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            content.extractall(scratch, filter="data")
        return render(kustomize, Path(scratch) / overlay(environment))


def difference(before: str, after: str, from_name: str, to_name: str) -> str:
    """Both texts as a unified diff; empty if they are equal."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), from_name, to_name
    )
    return "".join(lines)


def changed_fields(before: str, after: str) -> list[str]:
    """Paths of the fields that differ, as ``Kind/name/spec/field``; a ``/`` in a key is ``~1``."""
    old, new = _flat(before), _flat(after)
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def beyond_release(before: str, after: str) -> list[str]:
    """Changed fields that no release sets: a promotion must not have any."""
    return [path for path in changed_fields(before, after) if not _ALLOWED.fullmatch(path)]


_ALLOWED = re.compile("|".join(re.escape(path).replace(r"\*", "[^/]*") for path in ALLOWED))


def _flat(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in yaml.safe_load_all(text):
        if item:
            _walk(item, f"{item['kind']}/{item['metadata']['name']}", found)
    return found


def _walk(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            _walk(inner, f"{path}/{str(key).replace('/', '~1')}", found)
    elif isinstance(value, list) and value:
        names = [inner.get("name") if isinstance(inner, dict) else None for inner in value]
        named = None not in names and len({*names}) == len(names)
        for key, inner in zip(names if named else range(len(value)), value, strict=True):
            _walk(inner, f"{path}/{str(key).replace('/', '~1')}", found)
    else:
        found[path] = value
