"""The cluster itself: it starts, in time and small enough, and does not disturb a second one."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster import build
from tests.cluster.kubectl import Refused
from tests.cluster.rig import Rig

GIGABYTE = 2**30


def version_of(tool: str) -> str:
    """Return the pinned version of a tool, such as v1.36.4."""
    return next(each.version for each in build.TOOLS if each.name == tool)


def test_it_starts_in_time_and_is_small(rig: Rig, measured: Callable[[str], None]):
    memory = rig.memory()
    total = sum(memory.values()) / GIGABYTE
    measured(f"ready after {rig.started_in:.0f} s, {len(memory)} programs, {total:.1f} GiB")
    for name, size in memory.items():
        measured(f"  {name:<34}{size / 2**20:6.0f} MiB")

    assert rig.started_in < 90
    assert 0 < sum(memory.values()) < 4 * GIGABYTE
    assert all(process.alive for process in rig.processes)


def test_the_programs_are_the_pinned_ones(rig: Rig):
    cluster = json.loads(rig.kubectl.run("version", "-o", "json"))

    assert cluster["serverVersion"]["gitVersion"] == version_of("kubernetes")
    assert cluster["clientVersion"]["gitVersion"] == version_of("kubernetes")
    assert rig.argocd.api("/api/version")["Version"].startswith(version_of("argocd"))
    assert rig.argocd.api("/api/version")["KustomizeVersion"].startswith(version_of("kustomize"))


def test_pods_run_and_those_of_a_bad_image_never_get_ready(rig: Rig):
    rig.kubectl.run("create", "namespace", "pods")
    for name, digest in (("good", "a" * 64), ("bad", "bad" + "0" * 61)):
        image = f"--image=registry.example.com/{name}@sha256:{digest}"
        rig.kubectl.run("create", "deployment", name, image, "--namespace=pods")

    good = rig.kubectl.wait_for(
        "deployment", "good", "pods", lambda found: found["status"].get("readyReplicas") == 1
    )
    bad = rig.kubectl.wait_for(
        "deployment", "bad", "pods", lambda found: found["status"].get("unavailableReplicas") == 1
    )
    (pod,) = rig.kubectl.list("pods", "pods", "app=bad")

    assert good["status"]["availableReplicas"] == 1
    assert "readyReplicas" not in bad["status"]
    assert pod["status"]["phase"] in ("Pending", "Running")
    rig.kubectl.delete("namespace", "pods", wait=False)


def test_looking_needs_no_kubectl_and_shows_the_same(rig: Rig):
    """Kinds by all their names, those of definitions too, and objects as kubectl prints them."""
    kubectl = rig.kubectl
    for kind, name, namespace in (
        ("namespace", "default", None),
        ("cm", "kube-root-ca.crt", None),
        ("deployments", "nothing", "default"),
        ("customresourcedefinition", "seldondeployments.machinelearning.seldon.io", None),
        ("appproject", "default", "argocd"),
    ):
        where = [f"--namespace={namespace}"] if namespace else []
        printed = kubectl.run("get", kind, name, *where, "--ignore-not-found", "-o", "json")
        assert kubectl.get(kind, name, namespace) == (json.loads(printed) if printed else None)
    for kind, namespace, selector in (
        ("namespaces", None, "kubernetes.io/metadata.name=default"),
        ("configmaps", "default", ""),
        ("appprojects", None, ""),
    ):
        where = [f"--namespace={namespace}"] if namespace else ["--all-namespaces"]
        printed = kubectl.run("get", kind, *where, f"--selector={selector}", "-o", "json")
        found = kubectl.list(kind, namespace, selector)
        assert found and found == json.loads(printed)["items"]
    with pytest.raises(Refused, match="resource type 'nonsense'"):
        kubectl.get("nonsense", "x")


def test_the_audit_log_tells_who_wrote_what(rig: Rig):
    start = rig.audit.position()
    rig.kubectl.run("create", "namespace", "audited")
    rig.kubectl.run("create", "configmap", "one", "--namespace=audited")
    rig.kubectl.run("create", "configmap", "two", "--namespace=audited", "--dry-run=server")
    rig.kubectl.attempt("create", "configmap", "one", "--namespace=audited")

    writes = rig.audit.writes(start, user="tests", namespace="audited", resource="configmaps")

    assert [(write.verb, write.name, write.accepted) for write in writes] == [
        ("create", "one", True),
        ("create", "one", False),
    ]
    rig.kubectl.delete("namespace", "audited", wait=False)


def test_metrics_are_those_that_a_test_sets(rig: Rig):
    rig.exporter.serve("metrics", "canary", requests=50, errors=0.2, latency=0.3)
    name = "seldon_api_executor_server_requests_seconds"
    select = '{namespace="metrics",predictor_name="canary"'
    failed = f'sum(rate({name}_count{select},code="500"}}[10s]))'
    query = f"{failed} / sum(rate({name}_count{select}}}[10s]))"

    share = rig.prometheus.wait_for(query, lambda value: value == pytest.approx(0.2, abs=0.01))
    slow = f"histogram_quantile(0.95, sum by (le) (rate({name}_bucket{select}}}[10s])))"

    assert share == pytest.approx(0.2, abs=0.01)
    assert 0.25 < rig.prometheus.wait_for(slow, lambda value: value == value) <= 0.5
    rig.exporter.clear("metrics")


def test_two_clusters_run_side_by_side(rig: Rig, tmp_path: Path):
    with Rig(tmp_path) as other:
        other.kubectl.run("create", "namespace", "only-here")

        assert other.kubectl.get("namespace", "only-here")
        assert rig.kubectl.get("namespace", "only-here") is None
        assert other.started_in < 90
        pids = [process.pid for process in other.processes]
    assert all(process.alive for process in rig.processes)
    assert not any(_runs(pid) for pid in pids)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
