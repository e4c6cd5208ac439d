"""What a team cannot do: each thing is tried, and blocked by Argo CD or by the API server."""

import json
from collections.abc import Callable

import pytest
import yaml

from tests.cluster.kubectl import Refused
from tests.cluster.platform import Platform
from tests.cluster.project import Project
from tests.cluster.rig import Rig

IN_CLUSTER = "https://kubernetes.default.svc"
NAME = "intruder"
DEV_PROJECT = "gitops/argocd/dev/project.yaml"
# What is tried, with what Argo CD says: SLUG stands for the slug. Each is committed as a variant of
# dev and so is an application of its own.
MANIFESTS = {
    "namespace": (
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "SLUG-prod"}},
        "namespace SLUG-prod is not permitted in project 'SLUG-dev'",
    ),
    "cluster": (
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {}},
        "resource rbac.authorization.k8s.io:ClusterRole is not permitted in project SLUG-dev",
    ),
    "kind": (
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "model", "namespace": "SLUG-dev"}],
        },
        "resource rbac.authorization.k8s.io:RoleBinding is not permitted in project SLUG-dev",
    ),
    "application": (
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"namespace": "argocd"},
            "spec": {"project": "platform"},
        },
        "resource argoproj.io:Application is not permitted in project SLUG-dev",
    ),
}


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """A project with a release in dev."""
    project = make_project("walled")
    project.release(1)
    project.wait_synced("dev")
    return project


@pytest.fixture(scope="module")
def tried(project: Project, rig: Rig) -> int:
    """Commit all manifests; return the position of the audit log before."""
    start, files = rig.audit.position(), {}
    for name, (manifest, _) in MANIFESTS.items():
        manifest = json.loads(json.dumps(manifest).replace("SLUG", project.slug))
        manifest["metadata"]["name"] = NAME
        folder = f"gitops/overlays/dev-{name}"
        files[f"{folder}/release.yaml"] = project.read("gitops/overlays/dev/release.yaml")
        files[f"{folder}/kustomization.yaml"] = yaml.safe_dump({"resources": [f"{NAME}.yaml"]})
        files[f"{folder}/{NAME}.yaml"] = yaml.safe_dump(manifest)
    project.commit(files, "Try what is not allowed")
    project.refresh("dev")
    return start


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_beyond_the_project_is_not_applied(
    project: Project, tried: int, rig: Rig, name: str
):
    said = MANIFESTS[name][1].replace("SLUG", project.slug)

    found = project.wait_application(f"dev-{name}", lambda found: "SyncError" in _conditions(found))

    (result,) = found["status"]["operationState"]["syncResult"]["resources"]
    assert found["status"]["operationState"]["phase"] == "Failed"
    assert (result["status"], result["message"]) == ("SyncFailed", said)
    assert said in _conditions(found)["SyncError"]
    # It was not even tried, whatever the API server would have answered.
    assert NAME not in {write.name for write in rig.audit.writes(tried, user="argocd")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": {"repoURL": "https://127.0.0.1/foreign/model.git"}}, "application repo"),
        ({"destination": {"namespace": "SLUG-prod"}}, "application destination"),
    ],
    ids=["source", "destination"],
)
def test_an_application_beyond_its_project_is_not_applied(
    project: Project, rig: Rig, change: dict, said: str
):
    """As if a set of applications had been pinned unread."""
    name, start = f"{project.slug}-dev-{said.split()[-1]}", rig.audit.position()
    application = project.application("dev")
    spec = {key: application["spec"][key] for key in ("project", "source", "destination")}
    for part, fields in json.loads(json.dumps(change).replace("SLUG", project.slug)).items():
        spec[part] = spec[part] | fields
    spec["syncPolicy"] = {"automated": {}}
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application"}
    rig.kubectl.apply(kind | {"metadata": {"name": name, "namespace": "argocd"}, "spec": spec})

    found = rig.kubectl.wait_for(
        "application", name, "argocd", lambda found: "InvalidSpecError" in _conditions(found)
    )
    rig.kubectl.delete("application", name, "argocd")

    assert said in _conditions(found)["InvalidSpecError"]
    assert f"project '{project.slug}-dev'" in _conditions(found)["InvalidSpecError"]
    assert "operationState" not in found["status"]
    for environment in ("dev", "prod"):
        namespace = project.namespace(environment)
        assert rig.audit.writes(start, user="argocd", namespace=namespace) == []


def test_the_account_of_dev_can_write_nothing_but_its_kinds_in_dev(project: Project, rig: Rig):
    def write(environment: str, *what: str) -> None:
        account = f"--as=system:serviceaccount:{project.namespace('dev')}:argocd-deployer"
        where = f"--namespace={project.namespace(environment)}"
        rig.kubectl.run("create", *what, NAME, account, where)

    for environment in ("test", "staging", "prod"):
        with pytest.raises(Refused, match="forbidden"):
            write(environment, "configmap")
    for what in (("secret", "generic"), ("role", "--verb=get", "--resource=pods"), ("quota",)):
        with pytest.raises(Refused, match="forbidden"):
            write("dev", *what)
    write("dev", "configmap")
    rig.kubectl.delete("configmap", NAME, project.namespace("dev"))


class Widened:
    """A team whose main branch gives its project of dev a way to prod."""

    def __init__(self, project: Project, platform: Platform) -> None:
        self.project, self._platform = project, platform
        application = project.rig.kubectl.get("application", self.name, "argocd")
        self.pinned = application["spec"]["source"]["targetRevision"]
        self.walls = self.read()
        self.commit = project.commit({DEV_PROJECT: _widen}, "Reach prod from dev")

    @property
    def name(self) -> str:
        return f"{self.project.slug}-onboarding"

    def read(self) -> dict:
        """Return the live project of dev."""
        kubectl = self.project.rig.kubectl
        return kubectl.get("appproject", f"{self.project.slug}-dev", "argocd")["spec"]

    def pin(self, revision: str) -> None:
        """Move the platform's pin, without waiting for what comes of it."""
        file = f"gitops/argocd/teams/{self.project.slug}.yaml"
        place = self._platform.folder / file
        values = json.loads(place.read_text("utf-8")) | {"revision": revision}
        place.write_text(json.dumps(values), encoding="utf-8")
        git = self.project.rig.git.client
        git(self._platform.folder, "commit", "--quiet", "--message=Move a pin", file)
        git(self._platform.folder, "push", "--quiet", "origin", "main")
        self._platform.refresh("applicationset", "teams")

    def wait(self, condition: Callable[[dict], bool]) -> dict:
        """Wait for the application that reads the team's projects."""
        kubectl = self.project.rig.kubectl
        return kubectl.wait_for("application", self.name, "argocd", condition, 90)


@pytest.fixture(scope="module")
def widened(project: Project, platform_repository: Platform) -> Widened:
    return Widened(project, platform_repository)


def test_a_team_that_widens_its_project_is_not_obeyed(
    project: Project, widened: Widened, platform_repository: Platform
):
    platform_repository.refresh("application", widened.name)
    found = widened.wait(
        lambda found: "argocd.argoproj.io/refresh" not in found["metadata"]["annotations"]
    )

    assert project.head == widened.commit
    assert found["spec"]["source"]["targetRevision"] == widened.pinned
    assert found["status"]["sync"]["status"] == "Synced"
    assert widened.read() == widened.walls


def test_a_wide_project_is_refused_even_when_it_was_pinned(widened: Widened):
    """And when the team has mended it, the next pin is taken without anybody's help."""
    widened.pin(widened.commit)
    said = f"destinations of {widened.project.slug}-dev can only be the namespace of that name"
    widened.wait(lambda found: said in _operation(found).get("message", ""))

    assert widened.read() == widened.walls

    mended = widened.project.commit({DEV_PROJECT: _mend}, "Only describe dev")
    widened.pin(mended)
    widened.wait(lambda found: _runs(found, mended))

    assert widened.read() == widened.walls | {"description": "mended"}


def _conditions(application: dict | None) -> dict[str, str]:
    """Return the messages of an application's conditions by their types."""
    conditions = (application or {}).get("status", {}).get("conditions", [])
    return {each["type"]: each["message"] for each in conditions}


def _widen(text: str) -> str:
    content = yaml.safe_load(text)
    (own,) = content["spec"]["destinations"]
    prod = own | {"namespace": own["namespace"].removesuffix("-dev") + "-prod"}
    content["spec"]["destinations"] = [own, prod]
    return yaml.safe_dump(content)


def _mend(text: str) -> str:
    content = yaml.safe_load(text)
    del content["spec"]["destinations"][1]
    content["spec"]["description"] = "mended"
    return yaml.safe_dump(content)


def _runs(application: dict, commit: str) -> bool:
    status = application["status"]
    return (
        _operation(application).get("phase") == "Succeeded"
        and status["sync"]["status"] == "Synced"
        and status["sync"]["revision"] == commit
    )


def _operation(application: dict) -> dict:
    """Return the last operation; there is none in the moment in which the next one begins."""
    return application["status"].get("operationState", {})
