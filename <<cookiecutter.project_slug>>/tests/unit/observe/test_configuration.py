"""The local configuration is made of this repository's own rules, with a cluster's labels."""

import json
from pathlib import Path

import pytest
import yaml

from <<cookiecutter.package_name>>.observe.configuration import (
    ConfigurationError,
    Identity,
    identity,
    rule_groups,
    write_alertmanager,
    write_prometheus,
)
from <<cookiecutter.package_name>>.observe.finding import find

ROOT = Path(__file__).parents[3]
WHO = Identity("credit", "risk", "dev")
PLACES = ("observability/environment/", "gitops/overlays/dev/", "gitops/components/mesh/")


def test_the_labels_are_those_of_the_overlay():
    who = identity(ROOT, "credit", "prod")
    content = yaml.safe_load((ROOT / "gitops/overlays/prod/kustomization.yaml").read_text("utf-8"))
    (pairs,) = [item["pairs"] for item in content["labels"]]

    assert who.team == pairs["mlops/team"]
    assert (
        who.scraped("canary").items()
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
        assert rule["labels"].items() >= WHO.pushed.items()
    others = [rule for rule in rules if rule not in constants]
    assert all(rule["labels"]["namespace"] == "credit-dev" for rule in others)
    assert not any("model_name" in rule["labels"] for rule in others)


def test_the_files(tmp_path):
    targets = {"model": (1, WHO.scraped()), "pushgateway": (2, {})}
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


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="holds no PrometheusRule"):
        rule_groups(tmp_path, WHO)
    path = tmp_path / "gitops/overlays/dev/kustomization.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("labels: []\n")
    with pytest.raises(ConfigurationError, match="has no label mlops/team"):
        identity(tmp_path, "credit")
