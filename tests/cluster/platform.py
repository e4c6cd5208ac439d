"""What the platform team does: once per cluster, and one file for each team. With our own files."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from tests import bakery
from tests.cluster import build
from tests.cluster.project import Project
from tests.cluster.rig import Rig

GITOPS = bakery.ROOT / "gitops"
ROOT_APPLICATION = "gitops/argocd/bootstrap/root.yaml"
# Installed from charts, which cannot be had here: what they install runs as processes.
INSTALLED = "Application"
# Names by which manifests know what runs here under another address.
PROMETHEUS = "prometheus-operated.monitoring.svc"


def render(folder: Path) -> str:
    """Return what kustomize makes of a folder; raise `AssertionError` with its message."""
    command = [str(build.program("kustomize")), "build", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if answer.returncode:
        raise AssertionError(f"kustomize build {folder}: {answer.stderr}")
    return answer.stdout


class Platform:
    """The platform's repository on the rig's Git server, applied to the cluster."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig, self.folder = rig, folder
        self.address, _ = rig.git.create("platform/mlops-platform")
        shutil.copytree(GITOPS, folder / "gitops")
        root = folder / ROOT_APPLICATION
        text = re.sub(r"repoURL: .*", f"repoURL: {self.address}", root.read_text("utf-8"))
        root.write_text(text, encoding="utf-8")
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("config", "user.name", "Platform")
        self._git("config", "user.email", "platform@example.com")
        self._git("remote", "add", "origin", self.address)
        self._push("Platform")

    def install(self) -> None:
        """Apply everything in gitops/argocd but the charts, as the root application would."""
        documents = yaml.safe_load_all(render(self.folder / "gitops" / "argocd"))
        objects = [each for each in documents if each["kind"] != INSTALLED]
        kubectl = self.rig.kubectl
        # As sync waves would do it: namespaces and projects come before what is in them.
        first = [each for each in objects if each["kind"] in ("Namespace", "AppProject")]
        kubectl.apply(*first)
        kubectl.apply(*[each for each in objects if each not in first], _secret())
        self.rig.network.place(PROMETHEUS, self.rig.prometheus.port)

    def make_namespaces(self, slug: str, team: str) -> None:
        """Make a team's namespaces as `onboard` does, but let Argo CD know nothing of the team."""
        folder = self.folder.parent / f"namespaces-{slug}"
        shutil.copytree(self.folder / "gitops", folder / "gitops")
        values = folder / "gitops" / "argocd" / "team" / "team.yaml"
        content = yaml.safe_load(values.read_text("utf-8"))
        content["data"] |= {"slug": slug, "team": team}
        values.write_text(yaml.safe_dump(content), encoding="utf-8")
        objects = list(yaml.safe_load_all(render(values.parent)))
        # The namespaces first; what is in namespace argocd is the entrance of the team.
        names = [each for each in objects if each["kind"] == "Namespace"]
        inside = {each["metadata"]["name"] for each in names}
        rest = [each for each in objects if each["metadata"].get("namespace") in inside]
        self.rig.kubectl.apply(*names)
        self.rig.kubectl.apply(*rest)

    def onboard(self, project: Project, revision: str | None = None) -> None:
        """Write a team's file, and wait until namespaces, projects and ApplicationSets are there.

        `revision` is the commit of the team's gitops/argocd that the platform has read; otherwise
        the present one. Done again with another one, it is moved.
        """
        slug = project.slug
        values = {
            "slug": slug,
            "team": project.team,
            "repository": project.address,
            "revision": revision or project.head,
        }
        file = self.folder / "gitops" / "argocd" / "teams" / f"{slug}.yaml"
        file.parent.mkdir(exist_ok=True)
        # JSON is YAML, and leaves no doubt that a commit of digits and an "e" is a text.
        file.write_text(json.dumps(values), encoding="utf-8")
        self._push(f"Onboard {slug}")
        self.refresh("applicationset", "teams")
        kubectl = self.rig.kubectl
        kubectl.wait_for("application", f"{slug}-team", "argocd", _is_there, 90)
        pinned = values["revision"]
        kubectl.wait_for(
            "application",
            f"{slug}-onboarding",
            "argocd",
            lambda found: _is_there(found) and found["status"]["sync"]["revision"] == pinned,
            90,
        )

    def refresh(self, kind: str, name: str) -> None:
        """Let Argo CD look at git again for an Application or ApplicationSet."""
        annotation = {"application": "refresh", "applicationset": "application-set-refresh"}[kind]
        change = {"metadata": {"annotations": {f"argocd.argoproj.io/{annotation}": "true"}}}
        self.rig.kubectl.patch(kind, name, change, "argocd")

    def _push(self, message: str) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message={message}")
        self._git("push", "--quiet", "origin", "main")

    def _git(self, *arguments: str) -> str:
        return self.rig.git.client(self.folder, *arguments)


def _is_there(application: dict | None) -> bool:
    status = (application or {}).get("status", {})
    return (
        status.get("sync", {}).get("status") == "Synced"
        and status.get("health", {}).get("status") == "Healthy"
        and status.get("operationState", {}).get("phase") == "Succeeded"
    )


def _secret() -> dict:
    """Return the secret by which notifications sign in to GitHub: a key that opens nothing."""
    command = ["openssl", "genrsa", "-traditional", "2048"]
    key = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    values = {"github-app-id": b"1", "github-installation-id": b"1", "github-private-key": key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "argocd-notifications-secret", "namespace": "argocd"},
        "data": {name: base64.b64encode(value).decode() for name, value in values.items()},
    }
