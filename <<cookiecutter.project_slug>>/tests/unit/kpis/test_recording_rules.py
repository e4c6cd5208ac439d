"""The constants in Prometheus are those of the file."""

import re
from pathlib import Path

import yaml
from test_formulas import kpi

from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, LIVE, REPORTED, KpiFile, load_kpi
from <<cookiecutter.package_name>>.kpis.recording_rules import RULES_FILE, rules_text

ROOT = Path(__file__).parents[3]


def test_the_committed_rules_are_those_of_the_file():
    assert (ROOT / RULES_FILE).read_text() == rules_text(load_kpi(ROOT / KPI_FILE)), (
        "run `make kpi-rules` and commit both files"
    )


def test_every_constant_is_a_series():
    (group,) = yaml.safe_load(rules_text(kpi()))["spec"]["groups"]
    found = {
        (rule["record"], *rule.get("labels", {}).values()): rule["expr"] for rule in group["rules"]
    }

    assert found["ml:kpi_value", "tp", "EUR"] == "vector(120)"
    assert found["ml:kpi_value", "fn", "EUR"] == "vector(-200)"
    assert found["ml:kpi_baseline_value", "tp", "EUR"] == "vector(-200)"
    assert found["ml:kpi_cost", "fixed", "EUR"] == "vector(2000)"
    assert found["ml:kpi_cost", "predictions", "EUR"] == "vector(25)"
    assert found["ml:kpi_cost", "build", "EUR"] == "vector(1000)"
    assert found["ml:kpi_minimum_labels",] == "vector(1)"
    assert len(found) == len(group["rules"]) == 13


def test_no_digit_is_lost():
    text = rules_text(kpi(per_1000_predictions=0.1 + 0.2))

    assert f"vector({0.1 + 0.2!r})" in text


def test_the_reference_names_every_key_metric_and_series():
    page = (ROOT / "docs/reference/kpi.md").read_text()
    rules = yaml.safe_load((ROOT / "observability/environment/kpi.yaml").read_text())
    every = [rule for group in rules["spec"]["groups"] for rule in group["rules"]]
    recorded = {rule["record"] for rule in every if "record" in rule}
    # What only other rules read.
    inner = {"ml:kpi_predictions:increase1d", "ml:kpi_errors:ratio_rate1h"}
    constants = set(re.findall("record: (ml:[a-z_]+)", rules_text(kpi())))
    named = {*KpiFile.model_fields, *REPORTED, *LIVE, *constants, *(recorded - inner)}

    def is_named(text):
        stem, _, window = text.rpartition(":")
        return f"`{text}" in page or (f"`{stem}:" in page and f"`:{window}`" in page)

    assert [text for text in sorted(named) if not is_named(text)] == []
