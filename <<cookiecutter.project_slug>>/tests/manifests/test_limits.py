"""Limits of alerts: complete, known, possible, and different where environments differ."""

import re
from pathlib import Path

import combinations
import limits
import pytest
import rule_files
import yaml
from combinations import ENVIRONMENTS, Combination


def place(environment: str) -> Path:
    """The file of an environment."""
    return combinations.ROOT / f"gitops/overlays/{environment}/settings/thresholds.yaml"


def values(environment: str) -> dict[str, str]:
    """The expression of each threshold by name."""
    (group,) = yaml.safe_load(place(environment).read_text("utf-8"))["spec"]["groups"]
    rules = [rule for rule in group["rules"] if rule["record"] == "ml:threshold"]
    return {rule["labels"]["name"]: rule["expr"] for rule in rules}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_limits_of_every_environment_are_whole(environment):
    assert list(limits.problems(place(environment))) == []


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r".*name: drift_share.*\n", "", "dev/settings/thresholds.yaml: drift_share is missing"),
        ("name: drift_share", "name: drift", "thresholds.yaml: drift is unknown; known are cost"),
        (r"(.*name: drift_share.*\n)", r"\1\1", "drift_share is there 2 times"),
        (r"(?<=drift_share}, expr: ).*(?=})", "vector(1.5)", "drift_share is 1.5; it is a share"),
        (r"(?<=drift_share}, expr: ).*(?=})", '"0.5"', "write vector"),
        (r"(?<=error_budget}, expr: ).*(?=})", "vector(0.2)", "nobody is ever woken"),
        (r"(?<=minimum_labels}, expr: ).*(?=})", "vector(-1)", "cannot be negative"),
        (r'le: "[0-9.]+"', 'le: "0.3"', "has le '0.3'; it must be an edge"),
        (r'le: "[0-9.]+"', "le: 0.5", "has le 0.5; it must be an edge, as text"),
        (r'le: "[0-9.]+"', 'le: "1"', "has le '1'"),
        (r".*ml:latency_objective.*\n", "", "ml:latency_objective is there 0 times"),
        (r"'ml:threshold', labels: {name: drift_share}", "'ml:limit'", "ml:limit is no threshold"),
    ],
)
def test_a_broken_file_is_refused_with_file_and_name(pattern, replacement, said, copy):
    path = copy / "gitops/overlays/dev/settings/thresholds.yaml"
    text = path.read_text("utf-8")
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1
    path.write_text(changed, "utf-8")
    assert said in "\n".join(limits.problems(path))


def test_every_limit_is_read_by_a_rule_and_every_rule_finds_its_limit(rendered):
    read = set()
    for _, rule in rule_files.rules_of(rendered(Combination("prod"))):
        read |= set(re.findall(r'ml:threshold\{[^}]*name="(\w+)"', str(rule["expr"])))
    assert read == set(limits.NAMES)


def test_limits_differ_as_environments_do():
    found = [values(environment) for environment in ENVIRONMENTS]
    for name in ("error_budget", "drift_share", "quality_drop", "rejected_share", "missing_share"):
        numbers = [float(each[name].removeprefix("vector(").removesuffix(")")) for each in found]
        assert numbers == sorted(numbers, reverse=True), name
        assert numbers[0] > numbers[-1], name


def test_limits_are_not_promoted_with_a_release():
    """They are in settings/, which no promotion touches."""
    for environment in ENVIRONMENTS:
        listed = yaml.safe_load((place(environment).parent / "kustomization.yaml").read_text())
        assert "thresholds.yaml" in listed["resources"]
