"""What each component does to the rendered objects: one function each, by the component's name."""

from collections.abc import Callable

import combinations
import yaml
from rules import model, named, predictors

ANSWERS = yaml.safe_load((combinations.ROOT / ".cookiecutter.yaml").read_text("utf-8"))
STORE = ANSWERS["default_context"]["artifact_store"]
RULES = yaml.safe_load((combinations.ROOT / "gitops/environments.yaml").read_text("utf-8"))
MESH = RULES["mesh"]
Effect = Callable[[list[dict], dict[str, dict[str, str]]], None]


def default(objects: list[dict]) -> dict:
    return predictors(objects)["default"]


def annotations(item: dict) -> dict[str, str]:
    return item["metadata"].get("annotations", {})


def release(objects, settings):
    assert default(objects)["labels"]["mlops/release"].startswith("v7-")


def environment(objects, settings):
    assert default(objects)["labels"]["mlops/environment"] == settings["environment"]["name"]


def bundle_store(objects, settings):
    secret = default(objects)["graph"].get("envSecretRefName")
    assert secret == (None if STORE == "local" else "bundle-store")


def verification(objects, settings):
    run, own = named(objects, "AnalysisRun", "verification"), settings["analysis"]
    assert annotations(run)["argocd.argoproj.io/hook"] == "PostSync"
    assert annotations(run)["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
    arguments = {item["name"]: item["value"] for item in run["spec"]["args"]}
    assert f'namespace="{run["metadata"]["namespace"]}"' in arguments["series"]
    assert arguments["version"] == default(objects)["annotations"]["version"]
    assert arguments["prometheus"] == settings["environment"]["prometheus"]
    assert arguments["minimum-requests"] == own["minimumRequests"]
    assert arguments["maximum-error-ratio"] == own["maximumErrorRatio"]
    names = [metric["name"] for metric in run["spec"]["metrics"]]
    assert names == ["requests", "error-ratio", "p95-seconds"]
    for metric in run["spec"]["metrics"]:
        assert 'predictor_name="default"' in metric["provider"]["prometheus"]["query"]


def autoscaling_resource(objects, settings):
    spec = default(objects)["componentSpecs"][0]["hpaSpec"]
    assert spec["minReplicas"] == int(settings["scaling"]["minReplicas"]) >= 1
    assert spec["maxReplicas"] == int(settings["scaling"]["maxReplicas"]) > spec["minReplicas"]
    measured = [metric["resource"]["name"] for metric in spec["metricsv2"]]
    assert measured == ["cpu", "memory"]


def autoscaling_metrics(objects, settings):
    spec, own = default(objects)["componentSpecs"][0]["kedaSpec"], settings["scaling"]
    assert spec["minReplicaCount"] == spec["fallback"]["replicas"] == int(own["minReplicas"]) >= 1
    assert spec["maxReplicaCount"] == int(own["maxReplicas"])
    requests, hours = spec["triggers"]
    namespace = model(objects)["metadata"]["namespace"]
    assert requests["metadata"] == {
        "serverAddress": settings["environment"]["prometheus"],
        "query": "sum(rate(seldon_api_executor_server_requests_seconds_count{"
        f'namespace="{namespace}",deployment_name="model",predictor_name="default"'
        "}[2m]))",
        "threshold": own["requestsPerReplica"],
    }
    assert hours["type"] == "cron"
    assert hours["metadata"] == {
        "timezone": own["timeZone"],
        "start": own["workStart"],
        "end": own["workEnd"],
        "desiredReplicas": own["workReplicas"],
    }


def external_secrets(objects, settings):
    own = settings["secrets"]
    store = named(objects, "SecretStore", "secrets")["spec"]["provider"]["vault"]
    assert (store["server"], store["path"]) == (own["server"], own["path"])
    # Nobody's but this environment's.
    assert store["auth"]["kubernetes"]["role"] == own["role"]
    assert own["role"].endswith(settings["environment"]["name"])
    secret = named(objects, "ExternalSecret", "bundle-store")
    assert secret["spec"]["target"]["name"] == "bundle-store"
    assert secret["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": "secrets"}
    assert secret["spec"]["dataFrom"] == [{"extract": {"key": own["bundleStore"]}}]
    waves = [
        int(annotations(item)["argocd.argoproj.io/sync-wave"])
        for item in (named(objects, "SecretStore", "secrets"), secret, model(objects))
    ]
    assert waves == sorted(set(waves))


def mesh(objects, settings):
    service = named(objects, "Service", "model")
    assert {port["port"] for port in service["spec"]["ports"]} == {8000, 5001}
    if MESH == "none":
        assert {item["kind"] for item in objects} & {"VirtualService", "HTTPRoute"} == set()
        return
    named(objects, "NetworkPolicy", "mesh")
    predictor = default(objects)
    if MESH == "istio":
        own, given = settings["routing"], annotations(model(objects))
        steady = [item for item in objects if item["metadata"]["name"] == "steady"]
        assert given["seldon.io/istio-gateway"] == own["gateway"]
        assert steady or given["seldon.io/istio-host"] == own["host"]
        assert predictor["labels"]["sidecar.istio.io/inject"] == "true"
        return
    assert predictor["annotations"]["linkerd.io/inject"] == "enabled"
    route = named(objects, "HTTPRoute", "model")["spec"]
    assert route["parentRefs"][0]["name"] == "model"
    assert route["rules"][0]["backendRefs"] == [
        {"kind": "Service", "name": "model", "port": 8000, "weight": 100}
    ]


def header_routing(objects, settings):
    if MESH == "istio":
        route = named(objects, "VirtualService", "header-routing")["spec"]
        # Not the host of the operator's route, whose rules would come first.
        assert route["hosts"] == [settings["routing"]["previewHost"]]
        assert route["hosts"] != [settings["routing"]["host"]]
        assert route["gateways"] == [settings["routing"]["gateway"]]
        assert [rule["name"] for rule in route["http"]] == ["grpc", "rest"]
        return
    (rule,) = named(objects, "HTTPRoute", "header-routing")["spec"]["rules"]
    assert rule["matches"] == [{"headers": [{"name": "x-predictor", "value": "default"}]}]
    assert rule["backendRefs"][0]["name"] == "model"


def retries(objects, settings):
    own = settings["routing"]
    if MESH == "istio":
        given = annotations(model(objects))
        assert given["seldon.io/istio-retries"] == own["retries"]
        assert given["seldon.io/istio-retries-timeout"] == own["secondsPerTry"]
        for rule in _rules(objects, "VirtualService"):
            assert rule["retries"]["attempts"] == int(own["retries"])
            assert rule["retries"]["perTryTimeout"] == f"{own['secondsPerTry']}s"
        return
    for item in _routes(objects):
        assert annotations(item)["retry.linkerd.io/limit"] == own["retries"]
        assert annotations(item)["retry.linkerd.io/timeout"] == own["timePerTry"]


def timeouts(objects, settings):
    own, spec = settings["routing"], model(objects)["spec"]
    limit = own["modelTimeoutMilliseconds"]
    assert spec["annotations"] == {
        "seldon.io/rest-timeout": limit,
        "seldon.io/grpc-timeout": limit,
    }
    for rule in _rules(objects, "VirtualService"):
        assert rule["timeout"] == own["routeTimeout"]
    if MESH == "linkerd":
        for item in _routes(objects):
            assert annotations(item)["timeout.linkerd.io/request"] == own["routeTimeout"]


def outlier_ejection(objects, settings):
    own = settings["routing"]
    if MESH == "linkerd":
        given = annotations(named(objects, "Service", "model"))
        prefix = "balancer.linkerd.io/failure-accrual"
        assert given[prefix] == "consecutive"
        assert given[f"{prefix}-consecutive-max-failures"] == own["failuresBeforeEjection"]
        return
    rule = named(objects, "DestinationRule", "model-pods")["spec"]
    ejection = rule["trafficPolicy"]["outlierDetection"]
    assert rule["host"] == "model"
    assert ejection["consecutive5xxErrors"] == int(own["failuresBeforeEjection"])
    steady = named(objects, "VirtualService", "steady")["spec"]
    assert steady["hosts"] == [own["host"]]
    hosts = {to["destination"]["host"] for http in steady["http"] for to in http["route"]}
    assert hosts == {"model"}
    # The operator's route, which knows nothing of it, is on another host.
    namespace = model(objects)["metadata"]["namespace"]
    host = annotations(model(objects))["seldon.io/istio-host"]
    assert host == f"model.{namespace}.internal"


def _rules(objects: list[dict], kind: str) -> list[dict]:
    return [rule for item in objects if item["kind"] == kind for rule in item["spec"]["http"]]


def _routes(objects: list[dict]) -> list[dict]:
    routes = [item for item in objects if item["kind"] == "HTTPRoute"]
    assert routes
    return [*routes, named(objects, "Service", "model")]


EFFECTS: dict[str, Effect] = {
    "release": release,
    "environment": environment,
    "bundle-store": bundle_store,
    "verification": verification,
    "autoscaling-resource": autoscaling_resource,
    "autoscaling-metrics": autoscaling_metrics,
    "external-secrets": external_secrets,
    "mesh": mesh,
    "header-routing": header_routing,
    "retries": retries,
    "timeouts": timeouts,
    "outlier-ejection": outlier_ejection,
}
