"""Istio: which route has the main host, and callers who stay with their variant."""

import combinations
from combinations import Combination
from effects import annotations
from rules import model, named, predictors
from test_overlays import settings

EVERYTHING = tuple(combinations.optional_components())


def test_rollout_has_the_main_host(rendered):
    own = settings("prod")["routing"]
    for kind in ("canary", "shadow"):
        for listed in ((), EVERYTHING):
            objects = rendered(Combination("prod", listed, kind, 5 if kind == "canary" else 50))
            assert annotations(model(objects))["seldon.io/istio-host"] == own["host"]
            hosts = [item["spec"]["hosts"] for item in objects if item["kind"] == "VirtualService"]
            assert [own["host"]] not in hosts, "two routes would want the same requests"


def test_callers_of_an_ab_test_stay_with_their_variant(rendered):
    for listed in ((), EVERYTHING):
        objects = rendered(Combination("prod", listed, "ab-test", 50))
        own, namespace = settings("prod")["routing"], model(objects)["metadata"]["namespace"]
        host = annotations(model(objects))["seldon.io/istio-host"]
        assert host == f"model.{namespace}.internal"
        route = named(objects, "VirtualService", "ab-test")["spec"]
        assert (route["hosts"], route["gateways"]) == ([own["host"]], [own["gateway"]])
        rules = {rule["name"]: rule for rule in route["http"]}
        # The promotion tool patches these by their places.
        assert [*rules][:3] == ["rest-challenger", "rest-default", "rest-new"]
        assert [*rules].index("grpc-new") == 5
        for variant in ("default", "challenger"):
            for protocol, port in (("rest", 8000), ("grpc", 5001)):
                (to,) = rules[f"{protocol}-{variant}"]["route"]
                assert to["destination"] == {"host": f"model-{variant}", "port": {"number": port}}
                headers = [match["headers"] for match in rules[f"{protocol}-{variant}"]["match"]]
                assert headers[0]["x-variant"] == {"exact": variant}
            cookie = rules[f"rest-{variant}"]["match"][1]["headers"]["cookie"]["regex"]
            assert f"variant={variant}" in cookie
        for to in rules["rest-new"]["route"]:
            variant = to["destination"]["host"].removeprefix("model-")
            told = to["headers"]["response"]["set"]
            assert told["x-variant"] == variant
            assert told["set-cookie"].startswith(f"variant={variant};")
        prefix = f"/seldon/{namespace}/model/"
        for name, rule in rules.items():
            for match in rule["match"] if name.startswith("rest") else []:
                assert match["uri"]["prefix"] == prefix


def test_traces_are_as_many_as_the_environment_says(rendered):
    for environment in ("dev", "prod"):
        objects = rendered(Combination(environment))
        (tracing,) = named(objects, "Telemetry", "model")["spec"]["tracing"]
        wanted = float(settings(environment)["routing"]["tracedPercentage"])
        # A number: the kind of the object takes no text.
        assert tracing["randomSamplingPercentage"] == wanted
        assert wanted == {"dev": 100, "prod": 1}[environment]
        assert tracing["useRequestIdForTraceSampling"] is False


def test_a_strict_mesh_lets_prometheus_in_and_nobody_else(rendered):
    objects = rendered(Combination("prod"))
    for predictor in predictors(objects).values():
        assert predictor["annotations"]["traffic.sidecar.istio.io/excludeInboundPorts"] == "6000"
    open_ports = named(objects, "PeerAuthentication", "scraping")["spec"]["portLevelMtls"]
    assert open_ports == {"8000": {"mode": "PERMISSIVE"}}
    # What the mesh does not guard, network policies do: by namespace, port by port.
    for item in objects:
        if item["kind"] == "NetworkPolicy":
            for rule in item["spec"].get("ingress", []):
                ports = {port["port"] for port in rule["ports"]}
                assert rule["from"] and (6000 not in ports or "monitoring" in str(rule["from"]))


def test_proxies_are_scraped_with_the_labels_of_the_model(rendered):
    objects = rendered(Combination("prod"))
    own, mesh = (named(objects, "PodMonitor", name)["spec"] for name in ("model", "mesh"))
    assert own["selector"] == mesh["selector"]
    (one,), (other,) = own["podMetricsEndpoints"], mesh["podMetricsEndpoints"]
    assert one["relabelings"] == other["relabelings"]
    policy = named(objects, "NetworkPolicy", "mesh")["spec"]["ingress"]
    assert {"port": 15090, "protocol": "TCP"} in policy[1]["ports"]
