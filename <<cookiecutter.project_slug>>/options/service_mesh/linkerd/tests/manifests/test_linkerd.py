"""Linkerd: weights of its route, and when the route changes."""

from combinations import Combination
from effects import annotations
from rules import model, named


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
