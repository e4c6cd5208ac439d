"""Figures from counts: the worked example of the documentation, and what always holds."""

import time

import numpy as np
import pytest
from test_outcomes import kpi as build

from <<cookiecutter.package_name>>.kpis.formulas import (
    RESAMPLES,
    WINDOW,
    Period,
    baseline_value,
    baseline_values,
    costs,
    figures,
    interval,
    model_value,
    net_interval,
    totals,
    value_at_risk,
)

VALUES = {"tp": 120.0, "fp": -15.0, "tn": 0.0, "fn": -200.0}
COUNTS = {"tp": 720, "fp": 1440, "fn": 360, "tn": 7200}


def kpi(policy="nobody", counts=None, **costs_of):
    spent = {"per_month": 2000.0, "per_1000_predictions": 25.0} | costs_of
    return build(
        VALUES,
        baseline={"policy": policy, "counts": counts},
        running_costs=spent,
        build_cost={"amount": 36000.0, "months": 36},
    )


def test_the_worked_example():
    file = kpi(cores=2.0, per_core_hour=0.25, memory_gib=4.0, per_gib_hour=0.125, per_month=1780.0)

    found = figures(file, COUNTS, predictions=20000)

    assert found.model_value == -7200
    assert found.baseline_value == -216000
    assert found.costs.compute == 720
    assert found.costs.running == 3000
    assert found.costs.total == 4000
    assert found.net_benefit == 204800
    assert found.roi == 51.2
    assert found.cost_per_1000 == 200
    assert found.value_per_1000 == pytest.approx(-7200 / 9720 * 1000)


def test_baselines_follow_from_the_same_counts():
    assert baseline_value(kpi("nobody"), COUNTS) == (720 + 360) * -200
    assert baseline_value(kpi("everybody"), COUNTS) == (720 + 360) * 120 + (1440 + 7200) * -15
    assert baseline_value(kpi("none"), COUNTS) == 0
    # Half of the positive cases found, a fifth of the negative ones disturbed.
    former = kpi("former", {"tp": 5, "fn": 5, "fp": 20, "tn": 80})
    assert baseline_value(former, COUNTS) == pytest.approx(1080 * -40 + 8640 * -3)


def test_a_model_that_does_what_the_baseline_does_gains_nothing():
    nobody, everybody = {"tn": 90, "fn": 10}, {"tp": 10, "fp": 90}

    for policy, counts in (("nobody", nobody), ("everybody", everybody)):
        assert model_value(kpi(policy), counts) == baseline_value(kpi(policy), counts)


def test_a_former_way_without_a_positive_class_counts_by_its_mean():
    file = build(
        {"within": 12.0, "over": -6.0, "under": -40.0},
        tolerance=5.0,
        baseline={"policy": "former", "counts": {"within": 2, "over": 1, "under": 1}},
    )

    assert set(baseline_values(file).values()) == {(24 - 6 - 40) / 4}


def test_costs_run_by_the_day_and_by_the_month():
    file = kpi(cores=1.0, per_core_hour=1.0)

    whole, third = costs(file, 1000, WINDOW), costs(file, 1000, Period(10, 1 / 3))

    assert (whole.fixed, whole.compute, whole.predictions, whole.build) == (2000, 720, 25, 1000)
    assert third.compute == 240
    assert third.build == pytest.approx(1000 / 3)
    assert third.predictions == whole.predictions


def test_without_costs_predictions_or_labels_there_is_no_quotient():
    free = build(VALUES)

    found = figures(free, {}, 0)

    assert (found.roi, found.cost_per_1000, found.value_per_1000) == (None, None, None)
    assert found.net_benefit == 0


def test_value_at_risk_adds_lost_and_worse_decisions():
    assert value_at_risk(480, 0.25, 240, 80) == 105600
    assert value_at_risk(480, 0, 240, 300) == 0
    # A lost decision that would have done harm is no loss.
    assert value_at_risk(480, 0.5, -10, -10) == 0


def test_the_interval_is_that_of_drawing_rows():
    file, random = kpi(), np.random.default_rng(1)
    counts = {"tp": 30, "fp": 20, "tn": 140, "fn": 10}
    rows = np.repeat([VALUES[name] for name in counts], list(counts.values()))
    by_rows = rows[random.integers(0, len(rows), (RESAMPLES, len(rows)))].sum(axis=1)

    by_counts = totals(counts, VALUES, seed=2)

    assert by_counts.mean() == pytest.approx(model_value(file, counts), abs=80)
    assert by_counts.std() == pytest.approx(by_rows.std(), rel=0.06)
    assert totals(counts, VALUES, seed=2).tolist() == by_counts.tolist()
    assert not totals({}, VALUES, seed=2).any()


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Of 300 months from one distribution, about 95 % of the intervals hold its mean."""
    file, random = kpi(), np.random.default_rng(3)
    shares = np.array([0.08, 0.15, 0.73, 0.04])
    truth = 1000 * shares @ np.array(list(VALUES.values()))
    held = 0
    for seed in range(300):
        counts = dict(zip(file.names, random.multinomial(1000, shares).tolist(), strict=True))
        found = interval(totals(counts, VALUES, seed))
        held += found.low <= truth <= found.high

    assert 0.91 <= held / 300 <= 0.98


def test_the_net_interval_lies_around_the_net_benefit():
    file = kpi()
    found = figures(file, COUNTS, 20000)

    bounds = net_interval(file, COUNTS, found.costs, seed=0)

    assert bounds.low < found.net_benefit < bounds.high


def test_a_billion_cases_cost_no_more_than_ten():
    started = time.process_time()

    net_interval(kpi(), {name: count * 100_000 for name, count in COUNTS.items()}, WINDOW_COSTS, 0)

    assert time.process_time() - started < 0.5


WINDOW_COSTS = costs(kpi(), 0, WINDOW)
