"""Canary, A/B test and shadow: a second predictor that is like the first but for its release."""

import copy as copying

import combinations
import pytest
from combinations import ENVIRONMENTS, ROLLOUTS, Combination, example_release
from effects import MESH, annotations
from rules import named, pod, predictors
from test_overlays import settings

KINDS = combinations.possible_rollouts()
EVERYTHING = tuple(combinations.optional_components())


def states(kind: str, environment: str) -> list[Combination]:
    return [
        Combination(environment, listed, kind, weight)
        for listed in ((), EVERYTHING)
        for weight in ((5, 100) if kind == "canary" else (50,))
    ]


def test_kinds_are_those_of_the_mesh():
    expected = {"istio": ["canary", "ab-test", "shadow"], "linkerd": ["canary"], "none": []}
    assert expected[MESH] == KINDS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_candidate_differs_from_default_by_its_release_only(kind, environment, rendered):
    release = example_release(8)
    for state in states(kind, environment):
        objects = rendered(state)
        default, candidate = predictors(objects).values()
        assert candidate["name"] == ROLLOUTS[kind]
        container = pod(candidate)["containers"][0]
        variables = {item["name"]: item["value"] for item in container["env"]}
        assert candidate["labels"]["mlops/release"] == release.id
        assert candidate["annotations"]["version"] == release.model_version
        assert candidate["graph"]["modelUri"] == release.bundle_uri
        assert variables["SERVING_BUNDLE_DIGEST"] == release.bundle_digest
        assert container["image"] == release.image
        assert candidate["replicas"] == int(settings(environment)["scaling"]["candidateReplicas"])
        alike = copying.deepcopy(pod(candidate))
        alike["containers"][0]["image"] = pod(default)["containers"][0]["image"]
        alike["containers"][0]["env"] = pod(default)["containers"][0]["env"]
        assert alike == pod(default)
        assert candidate["svcOrchSpec"] == default["svcOrchSpec"]
        assert {*candidate["labels"]} == {*default["labels"]}
        assert default["labels"]["mlops/release"] == example_release(7).id


@pytest.mark.parametrize("kind", KINDS)
def test_traffic_is_shared_as_the_rollout_says(kind, rendered):
    for state in states(kind, "prod"):
        objects = rendered(state)
        default, candidate = predictors(objects).values()
        if kind == "shadow":
            assert (default["traffic"], candidate["traffic"]) == (100, state.weight)
            assert candidate["shadow"] is True
        else:
            shares = (default["traffic"], candidate["traffic"])
            assert shares == (100 - state.weight, state.weight)
            assert "shadow" not in candidate
        for weights in route_weights(objects):
            assert weights == [100 - state.weight, state.weight]


def route_weights(objects: list[dict]) -> list[list[int]]:
    """Weights of the mesh's own routes that share traffic: default first."""
    found = []
    for item in objects:
        if item["kind"] == "VirtualService":
            found += [rule["route"] for rule in item["spec"]["http"]]
        elif item["kind"] == "HTTPRoute":
            found += [rule["backendRefs"] for rule in item["spec"]["rules"]]
    return [[to["weight"] for to in route] for route in found if len(route) > 1]


def test_only_weights_change_in_a_step(rendered):
    before, after = (
        copying.deepcopy(rendered(Combination("prod", EVERYTHING, "canary", weight)))
        for weight in (5, 100)
    )
    for objects in (before, after):
        for predictor in predictors(objects).values():
            del predictor["traffic"]
        for item in objects:
            for rule in item["spec"].get("rules", []) if item["kind"] == "HTTPRoute" else []:
                for to in rule["backendRefs"]:
                    to.pop("weight", None)
    assert before == after


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_candidate_is_analysed_and_nothing_else(kind, environment, rendered):
    own = settings(environment)["analysis"]
    for state in states(kind, environment):
        objects = rendered(state)
        (run,) = [item for item in objects if item["kind"] == "AnalysisRun"]
        assert run["metadata"]["name"] == "candidate-analysis"
        assert run["metadata"]["labels"]["mlops/release"] == example_release(8).id
        assert annotations(run)["argocd.argoproj.io/hook"] == "PostSync"
        assert annotations(run)["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
        arguments = {item["name"]: item["value"] for item in run["spec"]["args"]}
        assert arguments["candidate"] == ROLLOUTS[kind]
        assert arguments["minimum-requests"] == own["minimumCandidateRequests"]
        assert arguments["maximum-p95-ratio"] == own["maximumP95Ratio"]
        assert f'namespace="{run["metadata"]["namespace"]}"' in arguments["series"]
        queries = {
            metric["name"]: metric["provider"]["prometheus"]["query"]
            for metric in run["spec"]["metrics"]
        }
        assert [*queries] == [
            "requests",
            "error-ratio",
            "p95-seconds",
            "error-ratio-against-default",
            "p95-against-default",
        ]
        for name, query in queries.items():
            assert 'predictor_name="{{args.candidate}}"' in query
            assert ('predictor_name="default"' in query) == name.endswith("against-default")


@pytest.mark.parametrize("kind", KINDS)
def test_header_reaches_the_candidate(kind, rendered):
    objects = rendered(Combination("prod", EVERYTHING, kind, 5 if kind == "canary" else 50))
    name = ROLLOUTS[kind]
    if MESH == "istio":
        rules = named(objects, "VirtualService", "header-routing")["spec"]["http"]
        for rule, port in zip(rules[:2], (5001, 8000), strict=True):
            assert rule["match"][0]["headers"]["x-predictor"] == {"exact": name}
            (to,) = rule["route"]
            assert to["destination"] == {"host": f"model-{name}", "port": {"number": port}}
        return
    rule = named(objects, "HTTPRoute", "header-routing")["spec"]["rules"][0]
    assert rule["matches"] == [{"headers": [{"name": "x-predictor", "value": name}]}]
    assert rule["backendRefs"] == [{"kind": "Service", "name": f"model-{name}", "port": 8000}]
