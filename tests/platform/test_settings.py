"""Argo CD's settings, and its notifications as Argo CD's own program makes them."""

import json
import re

import pytest
import yaml

from tests.bakery import ROOT
from tests.platform.conftest import run
from tests.platform.manifests import PLATFORM, of_kind, read

CONFIGURATION = PLATFORM / "configuration"
SELDON = "resource.customizations.health.machinelearning.seldon.io_SeldonDeployment"
REVISION = "0123456789abcdef0123456789abcdef01234567"
RUN = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {
        "name": "credit-risk-staging",
        "labels": {"mlops/overlay": "staging", "mlops/environment": "staging"},
    },
    "spec": {"source": {"repoURL": "git@gitlab.example.com:care/sub/credit-risk.git"}},
}
FULL, PART = {"revision": REVISION}, {"revision": REVISION, "resources": [{"kind": "ConfigMap"}]}
HOOK = {
    "kind": "AnalysisRun",
    "name": "verification",
    "hookPhase": "Failed",
    "message": 'Metric "p95"',
}


def application(
    phase: str, health: str = "Healthy", sync: dict = FULL, results: tuple = ()
) -> dict:
    operation = {"phase": phase, "startedAt": "2026-11-24T03:00:00Z", "operation": {"sync": sync}}
    operation |= {"finishedAt": "2026-11-24T03:05:00Z", "message": "a task did not succeed"}
    operation["syncResult"] = {"revision": REVISION, "resources": list(results)}
    status = {"health": {"status": health}, "operationState": operation}
    return RUN | {"status": status}


@pytest.mark.parametrize(
    ("item", "fired"),
    [
        (application("Running"), "on-sync-running"),
        (application("Succeeded"), "on-deployed"),
        (application("Succeeded", "Progressing"), None),
        (application("Succeeded", "Degraded"), "on-health-degraded"),
        (application("Failed", "Degraded"), "on-sync-failed"),
        (application("Error"), "on-sync-failed"),
        # Healing of drift, which is no deployment.
        (application("Failed", sync=PART), None),
        (application("Running", sync=PART), None),
    ],
)
def test_triggers(item, fired, argocd, settings, tmp_path):
    path = tmp_path / "application.yaml"
    path.write_text(yaml.safe_dump(item))
    cm = f"--config-map={settings}/argocd-notifications-cm.yaml"
    found = []
    for name in ("on-sync-running", "on-deployed", "on-sync-failed", "on-health-degraded"):
        arguments = ("notifications", "trigger", "run", name, str(path), cm, "--secret=:empty")
        if run(argocd, settings, *arguments).rstrip().endswith("true"):
            found.append(name)
    assert found == ([fired] if fired else [])


def notify(template: str, item: dict, argocd: str, settings, folder) -> dict:
    path = folder / "application.yaml"
    path.write_text(yaml.safe_dump(item))
    cm = f"--config-map={settings}/argocd-notifications-cm.yaml"
    arguments = ("notifications", "template", "notify", template, str(path), cm)
    output = run(argocd, settings, *arguments, "--secret=:empty", "--recipient=console:main")
    return yaml.safe_load(output)


@pytest.mark.parametrize(
    ("template", "github", "gitlab", "event"),
    [
        ("sync-running", "pending", "running", None),
        ("deployed", "success", "success", "deployed"),
        ("sync-failed", "failure", "failed", "failed"),
        ("health-degraded", "failure", "failed", "degraded"),
    ],
)
def test_messages(template, github, gitlab, event, argocd, settings, tmp_path):
    sent = notify(template, application("Failed", results=(HOOK,)), argocd, settings, tmp_path)
    assert sent["github"]["status"]["state"] == github
    assert sent["github"]["status"]["label"] == "argocd/staging"
    status = json.loads(sent["webhook"]["gitlab"]["body"])
    assert (status["state"], status["name"]) == (gitlab, "argocd/staging")
    project = "/api/v4/projects/care%2Fsub%2Fcredit-risk"
    assert sent["webhook"]["gitlab"]["path"] == f"{project}/statuses/{REVISION}"
    dispatch = sent["github"].get("repositoryDispatch")
    assert ("events" in sent["webhook"]) == bool(dispatch) == bool(event)
    if event:
        payload = json.loads(dispatch["client_payload"])
        assert payload == json.loads(sent["webhook"]["events"]["body"])
        assert dispatch["event_type"] == f"argocd-{event}"
        assert (payload["event"], payload["revision"]) == (event, REVISION)
        pipeline = json.loads(sent["webhook"]["gitlab-pipeline"]["body"])
        variables = {item["key"]: item["value"] for item in pipeline["variables"]}
        assert pipeline["ref"] == "main" and variables["ARGOCD_REVISION"] == REVISION
        if event == "degraded":
            assert variables["ARGOCD_MESSAGE"] == "Argo CD says Healthy"
        if event == "failed":
            assert payload["failed"] == ['AnalysisRun verification: Metric "p95"']
            assert sent["message"] == 'staging: AnalysisRun verification: Metric "p95"'


def test_settings_have_the_names_and_labels_that_argo_cd_looks_for(platform):
    found = of_kind(platform, "ConfigMap")
    assert set(found) == {"argocd-cm", "argocd-notifications-cm", "argocd-rbac-cm"}
    for item in found.values():
        assert item["metadata"]["labels"]["app.kubernetes.io/part-of"] == "argocd"
        assert item["metadata"]["namespace"] == "argocd"
    assert SELDON in found["argocd-cm"]["data"]


def test_links_in_messages_lead_to_the_address_of_the_web_pages(platform):
    found = of_kind(platform, "ConfigMap")
    context = yaml.safe_load(found["argocd-notifications-cm"]["data"]["context"])
    assert context == {"argocdUrl": found["argocd-cm"]["data"]["url"]}


def test_triggers_send_templates_that_are_there_once_a_revision(platform):
    data = of_kind(platform, "ConfigMap")["argocd-notifications-cm"]["data"]
    templates = {key.removeprefix("template.") for key in data if key.startswith("template.")}
    sent = set()
    for key, text in data.items():
        for condition in yaml.safe_load(text) if key.startswith("trigger.") else ():
            sent |= set(condition["send"])
            assert "syncResult?.revision" in condition["oncePer"]
    assert sent == templates


@pytest.mark.parametrize("name", ["github", "gitlab", "events"])
def test_receivers_take_what_is_secret_from_the_secret(name):
    (service,) = read(CONFIGURATION / name / "service.yaml")
    text = json.dumps(service)
    page = (ROOT / "docs" / "how-to" / "install-the-platform.md").read_text(encoding="utf-8")
    keys = re.findall(r"\$([\w-]+)", text)
    assert keys and all(key in page for key in keys)
