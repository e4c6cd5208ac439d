"""What observability/kpi.yaml may say; a broken one is refused with its line."""

import re
from pathlib import Path

import pytest
import yaml

from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, KpiFileError, load_kpi
from <<cookiecutter.package_name>>.kpis.outcomes import outcome_names
from <<cookiecutter.package_name>>.schema import load_schema

ROOT = Path(__file__).parents[3]
BINARY = """\
currency: EUR
outcomes: {tp: 120, fp: -15, tn: 0, fn: -200}
baseline:
  policy: nobody
running_costs:
  per_month: 1500
build_cost: {amount: 24000, months: 24}
minimum_labels: 200
kpis:
  - {metric: roi, kpi: Return, owner: Ann, target: {at_least: 1}}
"""


def refused(tmp_path, text):
    path = tmp_path / "kpi.yaml"
    path.write_text(text)
    with pytest.raises(KpiFileError) as refusal:
        load_kpi(path)
    assert str(path) in str(refusal.value)
    return str(refusal.value).replace(str(path), "FILE")


def test_the_project_s_own_file_fits_its_schema():
    kpi = load_kpi(ROOT / KPI_FILE)

    assert outcome_names(kpi, load_schema(ROOT / "configs/schema.yaml")) == kpi.names
    assert kpi.kpis


def test_the_rest_has_defaults(tmp_path):
    path = tmp_path / "kpi.yaml"
    path.write_text(BINARY)

    kpi = load_kpi(path)

    assert kpi.names == ("tp", "fp", "tn", "fn")
    assert kpi.running_costs.per_1000_predictions == 0
    assert kpi.kpis[0].target.at_least == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("per_month: 1500", "per_moth: 1500", "line 6: running_costs.per_moth: Extra inputs"),
        ("per_month: 1500", "per_month: -1", "line 6: running_costs.per_month: Input should be"),
        ("per_month: 1500", 'per_month: "1500"', "line 6: running_costs.per_month"),
        ("per_month: 1500", "per_month: .nan", "line 6: running_costs.per_month"),
        ("minimum_labels: 200\n", "", "line 1: minimum_labels: Field required"),
        ("currency: EUR", "currency: Euro", "line 1: currency"),
        ("fn: -200", "fn: .inf", "line 2: outcomes.fn"),
        (", fn: -200", "", r"outcomes must be exactly \(tp, fp, tn, fn\) or \(correct"),
        ("minimum_labels", "tolerance: 5\nminimum_labels", "tolerance belongs to outcomes within"),
        ("policy: nobody", "policy: former", "line 3: baseline: .*former needs counts"),
        ("policy: nobody", "policy: all", "line 4: baseline.policy"),
        (
            "policy: nobody",
            "policy: former\n  counts: {tp: 0, fp: 1, tn: 1, fn: 0}",
            "no case at all of tp or fn",
        ),
        ("policy: nobody", "policy: former\n  counts: {tp: 1}", "counts must name tp, fp, tn, fn"),
        ("policy: nobody", "policy: former\n  counts: {tp: -1}", "must be 0 or more"),
        ("metric: roi", "metric: rio", "line 10: kpis.0: .*no metric 'rio'; known: model_value"),
        ("{at_least: 1}", "{}", "line 10: kpis.0.target: .*either at_least or at_most"),
        ("fp: -15", "fp: -15, fp: 15", "line 2: the key 'fp' is given twice"),
        ("currency: EUR", "currency: [", "is not valid YAML"),
        ("currency: EUR", "? [a]\n: 1", r"line 1: the key \['a'\] is given twice or is no text"),
        ("currency: EUR", "currency: &it {more: *it}", "is not valid YAML: found .* recursive"),
        ("  - {metric: roi", "  - roi\n  - {metric: roi", "line 10: kpis.0: Input should be"),
    ],
)
def test_a_wrong_key_is_named_with_file_and_line(tmp_path, old, new, expected):
    assert old in BINARY

    message = refused(tmp_path, BINARY.replace(old, new))

    assert message.startswith("FILE")
    assert re.search(expected, message), message


def test_every_problem_is_named_at_once(tmp_path):
    broken = BINARY.replace("EUR", "euro").replace("minimum_labels: 200", "minimum_labels: 0")

    assert len(refused(tmp_path, broken).splitlines()) == 2


def test_what_is_about_a_positive_class_needs_one(tmp_path):
    content = yaml.safe_load(BINARY)
    content |= {"outcomes": {"correct": 1.0, "incorrect": -1.0}}

    assert "is about a positive class" in refused(tmp_path, yaml.safe_dump(content))


def test_a_number_needs_a_tolerance(tmp_path):
    content = yaml.safe_load(BINARY) | {"baseline": {"policy": "none"}}
    content |= {"outcomes": {"within": 1.0, "over": -1.0, "under": -2.0}}

    assert "tolerance belongs to" in refused(tmp_path, yaml.safe_dump(content))


@pytest.mark.parametrize("content", [b"", b"- 1\n", b"\xff\xfe\x00"])
def test_what_is_no_mapping_is_refused(tmp_path, content):
    path = tmp_path / "kpi.yaml"
    path.write_bytes(content)

    with pytest.raises(KpiFileError, match="kpi.yaml"):
        load_kpi(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(KpiFileError, match="kpi.yaml does not exist; restore it from git"):
        load_kpi(tmp_path / "kpi.yaml")
