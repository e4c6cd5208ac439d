"""Back to what ran before: by a person, by a failed verification, and from changes by hand."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import yaml

from tests.cluster.project import Project
from tests.cluster.rig import Rig

REQUESTS = 1000  # a second
HEALED = 30  # seconds, at most


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """Release 1 in three environments, which take releases from dev: no test waits for another."""
    project = make_project("returned")
    project.commit({"gitops/environments.yaml": _all_from_dev}, "All environments follow dev")
    project.offer(1)
    _deploy(project, "test", "staging", "prod")
    return project


@pytest.fixture(scope="module")
def newer(project: Project) -> str:
    """Release 2 in staging and prod."""
    release = project.offer(2)
    _deploy(project, "staging", "prod")
    return release


@dataclass
class Drill:
    """A rollback by a person; seconds count from the merge."""

    before: str
    after: str
    opened: str
    merged: str
    live: float
    verified: float
    commits: list[str]
    deployed: list[str]


@pytest.fixture(scope="module")
def drill(project: Project, newer: str, rig: Rig) -> Drill:
    """Prod goes back from release 2 to release 1."""
    path = "gitops/overlays/prod/release.yaml"
    before = project.live_release("prod")
    opened = project.make("rollback", ENV="prod", REASON="A drill")
    merged = project.make("rollback", ENV="prod", REASON="A drill", MERGE="1")
    start = time.monotonic()
    project.refresh("prod")
    image = yaml.safe_load(project.read(path))["data"]["image"]
    rig.kubectl.wait_for(
        "deployment",
        f"model-default-0-{project.slug}",
        project.namespace("prod"),
        lambda found: _runs(found, project.slug, image),
    )
    live = time.monotonic() - start
    project.deploy("prod")
    verified = time.monotonic() - start
    log = project.git("log", "--first-parent", "--format=%s", "origin/main", "--", path)
    history = project.application("prod")["status"]["history"]
    return Drill(
        before,
        project.live_release("prod"),
        opened,
        merged,
        live,
        verified,
        log.splitlines(),
        [project.released("prod", each["revision"]) for each in history],
    )


def test_a_rollback_takes_seconds(
    project: Project, newer: str, drill: Drill, measured: Callable[[str], None]
):
    measured(
        f"from the merge of a rollback: {drill.live:.1f} s until only the older image runs, "
        f"{drill.verified:.1f} s until it is verified"
    )

    assert drill.opened.startswith(f"open: Roll prod back from {newer} to {drill.after}")
    assert drill.merged.startswith(f"merged: Roll prod back from {newer} to {drill.after}")
    assert drill.before == newer != drill.after
    assert drill.live < 60


def test_no_other_environment_goes_back(project: Project, newer: str, drill: Drill):
    assert project.live_release("staging") == project.released("staging") == newer


def test_history_shows_both(newer: str, drill: Drill):
    last, one_before = drill.commits[:2]

    assert drill.deployed[-2:] == [newer, drill.after]
    assert f"Roll prod back from {newer} to {drill.after}" in last
    assert f"Promote {newer} to prod" in one_before


def test_argo_cd_does_not_roll_back_by_itself(project: Project, newer: str, rig: Rig):
    name = f"{project.slug}-prod"
    first = project.application("prod")["status"]["history"][0]["id"]

    status, answer = _ask(rig, "POST", f"/api/v1/applications/{name}/rollback", {"id": first})

    assert status == 400
    assert "auto-sync is enabled" in answer["message"]


@dataclass
class Failure:
    """A promotion to prod whose verification failed."""

    release: str
    before: str
    revision: str
    variables: dict[str, str]


@pytest.fixture(scope="module")
def failure(project: Project, newer: str, rig: Rig) -> Failure:
    """Release 3 in prod, which fails a fifth of its requests."""
    before = project.released("prod")
    release = project.offer(3)
    _serve(rig, project, "v3", errors=0.2)
    project.promote("prod")
    revision = project.head
    project.refresh("prod")
    project.wait_application("prod", lambda found: _phase(found, revision) == "Failed")
    project.report("prod")
    (event,) = project.events("argocd-failed", "prod", revision)
    variables = {
        "ENV": event["environment"],
        "REVISION": event["revision"],
        "REASON": "; ".join(event["failed"]),
        "AUTOMATIC": "1",
    }
    return Failure(release, before, revision, variables)


def test_a_failed_verification_fails_the_sync(project: Project, failure: Failure):
    operation = project.application("prod")["status"]["operationState"]
    (hook,) = [each for each in operation["syncResult"]["resources"] if each.get("hookType")]

    assert operation["phase"] == "Failed"
    assert (hook["kind"], hook["hookPhase"]) == ("AnalysisRun", "Failed")
    assert "error-ratio was [0." in failure.variables["REASON"]
    assert 'predictor_name="default"' in failure.variables["REASON"]


def test_it_is_reported_once(project: Project, failure: Failure, rig: Rig):
    for name in ("argocd-notifications", "argocd-application-controller"):
        rig.processes.stop(name)
        rig.argocd.start_component(name)
    before = project.application("prod")["status"]["reconciledAt"]
    project.refresh("prod")
    project.wait_application("prod", lambda found: found["status"]["reconciledAt"] > before)
    time.sleep(3)

    assert len(project.events("argocd-failed", "prod", failure.revision)) == 1


def test_it_is_taken_back_by_one_pull_request(project: Project, failure: Failure, rig: Rig):
    # As .github/workflows/rollback.yaml, for a notification that comes twice.
    answers = [project.make("rollback", **failure.variables) for _ in range(2)]
    pulls = [each for each in project.pull_requests() if failure.release in each["branch"]]
    (pull,) = [each for each in pulls if each["branch"].startswith("rollback/")]

    assert pull["state"] == "open"
    assert "automatic-rollback" in pull["labels"]
    assert answers[0] == answers[1]
    assert pull["url"] in answers[0]
    assert "error-ratio was [0." in pull["body"]

    project.make("rollback", **failure.variables, MERGE="1")
    _serve(rig, project, "v3", requests=0)
    _serve(rig, project, "v1")
    project.deploy("prod")

    (entry, *_) = yaml.safe_load(project.read("gitops/blocked.yaml"))["blocked"][::-1]
    assert project.application("prod")["status"]["health"]["status"] == "Healthy"
    assert project.live_release("prod") == failure.before
    assert entry["release"] == failure.release
    assert "error-ratio was [0." in entry["reason"]
    assert "nothing to do" in project.make("rollback", **failure.variables)


def _writers(rig: Rig, position: int, namespace: str) -> list[str]:
    """Who has written SeldonDeployments since then, in order."""
    writes = rig.audit.writes(position, namespace=namespace, resource="seldondeployments")
    return [write.user for write in writes if not write.subresource]


def test_a_change_by_hand_is_undone(project: Project, newer: str, rig: Rig):
    place = "/spec/predictors/0/graph/modelUri"
    change = [{"op": "replace", "path": place, "value": "s3://bundles/another/0123456789abcdef"}]
    wanted = project.live("staging")["spec"]
    head, namespace = project.head, project.namespace("staging")

    position = rig.audit.position()
    rig.kubectl.run(
        "patch",
        "seldondeployment/model",
        f"--namespace={namespace}",
        "--type=json",
        f"--patch={json.dumps(change)}",
    )
    rig.kubectl.wait_for(
        "seldondeployment", "model", namespace, lambda found: found["spec"] == wanted, HEALED
    )
    # A write is in the audit log a moment after it is in the object.
    end = time.monotonic() + 10
    while len(writers := _writers(rig, position, namespace)) < 2 and time.monotonic() < end:
        time.sleep(0.1)

    assert writers == ["tests", f"system:serviceaccount:{namespace}:argocd-deployer"]
    assert project.head == head


def test_a_release_that_does_not_start_changes_nothing_for_callers(project: Project, rig: Rig):
    namespace, application = project.namespace("test"), f"/api/v1/applications/{project.slug}-test"
    before, serving = project.live_release("test"), _ready(rig, namespace)
    route = project.live("test", "virtualservice")["spec"]
    bad = project.offer(4, bad=True)

    project.promote("test")
    revision = project.head
    project.refresh("test")
    rig.kubectl.wait_for(
        "deployment",
        f"model-default-0-{project.slug}",
        namespace,
        lambda found: found["status"].get("unavailableReplicas"),
    )
    assert project.live_release("test") == bad
    assert _phase(project.application("test"), revision) == "Running"

    # It waits until the time for a sync is up, unless on call ends it (argocd app terminate-op).
    assert _ask(rig, "DELETE", f"{application}/operation")[0] == 200
    project.wait_application("test", lambda found: _phase(found, revision) == "Failed")
    project.report("test")
    (event,) = project.events("argocd-failed", "test", revision)
    assert _ready(rig, namespace) == serving
    assert project.live("test", "virtualservice")["spec"] == route

    reason = "; ".join(event["failed"]) or event["message"]
    project.make("rollback", ENV="test", REVISION=revision, AUTOMATIC="1", REASON=reason)
    project.deploy("test")
    assert project.live_release("test") == before
    assert _ready(rig, namespace) == serving
    assert project.live("test", "virtualservice")["spec"] == route


# -----------------------------------------------------------------------------------------------


def _deploy(project: Project, *environments: str) -> None:
    """Promote to environments, one after the other, and wait for all of them at once."""
    for environment in environments:
        project.promote(environment)
    for environment in environments:
        project.refresh(environment)
    for environment in environments:
        project.deploy(environment)


def _serve(
    rig: Rig, project: Project, version: str, requests: float = REQUESTS, errors: float = 0.0
) -> None:
    """Let a version of the model answer requests in prod from now on."""
    namespace = project.namespace("prod")
    rig.exporter.serve(namespace, "default", requests=requests, errors=errors, version=version)


def _runs(deployment: dict | None, name: str, image: str) -> bool:
    """Whether all replicas of a Deployment run an image and are available."""
    if not deployment:
        return False
    spec, status = deployment["spec"], deployment["status"]
    images = {each["name"]: each["image"] for each in spec["template"]["spec"]["containers"]}
    return (
        images[name] == image
        and status.get("observedGeneration") == deployment["metadata"]["generation"]
        and status.get("updatedReplicas") == status.get("replicas") == spec["replicas"]
        and status.get("availableReplicas") == spec["replicas"]
    )


def _ready(rig: Rig, namespace: str) -> set[str]:
    """Return the pods that requests can go to."""
    return {
        pod["metadata"]["name"]
        for pod in rig.kubectl.list("pods", namespace)
        if _condition(pod, "Ready") == "True"
    }


def _condition(found: dict, kind: str) -> str | None:
    conditions = found.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == kind), None)


def _phase(application: dict | None, revision: str) -> str | None:
    """Return how the sync of a commit goes, or None before it begins."""
    operation = (application or {}).get("status", {}).get("operationState", {})
    asked = operation.get("operation", {}).get("sync", {}).get("revision")
    return operation.get("phase") if asked == revision else None


def _ask(rig: Rig, method: str, path: str, content: dict | None = None) -> tuple[int, dict]:
    """Send a request to Argo CD's API; return status and answer."""
    request = urllib.request.Request(
        f"{rig.argocd.address}{path}",
        json.dumps(content or {}).encode(),
        {"Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _all_from_dev(text: str) -> str:
    rules = yaml.safe_load(text)
    for environment in rules["environments"][1:]:
        environment |= {"source": "dev", "strategy": "direct"}
    return yaml.safe_dump(rules, sort_keys=False)
