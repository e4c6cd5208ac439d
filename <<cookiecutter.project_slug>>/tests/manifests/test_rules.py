"""Rules for Prometheus: valid, proven to fire and to be silent."""

import re
import shutil
from pathlib import Path

import combinations
import pytest
import rule_files
import yaml
from combinations import ENVIRONMENTS, SLUG
from rules import named

from <<cookiecutter.package_name>>.evaluation import HIGHER_IS_BETTER

TESTS = sorted((combinations.ROOT / "observability" / "tests").glob("*.yaml"))


@pytest.fixture(scope="session")
def folder(environments, tmp_path_factory) -> Path:
    """Plain rule files and, with names of their own, the tests that refer to them."""
    folder = tmp_path_factory.mktemp("rules")
    rule_files.write(environments, folder)
    for path in TESTS:
        rule_files.write_test(path, folder / f"test-{path.name}")
    return folder


def proofs() -> dict[str, dict[str, int]]:
    """How many tests of each alert expect it, and how many expect silence."""
    found: dict[str, dict[str, int]] = {}
    for path in TESTS:
        for case in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for test in case.get("alert_rule_test", []):
                count = found.setdefault(test["alertname"], {"fires": 0, "silent": 0})
                count["fires" if test.get("exp_alerts") else "silent"] += 1
    return found


def test_rules_are_valid(folder):
    files = [path for path in folder.glob("*.yaml") if not path.name.startswith("test-")]
    said = rule_files.run("check", "rules", *files)
    assert said.count("SUCCESS") == len(files) > 10


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_rules_do_what_their_tests_say(path, folder):
    assert "SUCCESS" in rule_files.run("test", "rules", folder / f"test-{path.name}")


def test_a_wrong_rule_would_be_noticed(folder, tmp_path):
    """The runner itself: a rule that counts refusals as errors makes its test fail."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "recording.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("5..", "[45].."), "utf-8")
    assert path.read_text("utf-8") != text
    with pytest.raises(AssertionError, match="ml:request_errors:rate5m"):
        rule_files.run("test", "rules", tmp_path / "test-recording.yaml")


def test_every_alert_has_a_test_that_fires_and_one_that_is_silent(prod):
    known, proven = {rule["alert"] for _, rule in rule_files.alerts(prod)}, proofs()
    assert sorted(known - proven.keys()) == []
    assert sorted(proven.keys() - known) == []
    assert [name for name, count in proven.items() if not all(count.values())] == []


def test_rules_are_the_same_in_every_environment(environments):
    """But for constants: what was proven for one holds for all."""
    found = [
        {n: g for n, g in rule_files.groups(o).items() if n not in rule_files.OF_ENVIRONMENT}
        for o in environments.values()
    ]
    assert found.count(found[0]) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_constants_say_whose_they_are(environment, environments):
    seen = set()
    for name, rule in rule_files.rules_of(environments[environment]):
        if name in rule_files.OF_ENVIRONMENT:
            seen.add(name)
            assert rule["labels"]["namespace"] == f"{SLUG}-{environment}"
            assert rule["labels"]["environment"] == environment
            assert rule["labels"]["model_name"] == SLUG
            assert all(isinstance(value, str) for value in rule["labels"].values())
    assert "thresholds" in seen


def test_rules_name_no_namespace_and_keep_it(prod):
    """The platform narrows each rule to its own namespace; a join must not lose it."""
    for name, rule in rule_files.rules_of(prod):
        expr = str(rule["expr"])
        assert not re.search(r'namespace\s*[=!]~?\s*"', expr), (name, expr)
        for keyword, inside in re.findall(r"\b(by|on|ignoring|without) \(([^)]*)\)", expr):
            labels = {label.strip() for label in inside.split(",")}
            assert ("namespace" in labels) == (keyword in ("by", "on")), (name, expr)


def test_all_predictors_are_scraped_and_told_apart(prod):
    # A mesh has one of its own, for proxies.
    monitors = {i["metadata"]["name"]: i for i in prod if i["kind"] == "PodMonitor"}
    monitor = monitors["model"]
    (deployment,) = [item for item in prod if item["kind"] == "SeldonDeployment"]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    for predictor in deployment["spec"]["predictors"]:
        assert wanted <= predictor["labels"].items()
    assert not any("predictor" in key for key, _ in wanted)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    made = {item["targetLabel"] for item in endpoint["relabelings"]}
    assert made == {"environment", "team", "model_name", "predictor"}
    for item in endpoint["relabelings"]:
        (label,) = item["sourceLabels"]
        known = {re.sub(r"\W", "_", key) for key in deployment["spec"]["predictors"][0]["labels"]}
        assert label.removeprefix("__meta_kubernetes_pod_label_") in known
    assert endpoint["honorLabels"] is True


def test_quality_is_compared_where_more_is_better(prod):
    (rule,) = [rule for _, rule in rule_files.alerts(prod) if rule["alert"] == "MLQualityDegraded"]
    (named,) = re.findall(r'metric=~"([^"]+)"', rule["expr"])
    assert named.split("|") == sorted(name for name, better in HIGHER_IS_BETTER.items() if better)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_day_ago_is_the_run_before(environment, environments):
    """Alerts on drift look back by one day; with another schedule that is not the last run."""
    job = named(environments[environment], "CronJob", "monitoring")
    minute, hour, *rest = job["spec"]["schedule"].split()
    assert minute.isdigit() and hour.isdigit() and rest == ["*", "*", "*"]
    exprs = [str(rule["expr"]) for _, rule in rule_files.alerts(environments[environment])]
    assert {text for expr in exprs for text in re.findall(r"offset (\w+)", expr)} == {"1d"}
