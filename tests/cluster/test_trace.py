"""From what runs back to where it came from, and whose secrets it reads."""

import json
from collections.abc import Callable

import pytest
import yaml

from tests.cluster.platform import render
from tests.cluster.project import ENVIRONMENTS, Project

COMPONENT = "../../components/external-secrets"


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """A project with secrets from a manager, and one release in dev and test."""
    project = make_project("traced", artifact_store="s3")
    overlays = [f"gitops/overlays/{each}/kustomization.yaml" for each in ENVIRONMENTS]
    trained = project.commit(dict.fromkeys(overlays, _with_secrets), "Secrets from the manager")
    project.release(1, commit=trained)
    project.deploy("dev")
    project.promote("test")
    project.wait_synced("test")
    return project


@pytest.mark.parametrize("environment", ["dev", "test"])
def test_from_a_live_object_to_the_training_code(project: Project, environment: str):
    release = project.live_release(environment)
    facts = project.live(environment, "configmap", "release")["data"]
    pods = project.rig.kubectl.list("pods", project.namespace(environment))
    overlay = f"gitops/overlays/{environment}/release.yaml"
    project.git("fetch", "--quiet", "origin")
    # Along the first parents of main, the commit that brought the file is the merge.
    options = ("--first-parent", "-1", "--diff-merges=first-parent", "--no-patch")
    merge = project.git("log", "--format=%H %P", *options, "origin/main", "--", overlay).split()
    subject = project.git("log", "-1", "--format=%s", merge[0])
    record = json.loads(project.read(f"gitops/releases/{release}.json"))

    assert {pod["metadata"]["labels"]["mlops/release"] for pod in pods} == {release}
    assert facts == yaml.safe_load(project.read(overlay, merge[0]))["data"]
    assert len(merge) == 3
    assert release in subject
    assert record["release"] == release
    assert (record["run"], record["commit"]) == (facts["run"], facts["commit"])
    assert len(facts["run"]) == 32
    assert project.git("cat-file", "-t", facts["commit"]) == "commit"


@pytest.mark.parametrize("environment", ["dev", "test"])
def test_a_live_model_reads_the_secrets_of_its_environment(project: Project, environment: str):
    store = project.live(environment, "secretstore", "secrets")["spec"]["provider"]["vault"]
    secret = project.live(environment, "externalsecret", "bundle-store")

    assert store["auth"]["kubernetes"]["role"] == project.namespace(environment)
    assert _keys(secret) == [f"{environment}/bundle-store"]
    assert secret["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": "secrets"}


def test_no_secret_is_in_git_and_no_environment_names_another(project: Project):
    text = project.read("gitops/overlays/dev/release.yaml")
    for environment in ENVIRONMENTS:
        overlay = project.folder / "gitops" / "overlays" / environment
        (overlay / "release.yaml").write_text(text, encoding="utf-8")
        objects = list(yaml.safe_load_all(render(overlay)))
        kinds = {each["kind"]: each for each in objects}
        others = [each for each in ENVIRONMENTS if each != environment]

        assert "Secret" not in kinds
        assert {each["metadata"]["namespace"] for each in objects} == {
            project.namespace(environment)
        }
        assert _keys(kinds["ExternalSecret"]) == [f"{environment}/bundle-store"]
        for other in others:
            assert project.namespace(other) not in json.dumps(objects)
    project.git("checkout", "--quiet", "--", ".")
    project.git("clean", "--quiet", "--force", "gitops")


def _keys(secret: dict) -> list[str]:
    """Return the entries of the secret manager that an ExternalSecret reads."""
    return [each["extract"]["key"] for each in secret["spec"]["dataFrom"]]


def _with_secrets(text: str) -> str:
    content = yaml.safe_load(text)
    content["components"].insert(-1, COMPONENT)
    return yaml.safe_dump(content)
