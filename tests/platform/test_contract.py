"""Names of the platform that manifests of teams rely on."""

import re

import pytest

from tests import bakery
from tests.platform.manifests import PLATFORM, of_kind, read


@pytest.fixture(scope="module")
def texts(project) -> dict[str, str]:
    """The team's manifests, by name."""
    files = bakery.files_of(project / "gitops")
    return {n: p.read_text(encoding="utf-8") for n, p in files.items() if n.endswith(".yaml")}


@pytest.fixture(scope="module")
def mesh(project) -> str:
    return bakery.saved_answers(project)["service_mesh"]


def test_namespaces_that_network_policies_let_in_are_there(texts, mesh, platform_with):
    named = {
        name
        for text in texts.values()
        for name in re.findall(r"kubernetes\.io/metadata\.name: (\S+)", text)
    }
    assert "monitoring" in named
    assert named <= set(of_kind(platform_with("istio" if mesh == "none" else mesh), "Namespace"))


def test_routes_are_attached_to_the_gateway(texts, mesh):
    (gateway,) = read(PLATFORM / "mesh" / "istio" / "gateway" / "gateway.yaml")
    name = f"{gateway['metadata']['namespace']}/{gateway['metadata']['name']}"
    found = {
        value
        for text in texts.values()
        for value in re.findall(r"^  gateway: (\S+)$", text, re.MULTILINE)
    }
    assert found == ({name} if mesh == "istio" else set())
    patches = read(PLATFORM / "mesh" / "istio" / "kustomization.yaml")[0]["patches"]
    assert f"value: {name}" in patches[0]["patch"]
    (ingress,) = read(PLATFORM / "values" / "istio-ingress.yaml")
    assert gateway["spec"]["selector"].items() <= ingress["labels"].items()


def test_measurements_are_asked_of_the_prometheus_of_the_platform(texts):
    found = {
        value
        for text in texts.values()
        for value in re.findall(r"^  prometheus: (\S+)$", text, re.MULTILINE)
    }
    # The Service that the Prometheus operator makes whatever the release is called.
    (prometheus,) = read(PLATFORM / "applications" / "kube-prometheus-stack.yaml")
    namespace = prometheus["spec"]["destination"]["namespace"]
    assert found == {f"http://prometheus-operated.{namespace}.svc:9090"}


def test_applications_are_ended_later_than_their_own_deadline(texts):
    (argocd,) = read(PLATFORM / "values" / "argo-cd.yaml")
    timeout = int(argocd["configs"]["params"]["controller.sync.timeout.seconds"])
    base = texts["base/seldondeployment.yaml"]
    (deadline,) = re.findall(r"progressDeadlineSeconds: (\d+)", base)
    for name, text in texts.items():
        if name.endswith("settings/analysis.yaml"):
            (delay,) = re.findall(r"initialDelay: (\d+)s", text)
            (interval,) = re.findall(r"  interval: (\d+)s", text)
            (count,) = re.findall(r'count: "(\d+)"', text)
            assert int(deadline) + int(delay) + int(interval) * int(count) < timeout, name
