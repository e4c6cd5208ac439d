"""Tests of a difference between two groups, with their intervals, and of how units were split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance


@dataclass(frozen=True)
class Comparison:
    """Challenger less default, with the interval at the level 1 - alpha."""

    difference: float
    low: float
    high: float
    statistic: float
    p_value: float
    test: str


def two_proportions(hits: int, units: int, hits2: int, units2: int, alpha: float) -> Comparison:
    """Two-sided z-test with the pooled standard error, and an interval of the difference.

    Test: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd
    edition (2003), chapter 3, without continuity correction. Interval: R. G. Newcombe, Statistics
    in Medicine 17 (1998), 873-890, method 10, which also holds for rates near 0 and 1.
    """
    first, second = hits / units, hits2 / units2
    pooled = (hits + hits2) / (units + units2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / units + 1 / units2))
    # Every unit has the same outcome: then the rates are equal too.
    statistic = (second - first) / error if error else 0.0
    low, high = _wilson(hits, units, alpha)
    low2, high2 = _wilson(hits2, units2, alpha)
    return Comparison(
        difference=second - first,
        low=second - first - math.hypot(second - low2, high - first),
        high=second - first + math.hypot(high2 - second, first - low),
        statistic=statistic,
        p_value=math.erfc(abs(statistic) / math.sqrt(2)),
        test="two-proportion z-test",
    )


def welch(first: Sequence[float], second: Sequence[float], alpha: float) -> Comparison:
    """Two-sided t-test of two means whose variances may differ, with its interval.

    At least two values on each side. B. L. Welch, Biometrika 34 (1947), 28-35; degrees of freedom
    by F. E. Satterthwaite, Biometrics Bulletin 2 (1946), 110-114.
    """
    from scipy.stats import t

    counts = (len(first), len(second))
    parts = [variance(side) / count for side, count in zip((first, second), counts, strict=True)]
    difference, error = fmean(second) - fmean(first), math.sqrt(sum(parts))
    if not error:
        # Constant outcomes: equal ones say nothing, different ones leave no doubt.
        statistic = math.copysign(math.inf, difference) if difference else 0.0
        p_value = 0.0 if difference else 1.0
        return Comparison(difference, difference, difference, statistic, p_value, "Welch's t-test")
    freedom = sum(parts) ** 2 / sum(
        part**2 / (count - 1) for part, count in zip(parts, counts, strict=True)
    )
    reach = float(t.isf(alpha / 2, freedom)) * error
    statistic = difference / error
    return Comparison(
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        statistic=statistic,
        p_value=2 * float(t.sf(abs(statistic), freedom)),
        test="Welch's t-test",
    )


def sample_ratio(default: int, challenger: int, share: int) -> float:
    """p-value that units were split as configured: chi-square with one degree of freedom."""
    total = default + challenger
    if not total:
        return 1.0
    expected = total * share / 100
    distance = (challenger - expected) ** 2 * (1 / expected + 1 / (total - expected))
    return math.erfc(math.sqrt(distance / 2))


def _wilson(hits: int, units: int, alpha: float) -> tuple[float, float]:
    """E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212."""
    level = NormalDist().inv_cdf(1 - alpha / 2)
    share = hits / units
    middle = (share + level**2 / (2 * units)) / (1 + level**2 / units)
    reach = level * math.sqrt(share * (1 - share) / units + (level / (2 * units)) ** 2)
    reach /= 1 + level**2 / units
    return max(0.0, middle - reach), min(1.0, middle + reach)
