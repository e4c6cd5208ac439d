"""What appears and vanishes with files: applications, objects, and mistakes that are mended."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import yaml

from tests.cluster.project import Project
from tests.cluster.rig import Rig

DEV = "gitops/overlays/dev"
PROD = "gitops/overlays/prod"


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """A project with a release in dev."""
    project = make_project("files")
    project.release(1)
    project.wait_synced("dev")
    return project


def test_a_further_overlay_makes_one_application_in_its_environment(project: Project):
    files = {}
    for path, text in _files(project, DEV).items():
        files[path.replace(DEV, f"{DEV}-eu")] = text
    files[f"{DEV}-eu/kustomization.yaml"] += "nameSuffix: -eu\n"
    project.commit(files, "A variant of dev")
    for environment in ("dev", "test", "staging", "prod"):
        project.refresh(environment)

    found = project.wait_synced("dev-eu")
    names = {
        each["metadata"]["name"]
        for each in project.rig.kubectl.list(
            "applications", "argocd", f"app.kubernetes.io/name={project.slug}"
        )
    }

    assert found["spec"]["project"] == f"{project.slug}-dev"
    assert names == {f"{project.slug}-dev", f"{project.slug}-dev-eu"}
    assert project.live("dev", name="model-eu")["status"]["state"] == "Available"
    assert project.live("dev")["status"]["state"] == "Available"


def test_a_refresh_writes_nothing(project: Project, rig: Rig):
    before, start = project.wait_synced("dev"), rig.audit.position()
    seen = []
    for _ in range(2):
        project.refresh("dev")
        seen.append(project.wait_application("dev", _is_refreshed))

    for found in seen:
        assert _state(found) == ("Synced", "Healthy")
        assert found["status"]["operationState"] == before["status"]["operationState"]
    assert rig.audit.writes(start, user="argocd", namespace=project.namespace("dev")) == []


def test_what_is_removed_from_git_disappears(project: Project):
    _add(project, "plain")
    project.wait_synced("dev")
    assert project.live("dev", "configmap", "plain")

    _remove(project, "plain")
    project.wait_synced("dev")

    assert project.live("dev", "configmap", "plain") is None


def test_what_needs_a_word_stays_until_it_is_said(project: Project):
    _add(project, "kept", {"argocd.argoproj.io/sync-options": "Prune=confirm"})
    project.wait_synced("dev")

    _remove(project, "kept")
    project.refresh("dev")
    project.wait_application("dev", lambda found: "confirmation" in _message(found))

    assert project.live("dev", "configmap", "kept")

    approval = {"argocd.argoproj.io/deletion-approved": datetime.now(UTC).isoformat("T", "seconds")}
    change = {"metadata": {"annotations": approval}}
    project.rig.kubectl.patch("application", f"{project.slug}-dev", change, "argocd")
    project.wait_synced("dev")

    assert project.live("dev", "configmap", "kept") is None


def test_bad_yaml_changes_nothing_and_is_mended_by_the_next_commit(project: Project):
    release, path = project.live_release("dev"), f"{DEV}/settings/scaling.yaml"
    good = project.read(path)
    project.commit({path: "data: {replicas: '2'\n"}, "Forget a brace")
    project.refresh("dev")
    project.wait_application("dev", lambda found: "ComparisonError" in _conditions(found))

    assert project.live_release("dev") == release

    project.commit({path: good}, "Mend it")
    done = project.wait_synced("dev")

    assert "ComparisonError" not in _conditions(done)


def test_an_object_that_is_refused_is_mended_by_the_next_commit(project: Project):
    release = project.live_release("dev")
    _add(project, "refused", labels={"size": "very large"})
    project.refresh("dev")
    head = project.head
    failed = project.wait_application(
        "dev",
        lambda found: (
            _operation(found).get("phase") == "Failed"
            and _operation(found)["syncResult"]["revision"] == head
            # Written by the comparison after the operation.
            and "SyncError" in _conditions(found)
        ),
    )

    assert "refused" in _conditions(failed)["SyncError"]
    assert project.live_release("dev") == release

    mended = {f"{DEV}/refused.yaml": lambda text: text.replace("very large", "large")}
    project.commit(mended, "Mend it")
    project.wait_synced("dev")

    assert project.live("dev", "configmap", "refused")


def test_prod_outlives_its_files(project: Project, rig: Rig):
    text = project.read(f"{DEV}/release.yaml")
    project.commit({f"{PROD}/release.yaml": text}, "Straight to prod")
    project.wait_synced("prod")
    start, release = rig.audit.position(), project.live_release("prod")

    project.commit(dict.fromkeys(_files(project, PROD)), "Remove prod")
    project.refresh("prod")
    project.wait_application("prod", lambda found: "ComparisonError" in _conditions(found))
    rig.kubectl.wait_for("applicationset", f"{project.slug}-prod", "argocd", _is_read)
    time.sleep(1)

    assert project.application("prod")["metadata"].get("deletionTimestamp") is None
    assert project.live_release("prod") == release
    assert rig.audit.writes(start, user="argocd", namespace=project.namespace("prod")) == []


def _files(project: Project, folder: str) -> dict[str, str]:
    """Return the texts of all files below a folder of main."""
    paths = project.git("ls-tree", "-r", "--name-only", "origin/main", f"{folder}/").splitlines()
    return {path: project.read(path) for path in paths}


def _add(project: Project, name: str, annotations: dict | None = None, labels: dict | None = None):
    """Commit a further object to dev."""
    metadata = {"name": name, "annotations": annotations or {}, "labels": labels or {}}
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    listed = {f"{DEV}/kustomization.yaml": lambda old: _listing(old, name, True)}
    project.commit(listed | {f"{DEV}/{name}.yaml": text}, f"Add {name}")


def _remove(project: Project, name: str) -> None:
    listed = {f"{DEV}/kustomization.yaml": lambda old: _listing(old, name, False)}
    project.commit(listed | {f"{DEV}/{name}.yaml": None}, f"Remove {name}")


def _listing(text: str, name: str, there: bool) -> str:
    content = yaml.safe_load(text)
    others = [each for each in content["resources"] if each != f"{name}.yaml"]
    content["resources"] = [*others, f"{name}.yaml"] if there else others
    return yaml.safe_dump(content)


def _conditions(application: dict | None) -> dict[str, str]:
    """Return the messages of an application's conditions by their types."""
    conditions = (application or {}).get("status", {}).get("conditions", [])
    return {each["type"]: each["message"] for each in conditions}


def _message(application: dict) -> str:
    return _operation(application).get("message", "")


def _operation(application: dict) -> dict:
    """Return the last operation; there is none in the moment in which the next one begins."""
    return application["status"].get("operationState", {})


def _state(application: dict) -> tuple[str, str]:
    status = application["status"]
    return status["sync"]["status"], status["health"]["status"]


def _is_refreshed(application: dict) -> bool:
    """Whether Argo CD has looked at git since it was asked to."""
    return "argocd.argoproj.io/refresh" not in application["metadata"]["annotations"]


def _is_read(found: dict) -> bool:
    """Whether the set has looked at git since it was asked to."""
    annotations = found["metadata"].get("annotations", {})
    return "argocd.argoproj.io/application-set-refresh" not in annotations
