"""What the real Seldon operator makes of our manifests: pods, routes, autoscalers, budgets."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import rendering
from tests.cluster.rig import Rig

SLUG = "operated"
CANDIDATE_IMAGE = "sha256:" + "8" * 64
BAD_IMAGE = "sha256:bad" + "8" * 61
NUMBERS = itertools.count()


class Model:
    """One rendered state of dev after another, in a namespace of its own, without Argo CD."""

    def __init__(self, rig: Rig, rendered: Path, namespace: str) -> None:
        self.rig, self.namespace, self._rendered = rig, namespace, rendered
        rig.kubectl.run("create", "namespace", namespace)

    def state(self, name: str = "") -> list[dict]:
        """Return the objects of `dev<name>`, such as +autoscaling-resource or ~canary-5."""
        text = (self._rendered / f"dev{name}.yaml").read_text(encoding="utf-8")
        text = text.replace(f"{SLUG}-dev", self.namespace)
        documents = yaml.load_all(text, yaml.CSafeLoader)
        # Hooks are Argo CD's.
        return [each for each in documents if each["kind"] != "AnalysisRun"]

    def apply(self, name: str = "", change: Callable[[dict], None] = lambda spec: None) -> None:
        """Apply a state; `change` may alter the spec of its SeldonDeployment."""
        objects = self.state(name)
        (deployment,) = [each for each in objects if each["kind"] == "SeldonDeployment"]
        change(deployment["spec"])
        self.rig.kubectl.apply(*objects)

    def wait(self, kind: str, name: str, condition: Callable[[Any], Any] = bool) -> dict:
        return self.rig.kubectl.wait_for(kind, name, self.namespace, condition)

    def names(self, kind: str) -> list[str]:
        return sorted(each["metadata"]["name"] for each in self.list(kind))

    def list(self, kind: str) -> list[dict]:
        return self.rig.kubectl.list(kind, self.namespace)

    def wait_weights(self, **weights: int) -> dict:
        """Wait until REST requests are split like this; return the VirtualService."""
        return self.wait("virtualservice", "model", lambda found: _weights(found) == weights)


@pytest.fixture(scope="module")
def rendered(template: Path, tmp_path_factory: pytest.TempPathFactory, rig: Rig) -> Path:
    """All combinations of a project that serves from a bucket."""
    folder = tmp_path_factory.mktemp(SLUG)
    project = rendering.bake_plain(template, folder, SLUG, artifact_store="s3")
    return rendering.render_all(project, folder / "rendered")


@pytest.fixture
def model(rig: Rig, rendered: Path):
    """A namespace for one test."""
    model = Model(rig, rendered, f"{SLUG}-{next(NUMBERS)}")
    yield model
    rig.kubectl.delete("namespace", model.namespace, wait=False)


def _weights(service: dict | None) -> dict[str, int]:
    """Return the share of each predictor in the rule for REST requests."""
    if not service:
        return {}
    routes = service["spec"]["http"][0]["route"]
    return {route["destination"]["subset"]: route.get("weight", 0) for route in routes}


def test_traffic_that_does_not_sum_to_100_is_refused(model: Model):
    def change(spec: dict) -> None:
        spec["predictors"][1]["traffic"] = 6

    with pytest.raises(RuntimeError, match="(?i)traffic.*100"):
        model.apply("~canary-5", change)

    assert model.names("seldondeployment") == []


def test_the_container_is_ours(model: Model):
    model.apply()
    deployment = model.wait("deployment", f"model-default-0-{SLUG}")
    pod = deployment["spec"]["template"]["spec"]
    containers = {each["name"]: each for each in pod["containers"]}
    ours, asked = containers[SLUG], _asked(model)
    variables = {each["name"]: each.get("value") for each in ours["env"]}

    assert set(containers) == {SLUG, "seldon-container-engine"}
    assert ours["image"] == asked["image"]
    assert ours["command"] == asked["command"]
    assert ours["resources"] == asked["resources"]
    assert {port["name"]: port["containerPort"] for port in ours["ports"]} == {
        "http": 9000,
        "grpc": 9500,
        "metrics": 6000,
    }
    for probe, path in (
        ("startupProbe", "ready"),
        ("readinessProbe", "ready"),
        ("livenessProbe", "live"),
    ):
        assert ours[probe]["httpGet"]["path"] == f"/v2/health/{path}"
        assert ours[probe]["httpGet"]["port"] == "http"
    assert (
        variables
        | {
            "MLSERVER_HTTP_PORT": "9000",
            "MLSERVER_GRPC_PORT": "9500",
            "MLSERVER_MODEL_NAME": SLUG,
            "MLSERVER_MODEL_URI": "/mnt/models",
        }
        == variables
    )
    assert "preStop" not in ours.get("lifecycle", {})
    assert pod["serviceAccountName"] == "model"
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_the_bundle_is_fetched_before_the_start(model: Model):
    model.apply()
    deployment = model.wait("deployment", f"model-default-0-{SLUG}")
    (fetch,) = deployment["spec"]["template"]["spec"]["initContainers"]

    assert any(argument.startswith("s3://bundles/") for argument in fetch["args"])
    assert {"secretRef": {"name": "bundle-store"}} in fetch["envFrom"]


def test_pods_carry_release_and_predictor(model: Model):
    model.apply("~canary-5")
    model.wait_weights(default=95, canary=5)

    labels = {pod["metadata"]["labels"]["mlops/predictor"]: pod for pod in model.list("pods")}
    (wanted,) = [each for each in model.state("~canary-5") if each["kind"] == "SeldonDeployment"]

    for predictor in wanted["spec"]["predictors"]:
        pod = labels[predictor["name"]]["metadata"]
        assert pod["labels"]["mlops/release"] == predictor["labels"]["mlops/release"]
        assert pod["annotations"]["version"] == predictor["annotations"]["version"]


def test_routes_are_those_of_git(model: Model):
    model.apply("~canary-5")
    service = model.wait_weights(default=95, canary=5)["spec"]

    (rule, *_) = service["http"]
    assert rule["match"][0]["uri"]["prefix"] == f"/seldon/{model.namespace}/model/"
    assert service["hosts"] == [f"{SLUG}.dev.example.com"]
    assert service["gateways"] == ["istio-system/seldon-gateway"]
    for predictor in ("default", "canary"):
        destination = model.wait("destinationrule", f"model-{predictor}")["spec"]
        assert destination["host"].startswith(f"model-{predictor}.{model.namespace}")
        assert [subset["name"] for subset in destination["subsets"]] == [predictor]
        assert model.wait("service", f"model-{predictor}")["spec"]["ports"][0]["port"] == 8000


def test_a_change_of_weights_restarts_nothing(model: Model):
    model.apply("~canary-5")
    model.wait_weights(default=95, canary=5)
    before = {pod["metadata"]["uid"] for pod in model.list("pods")}
    templates = {each["metadata"]["name"]: each["spec"] for each in model.list("deployments")}

    model.apply("~canary-100")
    model.wait_weights(default=0, canary=100)

    assert {pod["metadata"]["uid"] for pod in model.list("pods")} == before
    assert {
        each["metadata"]["name"]: each["spec"] for each in model.list("deployments")
    } == templates


def test_a_canary_that_is_removed_leaves_no_route(model: Model):
    model.apply("~canary-5")
    model.wait_weights(default=95, canary=5)

    model.apply()
    model.wait_weights(default=100)
    model.wait("deployment", f"model-canary-0-{SLUG}", lambda found: found is None)
    model.wait("service", "model-canary", lambda found: found is None)

    assert model.names("poddisruptionbudget") == [f"model-default-0-{SLUG}"]


def test_a_canary_that_does_not_get_ready_gets_no_requests(model: Model):
    def change(spec: dict) -> None:
        container = spec["predictors"][1]["componentSpecs"][0]["spec"]["containers"][0]
        container["image"] = container["image"].replace(CANDIDATE_IMAGE, BAD_IMAGE)

    model.apply()
    model.wait_weights(default=100)
    model.apply("~canary-5", change)
    model.wait(
        "deployment",
        f"model-canary-0-{SLUG}",
        lambda found: found and found["status"].get("unavailableReplicas") == 1,
    )
    model.wait("seldondeployment", "model", lambda found: found["status"]["state"] == "Creating")

    assert _weights(model.wait("virtualservice", "model")) == {"default": 100}


def test_a_shadow_gets_copies_and_answers_nobody(model: Model):
    model.apply("~shadow-50")
    service = model.wait(
        "virtualservice", "model", lambda found: found and "mirror" in found["spec"]["http"][0]
    )
    rule = service["spec"]["http"][0]

    assert _weights(service) == {"default": 100}
    assert rule["mirror"]["subset"] == "shadow"
    assert rule["mirrorPercentage"]["value"] == 50


def test_an_autoscaler_by_resources(model: Model):
    model.apply("+autoscaling-resource")
    scaler = model.wait("horizontalpodautoscaler", f"model-default-0-{SLUG}")["spec"]

    assert scaler["scaleTargetRef"]["name"] == f"model-default-0-{SLUG}"
    assert {each["resource"]["name"] for each in scaler["metrics"]} == {"cpu", "memory"}
    assert 1 <= scaler["minReplicas"] <= scaler["maxReplicas"]


def test_an_autoscaler_by_requests_and_the_clock(model: Model):
    model.apply("+autoscaling-metrics")
    scaled = model.wait("scaledobject", f"model-default-0-{SLUG}")["spec"]
    triggers = {each["type"]: each["metadata"] for each in scaled["triggers"]}

    assert scaled["scaleTargetRef"]["name"] == f"model-default-0-{SLUG}"
    assert scaled["minReplicaCount"] >= 1
    assert "idleReplicaCount" not in scaled
    assert triggers["cron"]["timezone"] == "Etc/UTC"
    assert model.names("horizontalpodautoscaler") == []


def test_the_query_for_scaling_counts_the_requests_of_the_default_predictor(model: Model):
    model.rig.exporter.serve(model.namespace, "default", requests=40)
    model.rig.exporter.serve(model.namespace, "canary", requests=4000)
    (deployment,) = [
        each for each in model.state("+autoscaling-metrics") if each["kind"] == "SeldonDeployment"
    ]
    scaling = deployment["spec"]["predictors"][0]["componentSpecs"][0]["kedaSpec"]
    (query,) = [
        each["metadata"]["query"] for each in scaling["triggers"] if each["type"] == "prometheus"
    ]

    # It looks back for two minutes and so is on its way to 40.
    assert 1 < model.rig.prometheus.wait_for(query, lambda value: value > 1) < 41
    model.rig.exporter.clear(model.namespace)


def test_one_budget_covers_the_pods_of_all_predictors(model: Model):
    model.apply("~canary-5")
    model.wait_weights(default=95, canary=5)
    (budget,) = model.list("poddisruptionbudgets")
    pods = model.rig.kubectl.list("pods", model.namespace, "seldon-deployment-id=model")

    assert budget["metadata"]["name"] == f"model-default-0-{SLUG}"
    assert budget["spec"]["selector"]["matchLabels"] == {"seldon-deployment-id": "model"}
    assert len(pods) == 2


def _asked(model: Model) -> dict:
    """Return our container as it stands in git."""
    (deployment,) = [each for each in model.state() if each["kind"] == "SeldonDeployment"]
    return deployment["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"][0]
