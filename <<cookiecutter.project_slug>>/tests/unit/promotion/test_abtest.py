"""Verdicts: against scipy and published figures, at one look only, and refused when unfair."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from <<cookiecutter.package_name>>.promotion.abtest import evaluate
from <<cookiecutter.package_name>>.promotion.abtest_log import Assignments, Outcome, Unit
from <<cookiecutter.package_name>>.promotion.hypothesis import VARIANTS, Hypothesis
from <<cookiecutter.package_name>>.promotion.significance import two_proportions

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
LATER = START + timedelta(days=60)


def question(**changes):
    common = {"outcome": "paid", "baseline": 0.2, "minimum_effect": 0.1, "days": 0.0}
    return Hypothesis(**(common | changes))


def units(count, rates=(0.2, 0.2), share=50, seed=1, minutes=1):
    """One unit after the other with outcomes by chance, and which variant each one got."""
    random_numbers = random.Random(seed)
    log, outcomes = Assignments(lines=count), {}
    for number in range(count):
        second = random_numbers.random() < share / 100
        name = f"customer-{number}"
        at = START + timedelta(minutes=number * minutes)
        log.units.append(Unit(name, VARIANTS[second], at))
        outcomes[name] = Outcome(float(random_numbers.random() < rates[second]), at)
    return log, outcomes


# The verdict


@pytest.mark.parametrize(
    "rates, better, verdict",
    [
        ((0.2, 0.4), "higher", "challenger"),
        ((0.4, 0.2), "higher", "default"),
        ((0.4, 0.2), "lower", "challenger"),
        ((0.3, 0.3), "higher", "no difference"),
    ],
)
def test_verdicts(rates, better, verdict):
    hypothesis = question(better=better, baseline=rates[0])
    log, outcomes = units(3000, rates)
    found = evaluate(hypothesis, log, outcomes, START, LATER)
    assert found.verdict == verdict
    assert f"{found.comparison.p_value:.3g}" in found.reasons[0]


def test_means_are_judged_by_the_t_test():
    hypothesis = question(baseline=100.0, minimum_effect=5.0, deviation=20.0)
    log, _ = units(700)
    gains = dict(zip(VARIANTS, (100.0, 108.0), strict=True))
    outcomes = {
        unit.name: Outcome(random.Random(unit.name).gauss(gains[unit.variant], 20))
        for unit in log.units
    }
    found = evaluate(hypothesis, log, outcomes, START, LATER)
    assert found.verdict == "challenger" and found.comparison.test == "Welch's t-test"
    assert found.comparison.low < 8 < found.comparison.high


def test_not_yet_says_what_is_missing_and_shows_no_result():
    log, outcomes = units(400, rates=(0.1, 0.9))
    found = evaluate(question(), log, outcomes, START, LATER)
    counted = found.samples["default"].counted
    assert found.verdict == "not yet" and found.comparison is None
    assert found.reasons[0] == (
        f"default: {counted:,} of 294 units with an outcome, {294 - counted:,} missing"
    )
    assert len(found.reasons) == 2


def test_an_empty_log_is_not_yet():
    found = evaluate(question(), Assignments(), {}, START, LATER)
    assert found.verdict == "not yet" and "0 of 294" in found.reasons[0]


def test_the_verdict_does_not_depend_on_when_one_looks():
    """Equal variants, looked at after every 50 units: a level of 5 % must stay one."""
    wrong, peeked = 0, 0
    for seed in range(120):
        log, outcomes = units(900, seed=seed)
        looks = []
        for shown in range(600, 901, 50):
            part = Assignments(log.units[:shown], lines=shown)
            now = log.units[shown - 1].at
            looks.append(evaluate(question(), part, outcomes, START, now))
        decided = [look for look in looks if look.comparison is not None]
        assert decided, "300 units a variant are enough"
        assert {look.verdict for look in decided} == {decided[0].verdict}
        assert {look.comparison for look in decided} == {decided[0].comparison}
        wrong += decided[0].verdict != "no difference"
        peeked += any(naive(log.units[:shown], outcomes) < 0.05 for shown in range(100, 901, 50))
    assert wrong <= 13, "more than 5 % of 120 by far more than chance"
    assert peeked > 2 * wrong, "what stopping at the first small p-value would have done"


def naive(some, outcomes):
    rows = {variant: [] for variant in VARIANTS}
    for unit in some:
        rows[unit.variant].append(outcomes[unit.name].value)
    (first, second) = rows.values()
    return two_proportions(int(sum(first)), len(first), int(sum(second)), len(second), 0.05).p_value


def test_units_after_the_horizon_change_nothing():
    log, outcomes = units(1200)
    before = evaluate(question(), log, outcomes, START, LATER)
    for number in range(1200, 3000):
        name = f"customer-{number}"
        at = START + timedelta(minutes=number)
        log.units.append(Unit(name, VARIANTS[number % 2], at))
        outcomes[name] = Outcome(float(number % 2))
    after = evaluate(question(), log, outcomes, START, LATER)
    assert after.comparison == before.comparison and after.verdict == before.verdict
    assert sum(sample.beyond for sample in after.samples.values()) > 1800


def test_weekdays_differ_so_there_is_a_shortest_time():
    log, outcomes = units(1200)
    week = question(days=7.0)
    early = evaluate(week, log, outcomes, START, START + timedelta(days=6))
    assert early.verdict == "not yet"
    assert early.reasons == ("runs until 2026-11-09 08:00 UTC at least (7 days)",)
    late = evaluate(week, log, outcomes, START, START + timedelta(days=8))
    assert late.verdict == "no difference"
    assert late.horizon == START + timedelta(days=7)
    assert sum(sample.counted for sample in late.samples.values()) == 1200


def test_young_units_wait_even_if_their_outcome_is_known():
    log, outcomes = units(1000)
    hypothesis = question(window_hours=10.0)
    found = evaluate(hypothesis, log, outcomes, START, log.units[-1].at)
    waiting = sum(sample.waiting for sample in found.samples.values())
    assert waiting == 600, "one unit a minute, the last ten hours of them"


def test_the_last_units_may_still_be_in_their_window():
    log, outcomes = units(1200, minutes=0)
    found = evaluate(
        question(window_hours=1.0, days=1.0), log, outcomes, START, START + timedelta(days=1.02)
    )
    assert found.verdict == "not yet"
    assert "2026-11-03 09:00" in found.reasons[0]


@pytest.mark.parametrize("missing, counted", [("excluded", 900), ("zero", 1200)])
def test_units_without_an_outcome(missing, counted):
    log, outcomes = units(1200)
    for number in range(0, 1200, 4):
        del outcomes[f"customer-{number}"]
    # An outcome after the window is none.
    late = outcomes["customer-1"]
    outcomes["customer-1"] = Outcome(late.value, log.units[1].at + timedelta(hours=3))
    hypothesis = question(window_hours=2.0, missing=missing, days=30.0)
    found = evaluate(hypothesis, log, outcomes, START, LATER)
    assert sum(sample.counted for sample in found.samples.values()) == counted - (
        missing == "excluded"
    )


# Unfair tests


def test_a_log_in_which_routing_is_not_sticky():
    log, outcomes = units(1200)
    log.duplicates = 13
    found = evaluate(question(), log, outcomes, START, LATER)
    assert found.verdict == "refused" and found.comparison is None
    assert "13 of 1,213 units were answered by both variants" in found.reasons[0]


def test_a_few_units_in_both_variants_are_borne():
    log, outcomes = units(1200)
    log.duplicates = 12
    assert evaluate(question(), log, outcomes, START, LATER).verdict == "no difference"


def test_a_log_that_is_broken():
    log, outcomes = units(1200)
    log.lines, log.unusable, log.problem = 1300, 100, "log.jsonl:7 has no unit"
    found = evaluate(question(), log, outcomes, START, LATER)
    assert "100 of 1,300 lines" in found.reasons[0] and "log.jsonl:7" in found.reasons[0]


def test_a_split_that_is_not_the_configured_one():
    log, outcomes = units(2000, share=40)
    found = evaluate(question(), log, outcomes, START, LATER)
    assert found.verdict == "refused" and "and not 50 : 50" in found.reasons[0]


def test_outcomes_that_are_missing_on_one_side():
    log, outcomes = units(2000)
    lost = [unit.name for unit in log.units if unit.variant == "challenger"]
    for name in lost[::4]:
        del outcomes[name]
    found = evaluate(question(), log, outcomes, START, LATER)
    assert found.verdict == "refused" and "missing more often in one variant" in found.reasons[0]
