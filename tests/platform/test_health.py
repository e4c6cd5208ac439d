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
CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "monitoring"}}
RUN = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", "metadata": {"name": "check"}}
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
    # A class that binds with the first pod leaves it so, for as long as no pod is there.
    (CLAIM, {"phase": "Pending"}, "Healthy"),
    (CLAIM, {"phase": "Bound"}, "Healthy"),
    (CLAIM, {"phase": "Lost"}, "Degraded"),
    (RUN, None, "Progressing"),
    (RUN, {"phase": "Pending"}, "Progressing"),
    (RUN, {"phase": "Running"}, "Progressing"),
    (RUN, {"phase": "Successful"}, "Healthy"),
    (RUN, {"phase": "Failed"}, "Degraded"),
    (RUN, {"phase": "Error"}, "Degraded"),
    (RUN, {"phase": "Inconclusive"}, "Unknown"),
]
# As the controller of Argo Rollouts leaves a run.
SLOW = {
    "name": "p95-seconds",
    "phase": "Failed",
    "measurements": [
        {"phase": "Failed", "value": "[0.7]"},
        {"phase": "Failed", "value": "[0.8]"},
        {"phase": "Successful", "value": "[0.1]"},
    ],
    "metadata": {"ResolvedPrometheusQuery": "histogram_quantile(0.95, x)"},
}
FINE = SLOW | {"name": "error-ratio", "phase": "Successful"}
IGNORED = SLOW | {"name": "requests", "dryRun": True}
UNANSWERED = {
    "name": "requests",
    "phase": "Error",
    "measurements": [{"phase": "Error", "message": "connection refused"}],
}
SENTENCES = [
    (
        {"phase": "Failed", "message": "2 failed", "metricResults": [FINE, SLOW, IGNORED]},
        "2 failed; p95-seconds was [0.8] by the query histogram_quantile(0.95, x)",
    ),
    (
        {"phase": "Error", "message": "no answers", "metricResults": [UNANSWERED]},
        "no answers; requests was connection refused",
    ),
    ({"phase": "Error"}, "The analysis is Error"),
    ({"phase": "Successful", "message": "done", "metricResults": [FINE]}, "done"),
]


@pytest.fixture
def asked(argocd, settings, tmp_path):
    """A function: what Argo CD says of the health of an object with a status."""

    def ask(item, status):
        path = tmp_path / "object.yaml"
        path.write_text(yaml.safe_dump(item | ({"status": status} if status else {})))
        cm = f"--argocd-cm-path={settings}/argocd-cm.yaml"
        return run(argocd, settings, "settings", "resource-overrides", "health", str(path), cm)

    return ask


@pytest.mark.parametrize(("item", "status", "health"), CASES)
def test_health(item, status, health, asked):
    output = asked(item, status)
    assert re.search(r"^STATUS: (\w+)", output)[1] == health, output


@pytest.mark.parametrize(("status", "sentence"), SENTENCES)
def test_a_failed_analysis_says_what_was_measured(status, sentence, asked):
    output = asked(RUN, status)
    assert re.search(r"^MESSAGE: (.*)", output, re.MULTILINE)[1] == sentence, output
