"""The platform's manifests as Python objects: read as they are, or built by kustomize."""

import json
import shutil
import subprocess
from pathlib import Path

import yaml

from tests.bakery import ROOT

PLATFORM = ROOT / "gitops" / "argocd"
ENVIRONMENTS = ("dev", "test", "staging", "prod")
WAVE = "argocd.argoproj.io/sync-wave"
SERVER = "https://kubernetes.default.svc"
# The values of a team, as its file in gitops/argocd/teams gives them.
TEAM = {
    "slug": "credit-risk",
    "team": "risk",
    "repository": "https://github.com/acme/credit-risk",
    "revision": "0123456789012345678901234567890123456789",
}


def read(path: Path) -> list[dict]:
    """Return the objects of a YAML file."""
    return [part for part in yaml.safe_load_all(path.read_text(encoding="utf-8")) if part]


def build(kustomize: str, folder: Path) -> list[dict]:
    """Return what kustomize makes of a folder; raise `AssertionError` with its message."""
    command = [kustomize, "build", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return [part for part in yaml.safe_load_all(result.stdout) if part]


def build_team(kustomize: str, copy: Path, values: dict[str, str]) -> list[dict]:
    """Return what the platform makes for a team with these values, from a copy at `copy`."""
    shutil.copytree(PLATFORM, copy)
    path = copy / "team" / "kustomization.yaml"
    kustomization = yaml.safe_load(path.read_text(encoding="utf-8"))
    # As Argo CD does it: the patch of the ApplicationSet is added, with its values as JSON.
    patch = [{"op": "replace", "path": f"/data/{key}", "value": values[key]} for key in values]
    target = {"kind": "ConfigMap", "name": "team"}
    kustomization["patches"] = [{"target": target, "patch": json.dumps(patch)}]
    path.write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return build(kustomize, copy / "team")


def of_kind(objects: list[dict], kind: str) -> dict[str, dict]:
    """Return the objects of a kind by name."""
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def wave(item: dict) -> int:
    """Return the sync wave of an object."""
    return int(item["metadata"].get("annotations", {}).get(WAVE, 0))


def application_files() -> list[Path]:
    """Return the files of all components, those of both meshes included."""
    return sorted(
        path
        for folder in ("applications", "mesh/istio/applications", "mesh/linkerd/applications")
        for path in (PLATFORM / folder).glob("*.yaml")
        if path.name != "kustomization.yaml"
    )


def plural(kind: str) -> str:
    """Return the name of a kind's resource, as roles write it."""
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
