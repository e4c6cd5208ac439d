"""Health checks of our own, run by Argo CD's program where it is there."""

import re

import pytest
import yaml

from tests.platform.conftest import run

SELDON = {
    "apiVersion": "machinelearning.seldon.io/v1",
    "kind": "SeldonDeployment",
    "metadata": {"name": "model", "namespace": "credit-risk-dev"},
    "spec": {"predictors": [{"name": "default"}, {"name": "canary"}]},
}
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "keda", "namespace": "argocd"},
    "spec": {},
}
KIBANA = {"apiVersion": "kibana.k8s.elastic.co/v1", "kind": "Kibana", "metadata": {"name": "logs"}}
BOTH = {"deploymentStatus": {"model-default-0-x": {}, "model-canary-0-x": {}}}
NO_PODS = "Deployment is no longer progressing and not available."
GREEN, DRIFT = {"health": {"status": "Healthy"}}, {"sync": {"status": "OutOfSync"}}
SYNCED = GREEN | {"sync": {"status": "Synced"}}
CASES = [
    (SELDON, None, "Progressing"),
    (SELDON, {"state": "Creating"}, "Progressing"),
    (SELDON, {"state": "Available", **BOTH}, "Healthy"),
    # The state of the version before: it does not know of the canary yet.
    (SELDON, {"state": "Available", "deploymentStatus": {"model-default-0-x": {}}}, "Progressing"),
    (SELDON, {"state": "Failed", "description": NO_PODS}, "Degraded"),
    # The operator says so of any error, and tries again.
    (SELDON, {"state": "Failed", "description": "webhook timed out"}, "Progressing"),
    (APPLICATION, None, "Progressing"),
    (APPLICATION, SYNCED, "Healthy"),
    (APPLICATION, SYNCED | {"health": {"status": "Degraded"}}, "Degraded"),
    (APPLICATION, GREEN | DRIFT, "Progressing"),
    (APPLICATION, GREEN | DRIFT | {"operationState": {"phase": "Running"}}, "Progressing"),
    (APPLICATION, GREEN | DRIFT | {"operationState": {"phase": "Failed"}}, "Degraded"),
    (APPLICATION, SYNCED | {"operationState": {"phase": "Succeeded"}}, "Healthy"),
    (KIBANA, None, "Progressing"),
    (KIBANA, {"health": "green"}, "Healthy"),
    (KIBANA, {"health": "red"}, "Degraded"),
]


@pytest.mark.parametrize(("item", "status", "health"), CASES)
def test_health(item, status, health, argocd, settings, tmp_path):
    path = tmp_path / "object.yaml"
    path.write_text(yaml.safe_dump(item | ({"status": status} if status else {})))
    cm = f"--argocd-cm-path={settings}/argocd-cm.yaml"
    output = run(argocd, settings, "settings", "resource-overrides", "health", str(path), cm)
    assert re.search(r"^STATUS: (\w+)", output)[1] == health, output
