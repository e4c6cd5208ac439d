"""From an empty cluster to a model in dev: onboarding, the first release, who writes what."""

from collections.abc import Callable

import pytest

from tests.cluster.project import ENVIRONMENTS, Project
from tests.cluster.rig import Rig


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    return make_project("bootstrap")


@pytest.fixture(scope="module")
def release(project: Project) -> str:
    """The first release, live in dev."""
    release = project.release(1)
    project.wait_synced("dev")
    return release


def test_each_environment_has_its_own_project_and_set(project: Project, rig: Rig):
    for environment in ENVIRONMENTS:
        name = f"{project.slug}-{environment}"
        wall = rig.kubectl.get("appproject", name, "argocd")["spec"]
        applications = rig.kubectl.get("applicationset", name, "argocd")["spec"]

        assert [each["namespace"] for each in wall["destinations"]] == [name]
        assert wall["sourceRepos"] == [project.address]
        assert applications["template"]["spec"]["project"] == name
        assert rig.kubectl.get("namespace", name)


def test_the_first_release_makes_the_application_of_dev_and_no_other(
    project: Project, release: str
):
    assert project.released("dev") == release
    assert project.live_release("dev") == release
    assert project.application("dev")["spec"]["project"] == f"{project.slug}-dev"
    for environment in ("test", "staging", "prod"):
        project.refresh(environment)
        assert project.application(environment) is None
        assert project.live(environment) is None


def test_argo_cd_writes_as_the_account_of_the_environment(project: Project, release: str, rig: Rig):
    writes = rig.audit.writes(user="argocd", namespace=project.namespace("dev"))
    users = {write.user for write in writes if write.accepted}

    assert f"system:serviceaccount:{project.namespace('dev')}:argocd-deployer" in users
    assert "argocd" not in users


def test_github_hears_of_the_deployment(project: Project, release: str):
    assert project.report("dev") == "success"
