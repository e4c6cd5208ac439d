"""The job that monitors: what it looks at, whose values it has, and what it may do."""

import re
from typing import Any

import combinations
import pytest
from combinations import ENVIRONMENTS, Combination, example_release
from kubernetes.client import models
from rules import DIGEST, named, pod, predictors
from test_overlays import settings


def job(objects: list[dict]) -> dict:
    return named(objects, "CronJob", "monitoring")["spec"]


def container(objects: list[dict]) -> dict:
    (found,) = template(objects)["spec"]["containers"]
    return found


def template(objects: list[dict]) -> dict:
    return job(objects)["jobTemplate"]["spec"]["template"]


def unknown(value: Any, kind: str, path: str = "") -> list[str]:
    """Fields that Kubernetes does not know in an object of this kind, which it would drop."""
    if found := re.fullmatch(r"list\[(.+)\]", kind):
        return [name for item in value for name in unknown(item, found[1], path)]
    if not hasattr(models, kind):
        return []
    known = getattr(models, kind)
    types = {known.attribute_map[name]: kind for name, kind in known.openapi_types.items()}
    wrong = [f"{path}/{name}" for name in value if name not in types]
    for name in value.keys() & types.keys():
        wrong += unknown(value[name], types[name], f"{path}/{name}")
    return wrong


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_field_is_one_of_kubernetes(environment, rendered):
    objects = rendered(Combination(environment))
    kinds = {"CronJob": "V1CronJob", "PersistentVolumeClaim": "V1PersistentVolumeClaim"}
    kinds["NetworkPolicy"] = "V1NetworkPolicy"

    for kind, model in kinds.items():
        assert unknown(named(objects, kind, "monitoring"), model) == []
    assert named(objects, "CronJob", "monitoring")["apiVersion"] == "batch/v1"
    broken = {**named(objects, "CronJob", "monitoring"), "spec": {"concurencyPolicy": "Forbid"}}
    assert unknown(broken, "V1CronJob") == ["/spec/concurencyPolicy"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_looks_at_what_is_released_with_the_values_of_the_environment(environment, rendered):
    objects, own = rendered(Combination(environment)), settings(environment)["monitoring"]
    release, found = example_release(7), container(objects)
    variables = {item["name"]: item.get("value") for item in found["env"]}

    assert variables["MONITORED_BUNDLE"] == release.bundle_uri
    assert variables["MONITORED_BUNDLE_DIGEST"] == release.bundle_digest
    assert variables["MLOPS_ENVIRONMENT"] == environment
    assert template(objects)["metadata"]["labels"]["mlops/environment"] == environment
    assert variables["PUSHGATEWAY_URL"] == own["pushgateway"]
    assert variables["ELASTICSEARCH_URL"] == own["elasticsearch"]
    assert found["image"] == own["image"] and DIGEST.fullmatch(found["image"])
    spec = job(objects)
    assert (spec["schedule"], spec["timeZone"]) == (own["schedule"], own["timeZone"])
    # A word in quotes would be refused.
    assert spec["suspend"] is (own["suspend"] == "true")
    assert found["resources"]["limits"] == {"cpu": own["cpuLimit"], "memory": own["memory"]}
    claim = named(objects, "PersistentVolumeClaim", "monitoring")
    assert claim["spec"]["resources"]["requests"] == {"storage": own["stateSize"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_runs_do_not_overlap_or_pile_up(environment, rendered):
    spec = job(rendered(Combination(environment)))

    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] > 0
    assert spec["successfulJobsHistoryLimit"] and spec["failedJobsHistoryLimit"]
    inner = spec["jobTemplate"]["spec"]
    assert inner["activeDeadlineSeconds"] and inner["ttlSecondsAfterFinished"]
    assert inner["template"]["spec"]["restartPolicy"] == "Never"


def test_what_serves_waits_neither_for_the_job_nor_for_its_volume(rendered):
    """The volume may be bound only by the first run, and a sync may wait for that."""
    objects = rendered(Combination("prod", tuple(combinations.optional_components())))
    late = [("CronJob", "monitoring"), ("PersistentVolumeClaim", "monitoring")]
    waves: dict[bool, list[int]] = {True: [], False: []}
    for item in objects:
        wave = item["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", "0")
        waves[(item["kind"], item["metadata"]["name"]) in late].append(int(wave))

    assert len(waves[True]) == 2 and min(waves[True]) > max(waves[False])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_has_no_more_rights_than_it_needs(environment, rendered):
    objects = rendered(Combination(environment))
    spec, found = template(objects)["spec"], container(objects)

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert found["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert found["securityContext"]["readOnlyRootFilesystem"]
    assert not found["securityContext"]["allowPrivilegeEscalation"]
    # Secrets by their name only.
    assert found["envFrom"] == [{"secretRef": {"name": "monitoring"}}]
    assert not [
        item["name"]
        for item in found["env"]
        if re.search("PASSWORD|KEY|TOKEN|SECRET", item["name"])
    ]
    labels = template(objects)["metadata"]["labels"]
    policy = named(objects, "NetworkPolicy", "monitoring")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["ingress"] == []
    # Those of the model would let others call it.
    model = named(objects, "NetworkPolicy", "model")["spec"]["podSelector"]["matchLabels"]
    assert not model.items() <= labels.items()
    # A proxy beside it would keep the job from ending.
    assert labels["sidecar.istio.io/inject"] == "false"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_server_logs_the_features_that_the_environment_allows(environment, rendered):
    (server,) = pod(predictors(rendered(Combination(environment)))["default"])["containers"]
    variables = {item["name"]: item["value"] for item in server["env"]}

    allowed = settings(environment)["monitoring"]["loggedFeatures"]
    assert variables["SERVING_EVENT_FEATURES"] == allowed


def test_the_command_is_one_that_there_is(rendered):
    found = container(rendered(Combination("prod")))

    assert found["args"][:2] == ["--config", "configs/monitoring-cluster.yaml"]
    assert (combinations.ROOT / found["args"][1]).is_file()
