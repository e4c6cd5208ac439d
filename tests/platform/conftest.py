"""Built manifests, where kustomize is there."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests import bakery
from tests.cluster import build
from tests.parts import lacking
from tests.platform import manifests


def program(name: str) -> str:
    """Return the path of a program: the variable of its name, the test cluster's, or the PATH."""
    if found := os.environ.get(name.upper()):
        return found
    try:
        return str(build.program(name))
    except build.Unbuilt as error:
        found = shutil.which(name)
        if found:
            return found
        lacking(f"{error}, or set {name.upper()} to its path", "CLUSTER_REQUIRE_ALL")


@pytest.fixture(scope="session")
def kustomize() -> str:
    """The program kustomize."""
    return program("kustomize")


@pytest.fixture(scope="session")
def argocd() -> str:
    """The program argocd, for what it can do without a server."""
    return program("argocd")


@pytest.fixture(scope="session")
def platform(kustomize: str) -> list[dict]:
    """What the root application applies."""
    return manifests.build(kustomize, manifests.PLATFORM)


@pytest.fixture(scope="session")
def platform_with(kustomize: str, tmp_path_factory) -> Callable[[str], list[dict]]:
    """A function that builds the platform with a mesh."""

    def build(mesh: str) -> list[dict]:
        copy = tmp_path_factory.mktemp("platform") / "argocd"
        shutil.copytree(manifests.PLATFORM, copy)
        path = copy / "kustomization.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count("- mesh/istio\n") == 1
        path.write_text(text.replace("- mesh/istio\n", f"- mesh/{mesh}\n"), encoding="utf-8")
        return manifests.build(kustomize, copy)

    return build


@pytest.fixture(scope="session")
def team(kustomize: str, tmp_path_factory) -> list[dict]:
    """What the platform makes for the team of `manifests.TEAM`."""
    copy = tmp_path_factory.mktemp("team") / "argocd"
    return manifests.build_team(kustomize, copy, manifests.TEAM)


@pytest.fixture(scope="session")
def credit_risk(bake_once, tmp_path_factory) -> Path:
    """The repository of that team."""
    path = tmp_path_factory.mktemp("answers") / "credit-risk.yaml"
    answers = {"project_slug": "credit-risk", "team": "risk"}
    answers |= {"project_name": "Credit Risk", "repository_url": manifests.TEAM["repository"]}
    return bake_once(bakery.write_answers(path, **answers))


@pytest.fixture(scope="session")
def team_argocd(kustomize: str, credit_risk: Path) -> list[dict]:
    """What the team's own gitops/argocd says."""
    return manifests.build(kustomize, credit_risk / "gitops" / "argocd")


@pytest.fixture(scope="session")
def settings(kustomize: str, tmp_path_factory) -> Path:
    """A folder with the ConfigMaps, every receiver of notifications included."""
    folder = tmp_path_factory.mktemp("settings")
    receivers = [f"argocd/configuration/{name}" for name in ("gitlab", "events")]
    kustomization = {"resources": ["argocd/configuration"], "components": receivers}
    shutil.copytree(manifests.PLATFORM, folder / "argocd")
    (folder / "kustomization.yaml").write_text(json.dumps(kustomization), encoding="utf-8")
    built = manifests.build(kustomize, folder)
    for name, item in manifests.of_kind(built, "ConfigMap").items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(item), encoding="utf-8")
    return folder


def run(argocd: str, settings: Path, *arguments: str) -> str:
    """Return what the program prints; it needs a cluster's address and does not call it."""
    cluster = {"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}
    context = {"name": "none", "context": {"cluster": "none", "namespace": "argocd"}}
    config = {"clusters": [cluster], "contexts": [context], "current-context": "none"}
    kubeconfig = settings / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config | {"apiVersion": "v1", "kind": "Config"}))
    environment = {"KUBECONFIG": str(kubeconfig), "PATH": "/usr/bin:/bin", "HOME": str(settings)}
    command = [argocd, "admin", *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout
