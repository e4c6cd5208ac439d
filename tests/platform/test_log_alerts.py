"""ElastAlert2 beside each logging stack: locked in, pinned, and led to one receiver."""

import pytest
import yaml

from tests.bakery import ROOT
from tests.platform.manifests import build, of_kind

FOLDER = ROOT / "observability" / "elastalert2"


@pytest.fixture(scope="module", params=["nonprod", "prod"])
def overlay(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def built(overlay, kustomize) -> list[dict]:
    """What Argo CD applies."""
    return build(kustomize, FOLDER / "overlays" / overlay)


def pod(built: list[dict]) -> dict:
    return of_kind(built, "Deployment")["elastalert2"]["spec"]["template"]["spec"]


def containers(built: list[dict]) -> list[dict]:
    return [*pod(built)["initContainers"], *pod(built)["containers"]]


def test_both_stacks_have_their_own(overlay, built):
    namespaced = [item for item in built if not item["kind"].startswith("ClusterRole")]
    assert {item["metadata"]["namespace"] for item in namespaced} == {f"logging-{overlay}"}
    (role,) = of_kind(built, "ClusterRole").values()
    (binding,) = of_kind(built, "ClusterRoleBinding").values()
    assert (
        role["metadata"]["name"] == binding["roleRef"]["name"] == f"logging-{overlay}-elastalert2"
    )
    assert binding["subjects"][0]["namespace"] == f"logging-{overlay}"
    assert [rule["resources"] for rule in role["rules"]] == [["configmaps"]]
    assert role["rules"][0]["verbs"] == ["get", "list", "watch"]


def test_rules_run_locked_in(built):
    assert pod(built)["automountServiceAccountToken"] is False
    assert pod(built)["securityContext"]["runAsNonRoot"] is True
    for each in containers(built):
        context = each["securityContext"]
        assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert each["resources"]["limits"]["memory"]
        assert ":" in each["image"] and not each["image"].endswith(":latest")
        # Only the sidecar can ask the API server, and only ElastAlert2 has the password.
        mounts = {mount["name"] for mount in each["volumeMounts"]}
        assert ("token" in mounts) == (each["name"] == "rules")
        has_password = "ES_PASSWORD" in {item["name"] for item in each["env"]}
        assert has_password == (each["name"] != "rules")


def test_the_sidecar_names_files_as_the_guard_reads_them(built):
    (sidecar,) = [each for each in containers(built) if each["name"] == "rules"]
    settings = {item["name"]: item["value"] for item in sidecar["env"]}
    assert settings["UNIQUE_FILENAMES"] == "true" and settings["NAMESPACE"] == "ALL"
    assert (settings["LABEL"], settings["LABEL_VALUE"]) == ("elastalert_rule", "1")
    config = yaml.safe_load((FOLDER / "base" / "config.yaml").read_text(encoding="utf-8"))
    assert settings["FOLDER"] == config["rules_folder"]
    assert config["rules_loader"] == "guard.GuardedLoader"


def test_nothing_leads_out_but_what_it_needs(built):
    policy = of_kind(built, "NetworkPolicy")["elastalert2"]["spec"]
    assert policy["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "elastalert2"}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {53, 443, 6443, 9093, 9200}
    config = yaml.safe_load((FOLDER / "base" / "config.yaml").read_text(encoding="utf-8"))
    assert config["alertmanager_hosts"] == ["http://alertmanager-operated.monitoring.svc:9093"]
    assert config["es_host"] == "logs-es-http" and config["verify_certs"] is True


def test_its_user_and_authority_are_those_of_the_stack(overlay, built, kustomize):
    stack = build(kustomize, ROOT / "observability" / "elastic" / "overlays" / overlay)
    realms = of_kind(stack, "Elasticsearch")["logs"]["spec"]["auth"]["fileRealm"]
    (main,) = pod(built)["containers"]
    secrets = {
        item["valueFrom"]["secretKeyRef"]["name"] for item in main["env"] if "valueFrom" in item
    }
    assert secrets == {"logs-user-alerting"} <= {realm["secretName"] for realm in realms}
