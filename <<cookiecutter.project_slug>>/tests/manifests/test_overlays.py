"""Overlays: what every environment must have, and in what environments differ."""

import combinations
import pytest
import yaml
from combinations import ENVIRONMENTS, Combination, all_combinations, apply, build, example_release
from rules import model, named, pod, predictors, problems

from <<cookiecutter.package_name>>.promotion.rendering import beyond_release
from <<cookiecutter.package_name>>.promotion.rollout_files import EMPTY


def settings(environment: str) -> dict[str, dict[str, str]]:
    """The values that the environment owns, by topic."""
    folder = combinations.ROOT / "gitops" / "overlays" / environment / "settings"
    found = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml")}
    # Limits of alerts are no values for components: test_limits.py looks at them.
    return {topic: content["data"] for topic, content in found.items() if "data" in content}


@pytest.mark.parametrize("combination", list(all_combinations()), ids=str)
def test_every_combination_keeps_the_rules(combination, rendered):
    assert problems(rendered(combination), f"{combinations.SLUG}-{combination.environment}") == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_release_is_what_runs(environment, rendered):
    objects, release = rendered(Combination(environment)), example_release(7)
    predictor = predictors(objects)["default"]
    container = pod(predictor)["containers"][0]
    variables = {item["name"]: item["value"] for item in container["env"]}
    assert container["image"] == release.image
    assert predictor["graph"]["modelUri"] == release.bundle_uri
    assert predictor["annotations"]["version"] == release.model_version
    assert variables["SERVING_BUNDLE_DIGEST"] == release.bundle_digest
    ids = {
        model(objects)["metadata"]["labels"]["mlops/release"],
        predictor["labels"]["mlops/release"],
        named(objects, "AnalysisRun", "verification")["metadata"]["labels"]["mlops/release"],
        named(objects, "ConfigMap", "release")["data"]["release"],
    }
    assert ids == {release.id}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_settings_are_what_runs(environment, rendered):
    objects, own = rendered(Combination(environment)), settings(environment)
    predictor = predictors(objects)["default"]
    container, resources = pod(predictor)["containers"][0], own["resources"]
    variables = {item["name"]: item["value"] for item in container["env"]}
    assert variables["SERVING_ENVIRONMENT"] == own["environment"]["name"] == environment
    assert variables["SERVING_LOG_LEVEL"] == own["environment"]["logLevel"]
    assert predictor["labels"]["mlops/environment"] == environment
    assert predictor["replicas"] == int(own["scaling"]["replicas"])
    budget = predictor["componentSpecs"][0]["pdbSpec"]
    assert budget == {"maxUnavailable": own["scaling"]["maxUnavailable"]}
    assert container["resources"] == {
        "requests": {"cpu": resources["cpu"], "memory": resources["memory"]},
        "limits": {"cpu": resources["cpuLimit"], "memory": resources["memory"]},
    }
    assert predictor["svcOrchSpec"]["resources"] == {
        "requests": {
            "cpu": resources["orchestratorCpu"],
            "memory": resources["orchestratorMemory"],
        },
        "limits": {
            "cpu": resources["orchestratorCpuLimit"],
            "memory": resources["orchestratorMemory"],
        },
    }


def test_environments_differ_as_real_ones_do(rendered):
    dev, prod = settings("dev"), settings("prod")
    assert int(dev["scaling"]["replicas"]) < int(prod["scaling"]["replicas"])
    assert dev["resources"]["cpu"] != prod["resources"]["cpu"]
    assert dev["scaling"]["maxUnavailable"] != prod["scaling"]["maxUnavailable"]
    # Nobody has to call a model in dev; a candidate in prod that nobody called is not proven.
    assert int(dev["analysis"]["minimumCandidateRequests"]) == 0
    assert int(prod["analysis"]["minimumCandidateRequests"]) > 0
    strictness = [float(settings(e)["analysis"]["maximumErrorRatio"]) for e in ENVIRONMENTS]
    assert strictness == sorted(strictness, reverse=True) and strictness[0] > strictness[-1]
    scaled = {
        environment: "hpaSpec"
        in predictors(rendered(Combination(environment)))["default"]["componentSpecs"][0]
        for environment in ENVIRONMENTS
    }
    assert scaled == {"dev": False, "test": False, "staging": True, "prod": True}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_analysis_ends_within_ten_minutes(environment):
    def seconds(text: str) -> int:
        return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]

    own = settings(environment)["analysis"]
    longest = seconds(own["initialDelay"]) + int(own["count"]) * seconds(own["interval"])
    assert longest <= 600
    # As Argo Rollouts demands, which otherwise refuses the whole run.
    assert int(own["count"]) >= int(own["failureLimit"])


def test_environments_own_the_same_settings():
    keys = [{topic: set(own) for topic, own in settings(e).items()} for e in ENVIRONMENTS]
    assert keys.count(keys[0]) == len(ENVIRONMENTS)


def test_no_setting_is_without_use(copy, kustomize):
    """Each value changes something that is rendered, with everything switched on."""
    listed = tuple(combinations.optional_components())
    states = [
        Combination("prod", listed, kind)
        for kind in (None, *combinations.possible_rollouts()[:1])  # all read the same
    ]
    releases = (example_release(7), example_release(8))
    overlays = [
        apply(state, combinations.copy_gitops(copy / f"{number}"), *releases)
        for number, state in enumerate(states)
    ]
    before = [build(kustomize, overlay) for overlay in overlays]

    def changes(topic: str, key: str) -> bool:
        changed = False
        for overlay, text in zip(overlays, before, strict=True):
            path = overlay / "settings" / f"{topic}.yaml"
            original = path.read_text("utf-8")
            content = yaml.safe_load(original)
            value = content["data"][key]
            other = {"true": "false", "false": "true"}.get(value, f"x{value}")
            content["data"][key] = f"{int(value) + 1}" if value.isdigit() else other
            path.write_text(yaml.safe_dump(content), "utf-8")
            changed = changed or build(kustomize, overlay) != text
            path.write_text(original, "utf-8")
        return changed

    own = settings("prod")
    if not combinations.possible_rollouts():
        # Of a candidate, which needs a mesh.
        del own["scaling"]["candidateReplicas"], own["analysis"]["minimumCandidateRequests"]
        del own["analysis"]["maximumErrorRatioDifference"], own["analysis"]["maximumP95Ratio"]
    pairs = [(topic, key) for topic, values in own.items() for key in values]
    assert [pair for pair in pairs if not changes(*pair)] == []


def test_promotion_changes_nothing_but_the_release(copy, kustomize):
    state = Combination("prod")
    before = build(kustomize, apply(state, copy, example_release(7), example_release(8)))
    after = build(kustomize, apply(state, copy, example_release(9), example_release(8)))
    assert before != after
    assert beyond_release(before, after) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_rolled_out_at_first(environment):
    folder = combinations.ROOT / "gitops" / "overlays" / environment / "rollout"
    if not (folder / "state.yaml").exists():
        assert (folder / "kustomization.yaml").read_bytes() == EMPTY


def test_without_a_release_there_is_nothing_to_render(copy, kustomize):
    with pytest.raises(RuntimeError, match=r"release\.yaml"):
        build(kustomize, copy / "gitops" / "overlays" / "dev")


def test_variant_has_names_of_its_own(copy, kustomize):
    """A second overlay of an environment runs beside the first in one namespace."""
    overlay = apply(Combination("dev"), copy, example_release(7), example_release(8))
    variant = overlay.with_name("dev-eu")
    overlay.rename(variant)
    path = variant / "kustomization.yaml"
    path.write_text(path.read_text("utf-8") + "nameSuffix: -eu\n", "utf-8")
    objects = list(yaml.safe_load_all(build(kustomize, variant)))
    assert {item["metadata"]["name"][-3:] for item in objects} == {"-eu"}
    service = named(objects, "Service", "model-eu")
    assert service["spec"]["selector"]["seldon-deployment-id"] == "model-eu"
    seldon = named(objects, "SeldonDeployment", "model-eu")
    assert pod(seldon["spec"]["predictors"][0])["serviceAccountName"] == "model-eu"
    run = named(objects, "AnalysisRun", "verification-eu")
    assert {"name": "deployment", "value": "model-eu"} in run["spec"]["args"]
