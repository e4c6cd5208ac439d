"""Prod while its window is closed: what was merged waits, and on call can start it all the same."""

import json
import urllib.request
from collections.abc import Callable, Iterator

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


@pytest.fixture
def closed(project: Project, platform_repository: Platform) -> Iterator[Callable[[], None]]:
    """The window that is generated, closed for the length of a test; a function opens it."""
    application = project.rig.kubectl.get("application", f"{project.slug}-onboarding", "argocd")
    before = application["spec"]["source"]["targetRevision"]
    first = project.git("rev-list", "--max-parents=0", "main")
    generated = yaml.safe_load(project.read(WINDOW, first))
    (window,) = generated["spec"]["syncWindows"]
    window |= {"schedule": "0 0 * * *", "duration": "25h"}
    wall = project.rig.kubectl.get("appproject", f"{project.slug}-prod", "argocd")["spec"]
    assert "syncWindows" not in wall or wall["syncWindows"] == []

    platform_repository.onboard(project, project.commit({WINDOW: yaml.safe_dump(generated)}, "Close"))
    yield lambda: platform_repository.onboard(project, before)
    platform_repository.onboard(project, before)


def bring(project: Project, number: int) -> str:
    """Bring a release into dev, and then past all promotions into prod; return its id."""
    release = project.release(number)
    text = project.read(f"{OVERLAYS}/dev/release.yaml")
    project.commit({f"{OVERLAYS}/prod/release.yaml": text}, "Straight to prod")
    project.refresh("prod")
    return release


def test_a_merge_waits_until_the_window_opens(
    project: Project, closed: Callable[[], None], rig: Rig
):
    before, start = project.live_release("prod"), rig.audit.position()
    release = bring(project, 2)
    merged = project.head
    project.wait_synced("dev")
    found = project.wait_application("prod", lambda found: _waits(found, merged))
    project.refresh("prod")
    project.wait_application("prod", lambda again: _later(again, found))

    assert _waits(project.application("prod"), merged)
    assert rig.audit.writes(start, user="argocd", namespace=project.namespace("prod")) == []
    assert project.live_release("prod") == before

    closed()
    project.wait_synced("prod", merged)

    assert project.live_release("prod") == release


def test_on_call_starts_a_sync_while_the_window_is_closed(
    project: Project, closed: Callable[[], None], rig: Rig
):
    release = bring(project, 3)
    merged = project.head
    project.wait_application("prod", lambda found: _waits(found, merged))
    start = rig.audit.position()

    _sync(rig, f"{project.slug}-prod", merged)
    project.wait_synced("prod", merged)

    writes = rig.audit.writes(start, user="argocd", namespace=project.namespace("prod"))
    assert project.live_release("prod") == release
    assert {write.user for write in writes if write.accepted} == {
        f"system:serviceaccount:{project.namespace('prod')}:argocd-deployer"
    }


def _waits(application: dict, commit: str) -> bool:
    sync = application["status"]["sync"]
    return (sync["status"], sync["revision"]) == ("OutOfSync", commit)


def _later(application: dict, than: dict) -> bool:
    return application["status"]["reconciledAt"] > than["status"]["reconciledAt"]


def _sync(rig: Rig, name: str, revision: str) -> None:
    """Start a sync by Argo CD's API, as `argocd app sync --prune` does."""
    request = urllib.request.Request(
        f"{rig.argocd.address}/api/v1/applications/{name}/sync",
        json.dumps({"revision": revision, "prune": True}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
