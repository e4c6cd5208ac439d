"""What an A/B test is to show, fixed before it starts: outcome, effect, power, and so its size."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from statistics import NormalDist
from typing import Any, Literal

DEFAULT, CHALLENGER = "default", "challenger"
VARIANTS = (DEFAULT, CHALLENGER)
# More is a mistake in the effect or the deviation, and would never be reached.
_MOST_UNITS = 100_000_000
_SMALLEST_EFFECT = 1e-8


class HypothesisError(ValueError):
    """A hypothesis that no test can answer; the message names the field and its limit."""


@dataclass(frozen=True)
class Hypothesis:
    """The question of an A/B test. It cannot be changed once the test runs.

    ``baseline`` is what ``default`` is expected to show: a rate from 0 to 1, or a mean in the
    outcome's own unit if ``deviation`` (its standard deviation between units) is given.
    ``minimum_effect`` is the absolute difference that is worth a change, in the same unit.
    ``share`` is the challenger's percentage of the units. An outcome counts for ``window_hours``
    after the unit was assigned; ``missing`` says what a unit without one then means. The test
    runs for at least ``days``, because weekdays differ.
    """

    outcome: str
    baseline: float
    minimum_effect: float
    deviation: float | None = None
    better: Literal["higher", "lower"] = "higher"
    power: float = 0.8
    alpha: float = 0.05
    share: int = 50
    window_hours: float = 0.0
    days: float = 7.0
    missing: Literal["excluded", "zero"] = "excluded"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            numeric = field.name not in ("outcome", "better", "missing")
            if numeric and not (value is None and field.name == "deviation"):
                if isinstance(value, bool) or not isinstance(value, int | float):
                    raise HypothesisError(f"{field.name} is {value!r}, which is not a number")
                if not math.isfinite(value):
                    raise HypothesisError(f"{field.name} is {value!r}; it must be finite")
        checks = [
            ("outcome", isinstance(self.outcome, str) and bool(self.outcome.strip()), "a name"),
            ("better", self.better in ("higher", "lower"), "higher or lower"),
            ("missing", self.missing in ("excluded", "zero"), "excluded or zero"),
            ("minimum_effect", self.minimum_effect > 0, "above 0"),
            ("power", 0.5 <= self.power < 1, "from 0.5 to below 1"),
            ("alpha", 0 < self.alpha <= 0.2, "above 0, at most 0.2"),
            ("share", self.share == int(self.share) and 1 <= self.share <= 99, "from 1 to 99"),
            ("window_hours", self.window_hours >= 0, "at least 0"),
            ("days", self.days >= 0, "at least 0"),
            ("deviation", self.deviation is None or self.deviation > 0, "above 0"),
        ]
        if self.kind == "proportion":
            checks += [
                ("baseline", 0 < self.baseline < 1, "a rate between 0 and 1 (or give deviation)"),
                ("minimum_effect", 0 < self.expected < 1, "smaller: the rate would leave 0 to 1"),
            ]
        for name, fits, limit in checks:
            if not fits:
                raise HypothesisError(f"{name} is {getattr(self, name)!r}; it must be {limit}")

    @property
    def kind(self) -> Literal["proportion", "mean"]:
        return "proportion" if self.deviation is None else "mean"

    @property
    def expected(self) -> float:
        """What the challenger shows if it is better by just the minimum effect."""
        sign = 1 if self.better == "higher" else -1
        return self.baseline + sign * self.minimum_effect

    @property
    def test(self) -> str:
        return "two-proportion z-test" if self.kind == "proportion" else "Welch's t-test"

    def needed(self) -> dict[str, int]:
        """Units with an outcome that each variant needs for the stated power.

        Raises ``HypothesisError`` if that is more than any test could reach.
        """
        ratio = self.share / (100 - self.share)
        effect = self.minimum_effect / (self.deviation or 1)
        if effect < _SMALLEST_EFFECT:
            exact = math.inf
        elif self.kind == "proportion":
            exact = proportion_units(self.baseline, self.expected, ratio, self.alpha, self.power)
        else:
            exact = mean_units(effect, ratio, self.alpha, self.power)
        if exact * max(1, ratio) > _MOST_UNITS:
            raise HypothesisError(
                f"minimum_effect {self.minimum_effect:g} would need more than {_MOST_UNITS:,} "
                f"units of one variant; choose an effect that matters"
            )
        return {DEFAULT: math.ceil(exact), CHALLENGER: math.ceil(exact * ratio)}

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], where: str) -> "Hypothesis":
        """Read what ``to_dict`` wrote; raises ``HypothesisError`` naming ``where``."""
        known = {field.name for field in fields(cls)}
        if not isinstance(content, Mapping) or set(content) != known:
            raise HypothesisError(f"{where}: a hypothesis has exactly {', '.join(sorted(known))}")
        try:
            return cls(**content)
        except HypothesisError as error:
            raise HypothesisError(f"{where}: {error}") from None


def proportion_units(first: float, second: float, ratio: float, alpha: float, power: float):
    """Units of the first group to tell two proportions apart; the second has ``ratio`` times it.

    Two-sided, without continuity correction. J. L. Fleiss, B. Levin, M. C. Paik, Statistical
    Methods for Rates and Proportions, 3rd edition (2003), chapter 4 (unequal sample sizes).
    """
    normal = NormalDist()
    level, strength = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    pooled = (first + ratio * second) / (1 + ratio)
    under_null = level * math.sqrt((1 + ratio) * pooled * (1 - pooled))
    under_effect = strength * math.sqrt(ratio * first * (1 - first) + second * (1 - second))
    return (under_null + under_effect) ** 2 / (ratio * (second - first) ** 2)


def mean_units(effect: float, ratio: float, alpha: float, power: float) -> float:
    """Units of the first group to tell two means apart that differ by ``effect`` deviations.

    Two-sided, by the noncentral t distribution with equal variances. J. Cohen, Statistical Power
    Analysis for the Behavioral Sciences, 2nd edition (1988), chapter 2. At least 2.
    """
    from scipy.stats import nct, t

    normal = NormalDist()

    def reached(units: float) -> float:
        freedom = units * (1 + ratio) - 2
        shift = effect * math.sqrt(units * ratio / (1 + ratio))
        limit = t.isf(alpha / 2, freedom)
        return float(nct.sf(limit, freedom, shift) + nct.cdf(-limit, freedom, shift))

    # The normal approximation is short by a unit or two; from there it is a few steps.
    sizes = (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) / effect
    units = max(2.0, 2.0 / ratio, math.floor((1 + 1 / ratio) * sizes**2))
    while units <= _MOST_UNITS and reached(units) < power:
        units += max(1.0, 1.0 / ratio)
    return units
