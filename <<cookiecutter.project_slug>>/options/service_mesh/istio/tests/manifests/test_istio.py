"""Istio: which route has the main host, and callers who stay with their variant."""

import combinations
from combinations import Combination
from effects import annotations
from rules import model, named
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
