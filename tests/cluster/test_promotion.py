"""One release from dev to prod: each step is one file, one merge, one environment."""

from collections.abc import Callable

import pytest
import yaml

from tests.cluster.project import ENVIRONMENTS, Project
from tests.cluster.rig import Rig

CHAIN = ("test", "staging", "prod")


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    return make_project("promoted")


@pytest.fixture(scope="module")
def release(project: Project) -> str:
    """A release that has gone through all four environments; the first of each."""
    release = project.release(1)
    project.deploy("dev")
    for environment in CHAIN:
        project.promote(environment)
        project.deploy(environment)
    return release


def versions(project: Project, environment: str) -> dict[str, str]:
    """Return the version of each object that Argo CD manages in an environment."""
    found = {}
    for kind in ("seldondeployments", "configmaps", "services", "networkpolicies"):
        for each in project.rig.kubectl.list(kind, project.namespace(environment)):
            found[f"{kind}/{each['metadata']['name']}"] = each["metadata"]["resourceVersion"]
    return found


def test_the_chain_ends_with_one_release_everywhere(project: Project, release: str):
    texts = {project.read(f"gitops/overlays/{each}/release.yaml") for each in ENVIRONMENTS}
    live = {project.live_release(environment) for environment in ENVIRONMENTS}
    merges = project.git("log", "--merges", "--format=%s", "origin/main").splitlines()

    assert len(texts) == 1
    assert live == {release}
    assert len([line for line in merges if release in line]) == len(ENVIRONMENTS)


def test_a_promotion_is_one_file_and_one_environment(project: Project, release: str, rig: Rig):
    newer = project.release(2)
    project.deploy("dev")
    before = {each: versions(project, each) for each in ("dev", "staging", "prod")}
    start, base = rig.audit.position(), project.head

    merge = project.promote("test")
    project.deploy("test")

    changed = project.git("diff", "--name-only", base, merge).splitlines()
    container = _container(project.live("test"))
    release_file = yaml.safe_load(project.read("gitops/overlays/test/release.yaml"))["data"]
    assert changed == ["gitops/overlays/test/release.yaml"]
    assert project.read("gitops/overlays/test/release.yaml") == project.read(
        "gitops/overlays/dev/release.yaml"
    )
    assert project.live_release("test") == newer
    assert container["image"] == release_file["image"]
    assert {each: versions(project, each) for each in before} == before
    for environment in before:
        assert (
            rig.audit.writes(start, user="argocd", namespace=project.namespace(environment)) == []
        )
    assert project.live_release("prod") == release


def _container(deployment: dict) -> dict:
    return deployment["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"][0]
