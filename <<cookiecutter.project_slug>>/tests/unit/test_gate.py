"""Every check of the quality gate, passed and failed, with its reasons."""

import math

import pytest
from pydantic import ValidationError

from <<cookiecutter.package_name>> import gate
from <<cookiecutter.package_name>>.challenge import Difference
from <<cookiecutter.package_name>>.evaluation import Evaluation

GOOD = Evaluation(
    rows=100,
    metrics={"roc_auc": 0.95, "log_loss": 0.2},
    baseline={"roc_auc": 0.5, "log_loss": 0.69},
    intervals={"roc_auc": (0.92, 0.97), "log_loss": (0.15, 0.25)},
)
DRIFTED = {
    "status": "drift",
    "columns": {
        "age": {"drifted": True},
        "bmi": {"drifted": False},
        "bp": {"drifted": True},
    },
}
STABLE = {"status": "no drift", "columns": {"age": {"drifted": False}}}


def settings(**changes: object) -> gate.GateSettings:
    champion = {"metric": "roc_auc", "margin": 0.02, **changes.pop("champion", {})}
    return gate.GateSettings.model_validate({"limits": {}, "champion": champion, **changes})


def decided(rules: gate.GateSettings, evaluation: Evaluation = GOOD, **known: object):
    known = {"difference": None, "quality_errors": [], "drift": STABLE} | known
    return gate.decide(rules, evaluation, **known)


def check(verdict: gate.GateVerdict, name: str) -> gate.Check:
    (found,) = [entry for entry in verdict.checks if entry.name == name]
    return found


def against(low: float, high: float, p_value: float | None = 0.25) -> Difference:
    return Difference("roc_auc", 0.95, 0.94, 0.01, low, high, 0.95, p_value)


def test_remarks_are_listed_last_and_errors_of_data_in_words():
    remark = gate.Check("expected value", True, "5 EUR")
    findings = [
        {"level": "error", "column": "age", "message": "3 nulls"},
        {"level": "error", "column": None, "message": "too few"},
        {"level": "warning", "column": "bmi", "message": "odd"},
    ]

    assert decided(settings(), remarks=[remark]).checks[-1] == remark
    assert gate.errors_of({"findings": findings}) == ["age: 3 nulls", "rows: too few"]


def test_a_good_first_model_passes_every_check():
    verdict = decided(settings(limits={"roc_auc": {"minimum": 0.9}}))

    assert verdict.passed
    assert [(entry.name, entry.reason) for entry in verdict.checks] == [
        ("roc_auc", "0.9500 [0.9200, 0.9700], asked at least 0.9"),
        (
            "beats the baseline",
            "roc_auc 0.9500 against 0.5000 of a model that knows only the target's distribution",
        ),
        ("against the champion", "there is no champion yet"),
        ("data quality", "no errors"),
        ("drift", "no drift between training and test rows"),
    ]
    assert verdict.explain().startswith("quality gate passed\n  [  ok] roc_auc: 0.9500")


@pytest.mark.parametrize(
    ("limit", "value", "passed"),
    [
        ({"minimum": 0.95}, 0.95, True),
        ({"minimum": 0.95}, 0.9499, False),
        ({"maximum": 0.2}, 0.2, True),
        ({"maximum": 0.2}, 0.2001, False),
        ({"minimum": 0.1, "maximum": 0.3}, 0.2, True),
        ({"minimum": 0.1, "maximum": 0.3}, 0.4, False),
        ({"minimum": 0.1, "maximum": 0.3}, 0.0, False),
        ({"minimum": 0}, math.nan, False),
        ({"maximum": 1}, math.nan, False),
    ],
)
def test_a_metric_must_keep_its_limits_and_be_a_number(limit, value, passed):
    measured = Evaluation(9, {"log_loss": value}, {}, {"log_loss": (value, value)})
    rules = settings(limits={"log_loss": limit}, beat_baseline=False)

    verdict = decided(rules, measured)

    assert check(verdict, "log_loss").passed is passed
    assert verdict.passed is passed


def test_one_failed_check_fails_the_gate_and_all_are_told():
    rules = settings(limits={"roc_auc": {"minimum": 0.99}, "log_loss": {"maximum": 0.3}})

    verdict = decided(rules, quality_errors=["too few rows", "duplicates"])

    assert not verdict.passed
    assert verdict.explain().splitlines()[:3] == [
        "quality gate FAILED",
        "  [FAIL] roc_auc: 0.9500 [0.9200, 0.9700], asked at least 0.99",
        "  [  ok] log_loss: 0.2000 [0.1500, 0.2500], asked at most 0.3",
    ]
    assert "  [FAIL] data quality: too few rows; duplicates" in verdict.explain()
    assert verdict.to_dict()["checks"][0]["passed"] is False


def test_a_metric_of_another_task_fails_instead_of_being_skipped():
    rules = settings(limits={"rmse": {"maximum": 3}}, champion={"metric": "mae"})

    verdict = decided(rules)

    reason = "not measured for this task; measured: roc_auc, log_loss"
    assert check(verdict, "rmse") == gate.Check("rmse", False, reason)
    assert check(verdict, "beats the baseline").reason == f"mae is {reason}"
    assert not check(verdict, "beats the baseline").passed


@pytest.mark.parametrize(
    ("metric", "ends", "passed"),
    [
        ("roc_auc", (0.51, 0.9), True),
        ("roc_auc", (0.5, 0.9), False),
        ("log_loss", (0.1, 0.68), True),
        ("log_loss", (0.1, 0.7), False),
        ("roc_auc", (math.nan, math.nan), False),
    ],
)
def test_the_whole_interval_must_beat_the_baseline(metric, ends, passed):
    measured = Evaluation(9, GOOD.metrics, GOOD.baseline, GOOD.intervals | {metric: ends})
    champion = {"metric": metric}

    assert decided(settings(champion=champion), measured).passed is passed
    assert decided(settings(champion=champion, beat_baseline=False), measured).passed


@pytest.mark.parametrize(
    ("rule", "low", "high", "passed"),
    [
        ("not_worse", -0.02, 0.05, True),
        ("not_worse", -0.03, 0.05, False),
        ("not_worse", math.nan, math.nan, False),
        ("not_significantly_worse", -0.5, -0.02, True),
        ("not_significantly_worse", -0.5, -0.03, False),
        ("not_significantly_worse", math.nan, math.nan, False),
    ],
)
def test_each_champion_rule_looks_at_its_own_bound(rule, low, high, passed):
    verdict = decided(settings(champion={"rule": rule}), difference=against(low, high))

    assert check(verdict, "against the champion").passed is passed
    assert verdict.passed is passed


def test_the_reason_against_a_champion_holds_all_figures():
    verdict = decided(settings(), difference=against(-0.01, 0.03))

    assert check(verdict, "against the champion").reason == (
        "roc_auc 0.9500 against 0.9400: gain +0.0100 [-0.0100, +0.0300] at 95%, "
        "allowed loss 0.02 (not_worse), McNemar p 0.250"
    )
    without = decided(settings(), difference=against(-0.01, 0.03, None))
    assert "McNemar" not in check(without, "against the champion").reason


@pytest.mark.parametrize(("rule", "passed"), [("fail", False), ("ignore", True)])
def test_a_champion_that_cannot_be_asked_fails_the_gate_unless_that_is_meant(rule, passed):
    rules = settings(champion={"on_schema_change": rule})

    verdict = decided(rules, incomparable="champion v3 needs worst_area")

    found = check(verdict, "against the champion")
    assert (found.passed, found.reason) == (passed, "champion v3 needs worst_area")
    assert verdict.passed is passed


def test_an_error_in_the_data_fails_the_gate():
    verdict = decided(settings(), quality_errors=["12% of the rows repeat"])

    assert not verdict.passed
    assert not check(verdict, "data quality").passed


@pytest.mark.parametrize(("rule", "passed"), [("fail", False), ("report", True)])
def test_drift_fails_the_gate_or_is_reported(rule, passed):
    verdict = decided(settings(drift=rule), drift=DRIFTED)

    found = check(verdict, "drift")
    assert found.passed is verdict.passed is passed
    assert found.reason.startswith("drift between training and test rows (2 of 3 columns: age, bp)")
    assert found.reason.endswith("(reported only)") is passed


def test_too_few_rows_to_measure_drift_are_no_drift():
    verdict = decided(settings(), drift={"status": "not enough data", "columns": {}})

    assert check(verdict, "drift").passed
    assert check(verdict, "drift").reason.startswith("not enough data")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limits": {"auc": {"minimum": 1}}}, "unknown metric auc; known: accuracy, balanced"),
        ({"champion": {"metric": "gini"}}, "unknown metric gini; known: "),
        ({"limits": {"f1": {}}}, "a limit needs a minimum or a maximum"),
        ({"limits": {"f1": {"min": 1}}}, r"limits\.f1\.min\n.*Extra inputs"),
        ({"limits": {"f1": {"minimum": math.nan}}}, r"limits\.f1\.minimum\n.*finite number"),
        ({"champion": {"margin": -0.1}}, r"champion\.margin\n.*greater than or equal to 0"),
        ({"champion": {"margin": math.inf}}, r"champion\.margin\n.*finite number"),
        ({"champion": {"confidence": 95}}, r"champion\.confidence\n.*less than 1"),
        ({"champion": {"rule": "better"}}, r"champion\.rule\n.*'not_worse'"),
        ({"drift": "ignore"}, r"drift\n.*'fail' or 'report'"),
        ({"beat_base": True}, r"beat_base\n.*Extra inputs"),
    ],
)
def test_settings_that_would_never_apply_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        settings(**changes)
