"""Metrics, checks and load test as a person reads them in a pull request."""

from math import nan

import pytest
from project import LOAD_TEST, record, release

from <<cookiecutter.package_name>>.promotion.figures import (
    load_test_table,
    metric_table,
    number,
    verdicts,
)

OLD, NEW = release(7), release(8)


def metric(value, low=0.9, high=0.99, baseline=0.5):
    return {"value": value, "low": low, "high": high, "baseline": baseline}


def with_metrics(of, metrics, higher=None, **changes):
    better = {name: True for name in metrics} | (higher or {})
    return record(of, metrics=metrics, higher_is_better=better, **changes)


def row(text, name):
    (line,) = [line for line in text.splitlines() if f"`{name}`" in line and line.startswith("|")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("old", "new", "higher", "difference", "verdict"),
    [
        (0.95, 0.97, True, "+0.02", "▲ better, within the interval"),
        (0.8, 0.97, True, "+0.17", "▲ better"),
        (0.97, 0.95, True, "−0.02", "▼ worse, within the interval"),
        (0.995, 0.95, True, "−0.045", "▼ worse"),
        (0.97, 0.95, False, "−0.02", "▲ better, within the interval"),
        (0.8, 0.97, False, "+0.17", "▼ worse"),
        (0.97, 0.97, True, "0", "= equal"),
        (None, 0.97, True, "–", "cannot be compared"),
        (0.97, nan, True, "–", "cannot be compared"),
        ("high", 0.97, True, "–", "cannot be compared"),
    ],
)
def test_the_arrow_knows_which_way_is_better(old, new, higher, difference, verdict):
    ours = with_metrics(NEW, {"score": metric(new)}, {"score": higher})
    theirs = with_metrics(OLD, {"score": metric(old)}, {"score": higher})

    cells = row(metric_table(ours, theirs, "prod"), "score")

    assert cells[1] == ("higher" if higher else "lower")
    assert cells[5:] == [difference, verdict]


def test_the_metric_that_decides_comes_first():
    metrics = {name: metric(0.95) for name in ("accuracy", "roc_auc", "f1")}
    text = metric_table(with_metrics(NEW, metrics, primary="roc_auc"), None, "dev")

    lines = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert lines == ["Metric", "---", "**`roc_auc`**, primary", "`accuracy`", "`f1`"]


def test_values_have_their_interval():
    ours = with_metrics(NEW, {"rmse": metric(53.271234, 50.5, 1234.5)}, {"rmse": False})
    theirs = with_metrics(OLD, {"rmse": metric(60)}, {"rmse": False})

    text = metric_table(ours, theirs, "prod")

    assert row(text, "rmse")[2:5] == ["60", "53.27", "50.5 to 1,234"]
    assert f"| `{OLD.id}` | `{NEW.id}` | 95 % interval |" in text


def test_a_first_release_is_compared_with_no_model():
    text = metric_table(with_metrics(NEW, {"roc_auc": metric(0.98)}), None, "staging")

    assert "staging has no release to compare with. The dataset has 1,000 rows." in text
    assert "Without a model" in text
    assert row(text, "roc_auc")[2:] == ["0.98", "0.9 to 0.99", "0.5"]
    assert "better" not in text.lower().replace("| better |", "")


def test_other_data_may_be_what_makes_the_difference():
    ours, theirs = record(NEW), record(OLD)
    other = record(NEW, data={**theirs.data})

    different = metric_table(ours, theirs, "prod")
    same = metric_table(other, theirs, "prod")

    assert "different datasets" in different and "may also come from the data" in different
    assert f"`{NEW.data_hash}` now" in different
    assert f"on the same dataset `{OLD.data_hash}`" in same


def test_metrics_that_only_one_of_them_has_are_shown():
    ours = with_metrics(NEW, {"brier": metric(0.1)})
    theirs = with_metrics(OLD, {"roc_auc": metric(0.9)})

    text = metric_table(ours, theirs, "prod")

    assert row(text, "brier")[2] == "–"
    assert "roc_auc" not in text


def test_without_metrics_it_says_so_and_too_many_are_counted():
    assert "None are recorded" in metric_table(record(NEW, metrics={}), None, "dev")
    many = {f"recall_{number}": metric(0.9) for number in range(50)}
    assert "10 more are in the record." in metric_table(with_metrics(NEW, many), None, "dev")


def test_records_that_somebody_broke_are_still_shown():
    broken = record(NEW, metrics={"a": 3, "b": {"value": "x|y\n"}}, data={}, higher_is_better={})

    text = metric_table(broken, record(OLD), "prod")

    assert row(text, "a")[2:] == ["–", "–", "–", "–", "cannot be compared"]
    assert "`x\\|y`" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["- drift: `no drift`, 0.0 % of the features: `no drift between both`"]),
        ({"drift": None}, ["- drift: not measured"]),
        ({"drift": {"status": "drift", "share": 0.314, "detail": "drift"}}, ["`drift`, 31.4 %"]),
        ({"drift": {"status": "not enough data", "share": None}}, ["- drift: `not enough data`\n"]),
        ({"quality": None}, ["- quality: not checked"]),
        ({}, ["- quality: passed"]),
        ({"quality": {"passed": False, "findings": ["nulls", "@a"]}}, ["failed: `nulls`; `@a`"]),
        ({"quality": {"passed": "yes", "findings": "no list"}}, ["- quality: failed"]),
    ],
)
def test_the_checks_of_the_data_are_told(changes, expected):
    text = verdicts(record(NEW, **changes)) + "\n"

    for part in expected:
        assert part in text


def test_a_load_test_is_shown_against_its_budget():
    result = {
        **LOAD_TEST,
        "p95_milliseconds": {"one row": 120.0, "batch": 40},
        "error_share": 0.002,
        "passed": False,
        "problems": ["p95 of one row is 120 ms"],
        "budget": {
            "p95_milliseconds": {"one row": 100, "invalid": 100},
            "error_share": 0.001,
            "requests_per_second": 20,
        },
    }

    text = load_test_table(result)

    assert "The release is **over its budget**." in text
    assert row(text, "one row") == [
        "p95, `one row`",
        "120 ms",
        "at most 100 ms",
        "✗ **broken**",
    ]
    assert row(text, "batch")[1:] == ["40 ms", "–", ""]
    assert row(text, "invalid")[1:] == ["–", "at most 100 ms", "✗ **broken**"]
    assert "| requests per second | 410.5 | at least 20 | ✓ kept |" in text
    assert "| share of errors | 0.002 | at most 0.001 | ✗ **broken** |" in text
    assert text.endswith("\n\n- `p95 of one row is 120 ms`")


def test_a_load_test_within_its_budget_or_none_at_all():
    assert "within its budget" in load_test_table(LOAD_TEST)
    assert load_test_table(None) == "### Load test\n\nNone is recorded."
    assert "over its budget" in load_test_table({"budget": "broken", "p95_milliseconds": 3})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.98123456, "0.9812"),
        (0, "0"),
        (1234567.8, "1,234,568"),
        (-0.00001234, "-1.234e-05"),
        (None, "–"),
        (True, "`True`"),
        (float("inf"), "`inf`"),
    ],
)
def test_numbers_are_short(value, expected):
    assert number(value) == expected
