"""The platform's own rules, and what Prometheus is told about those of teams."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.bakery import ROOT
from tests.platform.manifests import PLATFORM, build, read
from tests.platform.prometheus import needs, run

FOLDER = ROOT / "observability"
RULES = FOLDER / "prometheus"
TESTS = sorted((RULES / "tests").glob("*.yaml"))
SECTIONS = ("## Meaning", "## First look", "## Causes", "## What to do", "## Whom to tell")


def rules() -> list[dict]:
    return [
        rule
        for path in sorted(RULES.glob("*.yaml"))
        if path.name != "kustomization.yaml"
        for item in read(path)
        for group in item["spec"]["groups"]
        for rule in group["rules"]
    ]


def alerts() -> list[dict]:
    return [rule for rule in rules() if "alert" in rule]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """Rules as Prometheus reads them, and the tests beside them."""
    folder = tmp_path_factory.mktemp("rules")
    for path in RULES.glob("*.yaml"):
        (item,) = read(path)
        if item["kind"] == "PrometheusRule":
            (folder / path.name).write_text(yaml.safe_dump(item["spec"]), encoding="utf-8")
    for path in TESTS:
        shutil.copy(path, folder / f"test-{path.name}")
    return folder


@needs["promtool"]
def test_rules_are_valid(plain):
    files = [path for path in plain.glob("*.yaml") if not path.name.startswith("test-")]
    assert run("promtool", "check", "rules", *files).count("SUCCESS") == len(files) == 2


@needs["promtool"]
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_rules_do_what_their_tests_say(path, plain):
    assert "SUCCESS" in run("promtool", "test", "rules", plain / f"test-{path.name}")


def test_every_alert_fires_in_one_test_and_is_silent_in_another():
    found: dict[str, set[bool]] = {}
    for path in TESTS:
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for test in case.get("alert_rule_test", []):
                found.setdefault(test["alertname"], set()).add(bool(test["exp_alerts"]))
    assert found == {rule["alert"]: {True, False} for rule in alerts()}


def test_every_alert_has_a_runbook_and_a_line_in_the_list():
    listed = (RULES / "README.md").read_text(encoding="utf-8")
    for rule in alerts():
        name = rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        page = rule["annotations"]["runbook"]
        assert page == f"docs/runbooks/{name}.md" and f"| {name} | " in listed and page in listed
        text = (ROOT / page).read_text(encoding="utf-8")
        places = [text.find(f"\n{section}\n") for section in SECTIONS]
        assert text.startswith(f"# {name}\n") and -1 not in places and places == sorted(places)
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert {rule["alert"] for rule in alerts()} <= pages


def test_rules_of_the_platform_claim_no_team():
    """They would go to its pager."""
    assert not [rule for rule in rules() if "team" in rule.get("labels", {})]


def test_a_team_sees_its_own_namespace_and_history_is_long_enough():
    (values,) = read(PLATFORM / "values" / "kube-prometheus-stack.yaml")
    spec = values["prometheus"]["prometheusSpec"]
    assert spec["enforcedNamespaceLabel"] == "namespace"
    excluded = {(item["resource"], item["namespace"]) for item in spec["excludedFromEnforcement"]}
    kinds = ("prometheusrules", "servicemonitors", "podmonitors")
    assert excluded == {(kind, "monitoring") for kind in kinds}
    # 30 days back, and a day for the first value.
    assert int(spec["retention"].removesuffix("d")) >= 45
    (pushed,) = read(PLATFORM / "values" / "prometheus-pushgateway.yaml")
    assert pushed["serviceMonitor"]["honorLabels"] is True
    assert any(text.startswith("--persistence.file=/data/") for text in pushed["extraArgs"])


def test_everything_is_in_the_namespace_that_is_excluded(kustomize):
    objects = build(kustomize, FOLDER)
    assert {item["metadata"]["namespace"] for item in objects} == {"monitoring"}
    assert {"PrometheusRule", "Secret", "ConfigMap"} <= {item["kind"] for item in objects}
