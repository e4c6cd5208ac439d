"""A canary on real controllers: each merge moves weights, a measurement decides what comes next."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.cluster.project import Project
from tests.cluster.rig import Rig

STEPS = (5, 25, 50, 100)
REQUESTS = 1000  # a second, over both predictors
SCALED = 5
# How the autoscaler, which does not run here, writes.
AUTOSCALER = {"field-manager": "kube-controller-manager", "subresource": "scale"}


@dataclass
class Step:
    """What was seen after one merge, once Argo CD was done with it."""

    weight: int
    in_git: dict[str, int]
    in_mesh: dict[str, int]
    analysis: dict
    deployments: dict[str, dict]
    pods: set[str]
    writes: list
    advanced: list[str]
    opened: list[dict]


@dataclass
class Canary:
    """A whole canary as it went."""

    before: str
    release: str
    steps: list[Step] = field(default_factory=list)


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project], rig: Rig) -> Project:
    """Three environments take releases from dev, each by a canary, so that no test waits for one.

    The rules of staging are those of prod, and the rules of test those of dev.
    """
    project = make_project("tried")
    rules = "gitops/overlays/{}/settings/analysis.yaml"
    files = {
        "gitops/environments.yaml": _all_by_canary,
        rules.format("staging"): project.read(rules.format("prod")),
        rules.format("test"): project.read(rules.format("dev")),
    }
    project.commit(files, "Canaries in all environments")
    project.offer(1)
    for environment in ("test", "staging", "prod"):
        project.promote(environment)
    _wait_together(project, "test", "staging", "prod")
    return project


@pytest.fixture(scope="module")
def canary(project: Project, rig: Rig) -> Canary:
    """A good release that takes all traffic of prod, while the autoscaler is at work."""
    canary = Canary(project.released("prod"), project.offer(2))
    _serve(rig, project, "prod", STEPS[0])
    project.promote("prod")
    for weight in STEPS:
        _serve(rig, project, "prod", weight)
        canary.steps.append(_follow(rig, project, "prod", weight))
        if weight == STEPS[0]:
            # By the clock of a busy day it comes in the middle of a canary.
            rig.kubectl.patch(
                "deployment",
                f"model-default-0-{project.slug}",
                {"spec": {"replicas": SCALED}},
                project.namespace("prod"),
                **AUTOSCALER,
            )
        action = "finish" if weight == STEPS[-1] else "step"
        project.run("canary", action, "--env", "prod", "--merge")
    rig.exporter.serve(project.namespace("prod"), "default", requests=REQUESTS, version="v2")
    project.deploy("prod")
    return canary


def test_weights_are_those_of_git(canary: Canary):
    wanted = [{"default": 100 - weight, "canary": weight} for weight in STEPS]

    assert [step.in_git for step in canary.steps] == wanted
    assert [step.in_mesh for step in canary.steps] == wanted


def test_each_step_is_measured_anew(canary: Canary):
    runs = [step.analysis for step in canary.steps]

    assert [run["status"]["phase"] for run in runs] == ["Successful"] * len(STEPS)
    assert {run["metadata"]["labels"]["mlops/release"] for run in runs} == {canary.release}
    assert len({run["metadata"]["uid"] for run in runs}) == len(STEPS)
    for run in runs:
        for result in run["status"]["metricResults"]:
            values = [each["value"] for each in result["measurements"]]
            # With all of the traffic at the canary there is no default to compare it with.
            assert "[]" not in values or result["name"].endswith("against-default"), result


def test_the_next_step_is_opened_once(canary: Canary):
    for step, following in zip(canary.steps, (*STEPS[1:], None), strict=True):
        first, second = step.advanced
        (pull,) = step.opened
        title = f"to {following} %" if following else "Finish the canary"

        assert title in pull["title"]
        assert canary.release in pull["title"]
        assert pull["url"] in first
        assert f"open already: {pull['url']}" in second


def test_a_step_moves_weights_and_nothing_else(canary: Canary):
    first, *others = canary.steps
    for step in others:
        changed = {
            name
            for name, spec in step.deployments.items()
            if spec["template"] != first.deployments[name]["template"]
        }
        assert changed == set()
        assert first.pods <= step.pods


def test_the_autoscaler_is_left_alone(canary: Canary, project: Project):
    name = f"model-default-0-{project.slug}"
    first, *others = canary.steps

    assert first.deployments[name]["replicas"] != SCALED
    assert [write for write in first.writes if write.resource == "deployments"] != []
    assert [step.deployments[name]["replicas"] for step in others] == [SCALED] * len(others)
    for step in others:
        assert [write for write in step.writes if write.resource == "deployments"] == []


def test_at_the_end_the_release_stays(canary: Canary, project: Project, rig: Rig):
    namespace = project.namespace("prod")
    deployment = rig.kubectl.get("deployment", f"model-default-0-{project.slug}", namespace)
    (predictor,) = project.live("prod")["spec"]["predictors"]

    assert project.released("prod") == project.live_release("prod") == canary.release
    assert predictor["labels"]["mlops/release"] == canary.release
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels["mlops/release"] == canary.release
    assert deployment["status"]["availableReplicas"] == SCALED
    assert _weights(project, "prod") == {"default": 100}
    assert _named(project, "prod", "canary") == []
    assert project.read("gitops/overlays/prod/rollout/state.yaml") is None


@pytest.fixture(scope="module")
def unmeasured(project: Project, canary: Canary) -> str:
    """A release that has 5 % of staging and of test, where nobody calls it."""
    release = project.offer(3)
    for environment in ("staging", "test"):
        project.promote(environment)
    for environment in ("staging", "test"):
        project.refresh(environment)
    return release


def test_without_requests_a_strict_environment_does_not_go_on(project: Project, unmeasured: str):
    failed = _wait_failed(project, "staging")
    run = project.live("staging", "analysisrun", "candidate-analysis")
    last = {each["name"]: each["measurements"][-1] for each in run["status"]["metricResults"]}

    assert run["metadata"]["labels"]["mlops/release"] == unmeasured
    assert run["status"]["phase"] == "Failed"
    # Each of them stands for itself: no data is not taken for a good value.
    for name, value in {"requests": "[0]", "error-ratio": "[]", "p95-seconds": "[]"}.items():
        assert (last[name]["value"], last[name]["phase"]) == (value, "Failed")
    assert project.report("staging") == "failure"
    assert project.events("argocd-deployed", "staging", failed, seconds=0) == []
    said = project.make("canary-step", ENV="staging", AUTOMATIC="1")
    assert "nothing to do: staging is not known to be healthy (failure)" in said
    assert _weights(project, "staging") == {"default": 95, "canary": 5}


def test_without_requests_a_tolerant_environment_goes_on(project: Project, unmeasured: str):
    project.deploy("test")
    run = project.live("test", "analysisrun", "candidate-analysis")

    assert run["metadata"]["labels"]["mlops/release"] == unmeasured
    assert run["status"]["phase"] == "Successful"
    assert _weights(project, "test") == {"default": 95, "canary": 5}


@dataclass
class Failure:
    """A canary that failed at 25 %, and what the workflow for it did."""

    release: str
    revision: str
    weights: dict[str, int]
    answers: list[str]


@pytest.fixture(scope="module")
def failure(project: Project, rig: Rig, unmeasured: str) -> Failure:
    """The same release in test, which fails a fifth of its requests from 25 % on."""
    project.deploy("test")
    _serve(rig, project, "test", 25, errors=0.2)
    # Here a pull request is merged by itself as soon as its rules are kept.
    project.make("advance", ENV="test", REVISION=project.head)
    revision = _wait_failed(project, "test")
    weights = _weights(project, "test")
    project.report("test")
    (event,) = project.events("argocd-failed", "test", revision)
    variables = {
        "ENV": event["environment"],
        "REVISION": event["revision"],
        "REASON": "; ".join(event["failed"]),
        "AUTOMATIC": "1",
    }
    # As .github/workflows/rollback.yaml, for a notification that comes twice.
    answers = [project.make("rollback", **variables) for _ in range(2)]
    _serve(rig, project, "test", 0)
    project.deploy("test")
    return Failure(unmeasured, revision, weights, answers)


def test_a_canary_that_fails_is_taken_back_by_one_pull_request(project: Project, failure: Failure):
    (pull,) = [each for each in project.pull_requests() if each["branch"].startswith("abort/test/")]
    first, second = failure.answers

    assert failure.weights == {"default": 75, "canary": 25}
    assert f"merged: Abort the canary of {failure.release} in test" in first
    assert "nothing to do" in second
    assert pull["state"] == "merged"
    assert "automatic-rollback" in pull["labels"]
    assert [
        each for each in project.pull_requests() if each["branch"].startswith("rollback/")
    ] == []


def test_the_pull_request_names_query_and_value(project: Project, failure: Failure):
    (pull,) = [each for each in project.pull_requests() if each["branch"].startswith("abort/test/")]
    (entry,) = yaml.safe_load(project.read("gitops/blocked.yaml"))["blocked"]
    query = "sum(rate(seldon_api_executor_server_requests_seconds_count{"

    for text in (pull["body"], entry["reason"]):
        # Both ratios fail, and Argo Rollouts names one of them.
        found = re.search(r"error-ratio(-against-default)? was \[(0\.\d+)\] by the query", text)
        assert found and float(found[2]) == pytest.approx(0.2, abs=1e-4)
        assert query in text
        assert 'predictor_name="canary"' in text


def test_all_requests_go_to_the_release_that_was_there(project: Project, failure: Failure):
    assert _weights(project, "test") == {"default": 100}
    assert _named(project, "test", "canary") == []
    assert project.live_release("test") == project.released("test") != failure.release
    assert project.read("gitops/overlays/test/rollout/state.yaml") is None


def test_a_release_that_failed_is_promoted_nowhere(project: Project, failure: Failure):
    (entry,) = yaml.safe_load(project.read("gitops/blocked.yaml"))["blocked"]
    answer = project.run("promote", "--to", "prod", check=False)

    assert entry["release"] == failure.release == project.released("dev")
    assert answer.returncode != 0
    assert f"{failure.release} is blocked since" in answer.stderr
    assert project.live_release("prod") != failure.release


def test_a_person_ends_a_canary_with_the_report_of_its_analysis(
    project: Project, failure: Failure, tmp_path: Path
):
    file = tmp_path / "run.json"
    file.write_text(json.dumps(project.live("staging", "analysisrun", "candidate-analysis")))

    project.make("canary-abort", ENV="staging", ANALYSIS_RUN=str(file))
    project.deploy("staging")

    (pull,) = [each for each in project.pull_requests() if each["branch"].startswith("abort/stag")]
    assert "Reason: `requests: Failed, value 0; required result[0] >= 50" in pull["body"]
    assert 'predictor_name="canary"' in pull["body"]
    assert _weights(project, "staging") == {"default": 100}
    assert _named(project, "staging", "canary") == []


# -----------------------------------------------------------------------------------------------


def _follow(rig: Rig, project: Project, environment: str, weight: int) -> Step:
    """Wait for a step as Argo CD's notification tells it, and do what its workflow does."""
    start = rig.audit.position()
    namespace, head = project.namespace(environment), project.head
    project.deploy(environment)
    (event,) = project.events("argocd-deployed", environment, head)
    variables = {"ENV": event["environment"], "REVISION": event["revision"]}
    # Notifications may come twice.
    advanced = [project.make("advance", **variables) for _ in range(2)]
    traffic = yaml.safe_load(project.read(f"gitops/overlays/{environment}/rollout/traffic.yaml"))
    return Step(
        weight,
        dict(zip(("default", "canary"), (change["value"] for change in traffic), strict=True)),
        _weights(project, environment),
        project.live(environment, "analysisrun", "candidate-analysis"),
        {
            each["metadata"]["name"]: each["spec"]
            for each in rig.kubectl.list("deployments", namespace)
        },
        {each["metadata"]["uid"] for each in rig.kubectl.list("pods", namespace)},
        rig.audit.writes(start, namespace=namespace),
        advanced,
        [
            pull
            for pull in project.pull_requests()
            if pull["state"] == "open" and f"/{environment}/" in pull["branch"]
        ],
    )


def _wait_together(project: Project, *environments: str) -> None:
    """Wait until environments run main; they start at once."""
    for environment in environments:
        project.refresh(environment)
    for environment in environments:
        project.wait_synced(environment)


def _serve(rig: Rig, project: Project, environment: str, weight: int, **canary: float) -> None:
    """Let both predictors answer their shares of the requests from now on."""
    shares = {"default": 100 - weight, "canary": weight}
    for predictor, share in shares.items():
        values = canary if predictor == "canary" else {}
        requests = REQUESTS * share / 100
        rig.exporter.serve(project.namespace(environment), predictor, requests=requests, **values)


def _weights(project: Project, environment: str) -> dict[str, int]:
    """Return the share of each predictor in the live route."""
    routes = project.live(environment, "virtualservice")["spec"]["http"][0]["route"]
    return {route["destination"]["subset"]: route.get("weight", 0) for route in routes}


def _named(project: Project, environment: str, part: str) -> list[str]:
    """Return what serves or routes requests and has `part` in its name."""
    return [
        f"{kind}/{each['metadata']['name']}"
        for kind in ("deployments", "services", "virtualservices", "pods")
        for each in project.rig.kubectl.list(kind, project.namespace(environment))
        if part in each["metadata"]["name"]
    ]


def _all_by_canary(text: str) -> str:
    rules = yaml.safe_load(text)
    for environment in rules["environments"][1:]:
        environment |= {"source": "dev", "strategy": "canary"}
    return yaml.safe_dump(rules, sort_keys=False)


def _wait_failed(project: Project, environment: str) -> str:
    """Wait until Argo CD has given up on main; return the commit."""
    head = project.head
    project.refresh(environment)

    def failed(found: dict | None) -> bool:
        operation = (found or {}).get("status", {}).get("operationState", {})
        revision = operation.get("syncResult", {}).get("revision")
        return revision == head and operation["phase"] == "Failed"

    project.wait_application(environment, failed)
    return head
