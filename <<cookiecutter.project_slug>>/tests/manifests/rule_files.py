"""Rules of the rendered overlays as plain files, which promtool and a Prometheus can read."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from absent import program

# Their constants are those of one environment.
OF_ENVIRONMENT = ("thresholds", "kpi-values")
# What tests of alerts have to say; links and owner are alike, and test_alert_pages.py reads them.
_TOLD = ("summary", "description")


def groups(objects: list[dict]) -> dict[str, list[dict]]:
    """The groups of each PrometheusRule by its name."""
    rules = [item for item in objects if item["kind"] == "PrometheusRule"]
    return {item["metadata"]["name"]: item["spec"]["groups"] for item in rules}


def rules_of(objects: list[dict]) -> Iterator[tuple[str, dict]]:
    """Every rule with the name of its object."""
    for name, found in groups(objects).items():
        for group in found:
            for rule in group["rules"]:
                yield name, rule


def alerts(objects: list[dict]) -> list[tuple[str, dict]]:
    """Every alert with the name of its object."""
    return [(name, rule) for name, rule in rules_of(objects) if "alert" in rule]


def write(rendered: dict[str, list[dict]], folder: Path) -> list[Path]:
    """Write ``<object>.yaml`` of prod, and ``<object>-<environment>.yaml`` of constants."""
    files = []
    for environment, objects in rendered.items():
        for name, found in groups(objects).items():
            if name in OF_ENVIRONMENT:
                name = f"{name}-{environment}"
            elif environment != "prod":
                continue
            files.append(folder / f"{name}.yaml")
            files[-1].write_text(yaml.safe_dump({"groups": list(map(_told, found))}), "utf-8")
    return files


def write_test(source: Path, target: Path) -> None:
    """Copy a unit test of rules, without what ``write`` leaves out of alerts."""
    # Quoted, as Python would take 0x20 for a number where promtool takes the text.
    text = re.sub(r"(?<=values: )([^\"'\s{}][^{}\n]*)", r'"\1"', source.read_text("utf-8"))
    content = yaml.safe_load(text)
    for case in content["tests"]:
        for test in case.get("alert_rule_test", []):
            for expected in test.get("exp_alerts", []):
                expected.get("exp_labels", {}).pop("owner", None)
                told = expected.get("exp_annotations", {})
                expected["exp_annotations"] = {key: told[key] for key in _TOLD if key in told}
    target.write_text(yaml.safe_dump(content), "utf-8")


def run(*arguments: str | Path) -> str:
    """What promtool prints. Raises ``AssertionError`` with it if promtool is not content."""
    done = subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _told(group: dict) -> dict:
    # Links and owner: a test of each alert would repeat them.
    rules = []
    for rule in group["rules"]:
        if "alert" in rule:
            labels = {key: value for key, value in rule["labels"].items() if key != "owner"}
            told = {key: rule["annotations"][key] for key in _TOLD}
            rule = {**rule, "labels": labels, "annotations": told}
        rules.append(rule)
    return {**group, "rules": rules}
