"""Linkerd: weights of its route, and when the route changes."""

from combinations import Combination
from effects import annotations
from rules import model, named, predictors


def test_route_has_the_weights(rendered):
    objects = rendered(Combination("prod", (), "canary", 5))
    route = named(objects, "HTTPRoute", "model")
    assert route["spec"]["rules"][0]["backendRefs"] == [
        {"kind": "Service", "name": "model", "port": 8000, "weight": 95},
        {"kind": "Service", "name": "model-canary", "port": 8000, "weight": 5},
    ]
    waves = [wave(item) for item in (model(objects), route)]
    assert waves == sorted(set(waves)), "the route would lead to a predictor that is not ready"
    after = rendered(Combination("prod"))
    assert wave(named(after, "HTTPRoute", "model")) < wave(model(after)), (
        "the route would lead to a predictor that is gone"
    )


def wave(item: dict) -> int:
    return int(annotations(item)["argocd.argoproj.io/sync-wave"])


def test_proxies_are_scraped_and_write_what_they_saw(rendered):
    objects = rendered(Combination("prod"))
    for predictor in predictors(objects).values():
        assert predictor["annotations"]["config.linkerd.io/access-log"] == "json"
        assert predictor["annotations"]["config.linkerd.io/skip-inbound-ports"] == "6000"
    own, mesh = (named(objects, "PodMonitor", name)["spec"] for name in ("model", "mesh"))
    assert own["selector"] == mesh["selector"]
    (one,), (other,) = own["podMetricsEndpoints"], mesh["podMetricsEndpoints"]
    assert [item for item in other["relabelings"] if item["targetLabel"] != "deployment"] == (
        one["relabelings"]
    )
