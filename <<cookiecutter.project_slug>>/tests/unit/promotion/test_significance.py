"""Each test against scipy, statsmodels and figures that were published with the method."""

import math
import random

import pytest
from scipy import stats

from <<cookiecutter.package_name>>.promotion.significance import (
    sample_ratio,
    two_proportions,
    welch,
)


def test_the_difference_of_two_proportions():
    # R. G. Newcombe (1998), table II, example (a): 56/70 against 48/80, method 10.
    found = two_proportions(48, 80, 56, 70, 0.05)
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    # statsmodels 0.15, proportions_ztest: z = 2.65017, p = 0.0080451.
    assert found.statistic == pytest.approx(2.6501720, abs=1e-6)
    assert found.p_value == pytest.approx(0.0080451, abs=1e-7)


@pytest.mark.parametrize("hits", [(0, 0), (50, 60), (0, 9), (41, 60)])
def test_the_z_test_is_the_chi_square_test_of_scipy(hits):
    found = two_proportions(hits[0], 50, hits[1], 60, 0.05)
    table = [[hits[0], hits[1]], [50 - hits[0], 60 - hits[1]]]
    if 0 < sum(hits) < 110:
        expected = stats.chi2_contingency(table, correction=False)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
        assert found.statistic**2 == pytest.approx(expected.statistic, rel=1e-9)
    else:
        assert (found.statistic, found.p_value) == (0, 1)
    assert -1 <= found.low <= found.difference <= found.high <= 1


def test_welch_is_scipys():
    random_numbers = random.Random(3)
    first = [random_numbers.gauss(100, 5) for _ in range(40)]
    second = [random_numbers.gauss(104, 15) for _ in range(25)]
    found = welch(first, second, 0.1)
    expected = stats.ttest_ind(second, first, equal_var=False)
    interval = expected.confidence_interval(0.9)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_welch_by_hand():
    # Means 2 and 5, variances 1 and 4, three units each: t = 3 / sqrt(5 / 3), 2.94 degrees.
    found = welch([1.0, 2.0, 3.0], [3.0, 5.0, 7.0], 0.05)
    assert found.difference == 3
    assert found.statistic == pytest.approx(3 / math.sqrt(5 / 3))
    assert found.p_value == pytest.approx(0.1040, abs=5e-4)


@pytest.mark.parametrize("second, p_value", [(1.0, 1.0), (2.0, 0.0)])
def test_constant_outcomes(second, p_value):
    found = welch([1.0] * 5, [second] * 5, 0.05)
    assert found.p_value == p_value and found.low == found.high == second - 1


@pytest.mark.parametrize("counts, share", [((450, 550), 50), ((880, 120), 10), ((5, 5), 50)])
def test_the_split_against_scipy(counts, share):
    total = sum(counts)
    expected = [total * (100 - share) / 100, total * share / 100]
    p_value = stats.chisquare(counts, expected).pvalue
    assert sample_ratio(*counts, share) == pytest.approx(p_value, rel=1e-9)


def test_no_units_are_no_wrong_split():
    assert sample_ratio(0, 0, 50) == 1
