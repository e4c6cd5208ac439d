"""Projects of other answers come up and serve as well: linkerd, no mesh, prod started by hand."""

import json
import urllib.request
from collections.abc import Callable

import pytest

from tests.cluster.project import Project
from tests.cluster.rig import Rig

ANSWERS = {
    "plain": {"service_mesh": "none", "prod_sync": "manual", "artifact_store": "s3"},
    "meshed": {"service_mesh": "linkerd", "ci_platform": "gitlab"},
}


@pytest.fixture(scope="module")
def bring(make_project: Callable[..., Project]) -> Callable[[str], Project]:
    """A function that makes the project of one set of answers, with one release in dev and prod."""
    made: dict[str, Project] = {}

    def bring(name: str) -> Project:
        if name not in made:
            project = made[name] = make_project(name, **ANSWERS[name])
            project.release(1)
            text = project.read("gitops/overlays/dev/release.yaml")
            project.commit({"gitops/overlays/prod/release.yaml": text}, "Straight to prod")
            project.refresh("prod")
        return made[name]

    return bring


def test_linkerd_serves_in_dev_and_prod(bring: Callable[[str], Project]):
    project = bring("meshed")
    for environment in ("dev", "prod"):
        project.wait_synced(environment)

        (rule,) = project.live(environment, "httproute")["spec"]["rules"]
        predictor = project.live(environment)["spec"]["predictors"][0]
        assert [(each["name"], each["weight"]) for each in rule["backendRefs"]] == [("model", 100)]
        assert predictor["annotations"]["linkerd.io/inject"] == "enabled"
        assert project.live_release(environment) == project.released(environment)
        assert project.live(environment)["status"]["state"] == "Available"


def test_without_a_mesh_a_project_has_no_routes(bring: Callable[[str], Project]):
    project = bring("plain")
    found = project.wait_synced("dev")
    groups = {each.get("group") for each in found["status"]["resources"]}

    assert project.live("dev")["status"]["state"] == "Available"
    # The operator of this cluster makes routes for Istio whatever a project says.
    assert groups.isdisjoint({"gateway.networking.k8s.io", "networking.istio.io"})


def test_manual_prod_waits_for_a_person(bring: Callable[[str], Project], rig: Rig):
    project, start = bring("plain"), rig.audit.position()
    project.wait_synced("dev")
    project.refresh("prod")
    found = project.wait_application("prod", _is_out_of_sync)

    assert "operationState" not in found["status"]
    assert project.live("prod") is None
    assert rig.audit.writes(start, user="argocd", namespace=project.namespace("prod")) == []

    _sync(rig, f"{project.slug}-prod")
    project.wait_synced("prod")

    assert project.live_release("prod") == project.released("prod")
    assert project.live("prod")["status"]["state"] == "Available"


def _is_out_of_sync(application: dict | None) -> bool:
    status = (application or {}).get("status", {})
    return status.get("sync", {}).get("status") == "OutOfSync"


def _sync(rig: Rig, name: str) -> None:
    """Start a sync by Argo CD's API, as `argocd app sync --prune` does."""
    request = urllib.request.Request(
        f"{rig.argocd.address}/api/v1/applications/{name}/sync",
        json.dumps({"prune": True}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
