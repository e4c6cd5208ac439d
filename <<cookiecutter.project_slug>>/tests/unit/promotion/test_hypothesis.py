"""Sample sizes against published and independently computed figures; what cannot be asked."""

import math

import pytest

from <<cookiecutter.package_name>>.promotion.hypothesis import (
    Hypothesis,
    HypothesisError,
    mean_units,
    proportion_units,
)


def question(**changes):
    return Hypothesis(
        **({"outcome": "conversion", "baseline": 0.1, "minimum_effect": 0.02} | changes)
    )


def test_two_equal_groups_of_proportions():
    # By hand: (1.959964 sqrt(2 * 0.11 * 0.89) + 0.841621 sqrt(0.09 + 0.1056))**2 / 0.02**2
    assert proportion_units(0.1, 0.12, 1, 0.05, 0.8) == pytest.approx(3840.85, abs=0.01)
    assert question().needed() == {"default": 3841, "challenger": 3841}


def test_a_small_share_needs_more_units_in_all():
    # statsmodels 0.15, power_proportions_2indep: 0.80005 with these sizes.
    assert question(share=10).needed() == {"default": 18691, "challenger": 2077}


def test_a_lower_rate_may_be_the_better_one():
    lower = question(better="lower")
    assert lower.expected == pytest.approx(0.08)
    assert lower.needed()["default"] == math.ceil(proportion_units(0.1, 0.08, 1, 0.05, 0.8))


@pytest.mark.parametrize(
    "effect, ratio, exact",
    # statsmodels 0.15, TTestIndPower().solve_power; the first is 64 in Cohen's table 2.4.1.
    [(0.5, 1, 63.77), (0.5, 0.25, 158.53), (0.05, 1, 6280.05), (2.0, 1, 5.09)],
)
def test_two_means(effect, ratio, exact):
    found = mean_units(effect, ratio, 0.05, 0.8)
    # Whole units in both groups, so at most one of the smaller group above the exact size.
    assert exact <= found <= exact + max(1, 1 / ratio) + 0.5


def test_means_in_their_own_unit():
    revenue = question(baseline=250.0, minimum_effect=5.0, deviation=10.0)
    assert revenue.kind == "mean" and revenue.test == "Welch's t-test"
    assert revenue.needed() == {"default": 64, "challenger": 64}


@pytest.mark.parametrize("power, level", [(0.8, 0.05), (0.9, 0.05), (0.8, 0.01)])
def test_more_power_and_a_stricter_level_cost_units(power, level):
    base = question().needed()["default"]
    assert question(power=power, alpha=level).needed()["default"] >= base


@pytest.mark.parametrize("changes", [{"deviation": 1e9}, {"minimum_effect": 1e-12}])
def test_an_effect_that_nobody_could_measure(changes):
    with pytest.raises(HypothesisError, match="choose an effect that matters"):
        question(**changes).needed()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"outcome": " "}, "outcome is ' '; it must be a name"),
        ({"baseline": 12.0}, "baseline is 12.0; it must be a rate between 0 and 1"),
        ({"minimum_effect": 0.0}, "minimum_effect is 0.0; it must be above 0"),
        ({"minimum_effect": 0.95}, "the rate would leave 0 to 1"),
        ({"minimum_effect": 0.15, "better": "lower"}, "the rate would leave 0 to 1"),
        ({"power": 1.0}, "power is 1.0; it must be from 0.5 to below 1"),
        ({"alpha": 0.0}, "alpha is 0.0"),
        ({"share": 0}, "share is 0; it must be from 1 to 99"),
        ({"share": 12.5}, "share is 12.5"),
        ({"better": "more"}, "better is 'more'; it must be higher or lower"),
        ({"missing": "guess"}, "missing is 'guess'; it must be excluded or zero"),
        ({"deviation": -1.0}, "deviation is -1.0; it must be above 0"),
        ({"days": -1.0}, "days is -1.0"),
        ({"window_hours": math.nan}, "window_hours is nan; it must be finite"),
        ({"power": "0.8"}, "power is '0.8', which is not a number"),
        ({"share": True}, "share is True, which is not a number"),
    ],
)
def test_questions_without_an_answer(changes, message):
    with pytest.raises(HypothesisError) as caught:
        question(**changes)
    assert message in str(caught.value)


def test_there_and_back():
    asked = question(deviation=2.0, window_hours=24.0, missing="zero")
    assert Hypothesis.from_dict(asked.to_dict(), "state.yaml") == asked


@pytest.mark.parametrize(
    "change, message",
    [({"power": 2.0}, "state.yaml: power is 2.0"), ({"colour": 1}, "has exactly alpha")],
)
def test_a_broken_record_names_its_file(change, message):
    with pytest.raises(HypothesisError, match=message):
        Hypothesis.from_dict(question().to_dict() | change, "state.yaml")
