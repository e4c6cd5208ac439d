"""Prod while its window is closed: what was merged waits, and on call can start it all the same."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import yaml

from tests.cluster.platform import Platform
from tests.cluster.project import Project
from tests.cluster.rig import Rig

WINDOW = "gitops/argocd/prod/window.yaml"
OVERLAYS = "gitops/overlays"


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """A project with a release in prod."""
    project = make_project("windowed")
    bring(project, 1)
    project.wait_synced("prod")
    return project


@dataclass
class Window:
    """The commits of the team's gitops/argocd with a closed window and without any."""

    project: Project
    platform: Platform
    closed: str
    opened: str
    present: str

    def move(self, revision: str) -> None:
        """Let the platform pin one of them."""
        if revision != self.present:
            self.platform.onboard(self.project, revision)
            self.present = revision


@pytest.fixture(scope="module")
def window(project: Project, platform_repository: Platform) -> Window:
    """The window as it is generated but for its time, committed and not yet pinned."""
    onboarding = project.rig.kubectl.get("application", f"{project.slug}-onboarding", "argocd")
    opened = onboarding["spec"]["source"]["targetRevision"]
    first = project.git("rev-list", "--max-parents=0", "main")
    generated = yaml.safe_load(project.read(WINDOW, first))
    (each,) = generated["spec"]["syncWindows"]
    each |= {"schedule": "0 0 * * *", "duration": "25h"}
    closed = project.commit({WINDOW: yaml.safe_dump(generated)}, "Close prod at all times")
    return Window(project, platform_repository, closed, opened, opened)


def bring(project: Project, number: int) -> str:
    """Bring a release into dev, and then past all promotions into prod; return its id."""
    release = project.release(number)
    text = project.read(f"{OVERLAYS}/dev/release.yaml")
    project.commit({f"{OVERLAYS}/prod/release.yaml": text}, "Straight to prod")
    project.refresh("prod")
    return release


def test_on_call_starts_a_sync_while_the_window_is_closed(
    project: Project, window: Window, rig: Rig
):
    window.move(window.closed)
    release = bring(project, 2)
    merged = project.head
    project.wait_application("prod", lambda found: _waits(found, merged))
    start = rig.audit.position()

    _sync(rig, f"{project.slug}-prod")
    project.wait_synced("prod", merged)

    writes = rig.audit.writes(start, user="argocd", namespace=project.namespace("prod"))
    assert project.live_release("prod") == release
    assert {write.user for write in writes if write.accepted} == {
        f"system:serviceaccount:{project.namespace('prod')}:argocd-deployer"
    }


def test_a_merge_waits_until_the_window_opens(project: Project, window: Window, rig: Rig):
    window.move(window.closed)
    before, start = project.live_release("prod"), rig.audit.position()
    release = bring(project, 3)
    merged = project.head
    project.wait_synced("dev")
    project.wait_application("prod", lambda found: _waits(found, merged))
    project.refresh("prod")
    project.wait_application("prod", _is_refreshed)

    assert _waits(project.application("prod"), merged)
    assert rig.audit.writes(start, user="argocd", namespace=project.namespace("prod")) == []
    assert project.live_release("prod") == before

    window.move(window.opened)
    project.wait_synced("prod", merged)

    assert project.live_release("prod") == release


def _waits(application: dict, commit: str) -> bool:
    sync = application["status"]["sync"]
    return (sync["status"], sync["revision"]) == ("OutOfSync", commit)


def _is_refreshed(application: dict) -> bool:
    """Whether Argo CD has looked at git since it was asked to."""
    return "argocd.argoproj.io/refresh" not in application["metadata"]["annotations"]


def _sync(rig: Rig, name: str) -> None:
    """Start a sync by Argo CD's API, as `argocd app sync --prune` does."""
    request = urllib.request.Request(
        f"{rig.argocd.address}/api/v1/applications/{name}/sync",
        json.dumps({"prune": True}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
