"""Who hears of an alert: the routes of Alertmanager, by amtool and by a running Alertmanager."""

import json
import re
import subprocess
import time
import urllib.request

import pytest
import yaml

from tests.bakery import ROOT
from tests.platform.manifests import PLATFORM, build, of_kind, read
from tests.platform.prometheus import needs, run
from tests.ports import held_ports

FOLDER = ROOT / "observability"
CONFIG = FOLDER / "alertmanager" / "alertmanager.yaml"
SECRETS = "/etc/alertmanager/secrets/alertmanager-receivers"
TEAM = {"alertname": "MLDriftShareHigh", "team": "risk", "namespace": "credit-risk-prod"}
CHAT, PAGER = "team-chat", "team-pager"
# Labels, and who hears of it.
ROUTES = [
    *[
        ({**TEAM, "environment": environment, "severity": severity}, [CHAT])
        for environment in ("dev", "test", "staging")
        for severity in ("critical", "warning", "info")
    ],
    ({**TEAM, "environment": "prod", "severity": "critical"}, [PAGER, CHAT]),
    ({**TEAM, "environment": "prod", "severity": "warning"}, [CHAT]),
    ({**TEAM, "environment": "prod", "severity": "info"}, [CHAT]),
    # An environment that nobody knows wakes nobody, and is not lost.
    ({**TEAM, "environment": "production", "severity": "critical"}, [CHAT]),
    ({**TEAM, "severity": "critical"}, [CHAT]),
    ({"alertname": "PushgatewayDown", "severity": "warning"}, ["platform-chat"]),
    (
        {"alertname": "PrometheusBadConfig", "severity": "critical", "namespace": "monitoring"},
        ["platform-pager", "platform-chat"],
    ),
    (
        {"alertname": "KubePodNotReady", "severity": "critical", "namespace": "credit-risk-dev"},
        ["platform-chat"],
    ),
    (
        {"alertname": "KubePodNotReady", "severity": "critical", "namespace": "credit-risk-prod"},
        ["platform-pager", "platform-chat"],
    ),
    ({"alertname": "CPUThrottlingHigh", "severity": "info"}, ["nobody"]),
    ({"alertname": "Watchdog", "severity": "none"}, ["nobody"]),
    ({"alertname": "InfoInhibitor", "severity": "none"}, ["nobody"]),
]


@needs["amtool"]
def test_the_file_is_valid():
    assert "SUCCESS" in run("amtool", "check-config", CONFIG)


@needs["amtool"]
@pytest.mark.parametrize(
    ("labels", "receivers"), ROUTES, ids=["-".join(labels.values()) for labels, _ in ROUTES]
)
def test_alerts_reach_whom_they_should(labels, receivers):
    given = [f"{name}={value}" for name, value in labels.items()]
    command = ["amtool", "config", "routes", "test", f"--config.file={CONFIG}"]
    run(*command, f"--verify.receivers={','.join(receivers)}", *given)


@needs["amtool"]
def test_a_wrong_receiver_would_be_noticed():
    command = ["amtool", "config", "routes", "test", f"--config.file={CONFIG}"]
    with pytest.raises(AssertionError):
        run(*command, "--verify.receivers=team-pager", "team=risk", "environment=dev")


def test_no_address_or_key_is_in_git():
    text = CONFIG.read_text(encoding="utf-8")
    assert not re.search(r"https?://", text)
    files = re.findall(r"_file: (?:&\w+ )?(\S+)", text)
    assert files and all(name.startswith((SECRETS, "*")) for name in files)


def test_alertmanager_is_given_that_file_and_those_secrets(kustomize):
    (values,) = read(PLATFORM / "values" / "kube-prometheus-stack.yaml")
    spec = values["alertmanager"]["alertmanagerSpec"]
    (secret,) = of_kind(build(kustomize, FOLDER), "Secret").values()
    assert spec["useExistingSecret"] is True
    assert spec["configSecret"] == secret["metadata"]["name"]
    assert secret["metadata"]["namespace"] == "monitoring"
    # The operator reads this key and no other.
    assert list(secret["data"]) == ["alertmanager.yaml"]
    (name,) = spec["secrets"]
    assert f"/etc/alertmanager/secrets/{name}" == SECRETS
    guide = (ROOT / "docs" / "how-to" / "install-the-platform.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"create secret generic {name} .*\\\n(.*)", guide)
    keys = set(re.findall(r"--from-literal=([\w-]+)=", command))
    assert {path.removeprefix(f"{SECRETS}/") for path in paths()} == keys


def paths() -> set[str]:
    """Every file that a receiver reads."""
    found = set()

    def walk(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, dict | list):
                walk(value)
            elif str(key).endswith("_file"):
                found.add(value)

    walk(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))
    return found


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory):
    """The address of an Alertmanager with the real file, whose receivers reach nobody."""
    folder = tmp_path_factory.mktemp("alertmanager")
    text = CONFIG.read_text(encoding="utf-8").replace(SECRETS, str(folder))
    (folder / "alertmanager.yaml").write_text(text, encoding="utf-8")
    for name in ("slack-api-url", "pagerduty-routing-key"):
        (folder / name).write_text("http://127.0.0.1:9/", encoding="utf-8")
    address = f"127.0.0.1:{held_ports(1)[0]}"
    command = ["prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yaml'}"]
    command += [f"--storage.path={folder}", f"--web.listen-address={address}"]
    command += ["--cluster.listen-address=", "--log.level=error"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        ask(address, "status", deadline=time.monotonic() + 20)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def ask(address: str, path: str, body: object = None, deadline: float = 0) -> object:
    """Return what the API answers, asking again until `deadline` while nobody does."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://{address}/api/v2/{path}", data, headers)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read() or "null")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@needs["prometheus-alertmanager"]
def test_what_follows_from_another_alert_is_held_back(alertmanager):
    def alert(name: str, namespace: str, severity: str) -> dict:
        labels = {"alertname": name, "namespace": namespace, "severity": severity}
        return {"labels": labels | {"team": "risk", "environment": namespace.split("-")[-1]}}

    sent = [
        alert("MLServingDown", "a-prod", "critical"),
        alert("MLErrorBudgetBurn", "a-prod", "critical"),
        alert("MLMonitorStale", "a-prod", "warning"),
        alert("KubePodCrashLooping", "a-prod", "warning"),
        alert("MLErrorBudgetBurn", "b-prod", "critical"),
        alert("MLErrorBudgetBurn", "b-prod", "warning"),
        alert("MLLatencyBudgetBurn", "b-prod", "warning"),
        alert("MLErrorBudgetBurn", "c-prod", "warning"),
    ]
    ask(alertmanager, "alerts", sent)
    deadline = time.monotonic() + 20
    while True:
        found = ask(alertmanager, "alerts")
        held = {
            (item["labels"]["alertname"], item["labels"]["namespace"], item["labels"]["severity"])
            for item in found
            if item["status"]["inhibitedBy"]
        }
        if (len(found) == len(sent) and len(held) >= 3) or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert held == {
        ("MLErrorBudgetBurn", "a-prod", "critical"),
        ("MLMonitorStale", "a-prod", "warning"),
        ("MLErrorBudgetBurn", "b-prod", "warning"),
    }
