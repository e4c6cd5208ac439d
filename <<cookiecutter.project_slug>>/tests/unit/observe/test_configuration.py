"""The local configuration is made of this repository's own rules, with a cluster's labels."""

import json
from pathlib import Path

import pytest
import yaml

from <<cookiecutter.package_name>>.observe.configuration import (
    ConfigurationError,
    identity,
    rule_groups,
    scraped,
    write_alertmanager,
    write_monitoring,
    write_prometheus,
)
from <<cookiecutter.package_name>>.observe.finding import find
from <<cookiecutter.package_name>>.settings import Observability

ROOT = Path(__file__).parents[3]
WHO = Observability("credit", "dev", "credit-dev", "risk")
PLACES = ("observability/environment/", "gitops/overlays/dev/", "gitops/components/mesh/")


def test_the_labels_are_those_of_the_overlay():
    who = identity(ROOT, "credit", "prod")
    content = yaml.safe_load((ROOT / "gitops/overlays/prod/kustomization.yaml").read_text("utf-8"))
    (pairs,) = [item["pairs"] for item in content["labels"]]

    assert who.team == pairs["mlops/team"]
    assert (
        scraped(who, "canary").items()
        >= {
            "namespace": "credit-prod",
            "environment": "prod",
            "model_name": "credit",
            "predictor": "canary",
        }.items()
    )


def test_rules_are_taken_as_they_are():
    groups = rule_groups(ROOT, WHO)
    rules = [rule for group in groups for rule in group["rules"]]

    written = {
        item.expr
        for item in find(ROOT)
        if item.kind in ("recording", "alert") and item.file.startswith(PLACES)
    }
    assert {str(rule["expr"]) for rule in rules} == written
    # Every group is evaluated as often as Prometheus looks.
    assert not any("interval" in group for group in groups)
    constants = [rule for rule in rules if str(rule["expr"]).startswith("vector(")]
    assert constants
    for rule in constants:
        assert rule["labels"].items() >= WHO.grouping.items()
    others = [rule for rule in rules if rule not in constants]
    assert all(rule["labels"]["namespace"] == "credit-dev" for rule in others)
    assert not any("model_name" in rule["labels"] for rule in others)


def test_the_files(tmp_path):
    targets = {"model": (1, scraped(WHO)), "pushgateway": (2, {})}
    path = write_prometheus(tmp_path, rule_groups(ROOT, WHO), targets, 3, "2s")

    content = json.loads(path.read_text())
    assert content["global"] == {"scrape_interval": "2s", "evaluation_interval": "2s"}
    jobs = {job["job_name"]: job for job in content["scrape_configs"]}
    assert all(job["honor_labels"] for job in jobs.values())
    assert jobs["model"]["static_configs"][0]["labels"]["predictor"] == "default"
    assert yaml.safe_load((tmp_path / "rules.yaml").read_text())["groups"]
    told = json.loads(write_alertmanager(tmp_path, "http://127.0.0.1:4/").read_text())
    assert told["receivers"][0]["webhook_configs"][0]["url"] == "http://127.0.0.1:4/"
    assert "webhook_configs" not in write_alertmanager(tmp_path).read_text()


def test_a_look_acts_on_no_finding(tmp_path):
    """Even where the repository trains anew or opens an issue."""
    folder = tmp_path / "artifacts"
    source = tmp_path / "configs" / "monitoring.yaml"
    for made in (folder, source.parent):
        made.mkdir()
    content = yaml.safe_load((ROOT / "configs/monitoring.yaml").read_text("utf-8"))
    content["parameters"] |= {"batch": "rows.csv"}
    content["parameters"]["logged"] |= {"on_finding": "issue", "recent_days": 3}
    source.write_text(yaml.safe_dump(content))

    path = write_monitoring(folder, tmp_path, folder / "events.ndjson", folder / "labels.csv")

    written = yaml.safe_load(path.read_text())["parameters"]
    assert written["batch"] is None
    logged = written["logged"]
    assert (logged["on_finding"], logged["recent_days"]) == ("none", 3)
    assert logged["predictions"] == {"kind": "files", "path": "artifacts/events.ndjson"}
    assert logged["labels"] == {"kind": "files", "path": "artifacts/labels.csv"}
    assert written["drift"] == content["parameters"]["drift"]


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="holds no PrometheusRule"):
        rule_groups(tmp_path, WHO)
    path = tmp_path / "gitops/overlays/dev/kustomization.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("labels: []\n")
    with pytest.raises(ConfigurationError, match="has no label mlops/team"):
        identity(tmp_path, "credit")
