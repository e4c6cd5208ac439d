"""The verdict of an A/B test: one look, at the size that was fixed before it started.

Looking at the p-value every day and stopping when it is small finds "winners" among equals several
times more often than the stated level. So there is no figure to look at before the horizon, and
the units after it never change the verdict: whoever asks, whenever, gets the same answer.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean
from typing import Literal

from .abtest_log import Assignments, Outcome, Unit
from .hypothesis import CHALLENGER, DEFAULT, VARIANTS, Hypothesis
from .significance import Comparison, sample_ratio, two_proportions, welch

Verdict = Literal["challenger", "default", "no difference", "not yet", "refused"]

# A. Fabijan et al., Diagnosing Sample Ratio Mismatch in Online Controlled Experiments, KDD 2019,
# use levels this small: the check is made again at every look, and an alarm stops the test.
MISMATCH_LEVEL = 0.001
# Units in two variants, or lines that cannot be read: above this share the log is not trusted.
MOST_BAD = 0.01


@dataclass
class Sample:
    """One variant's units: assigned, in wait of their outcome, without one, and counted."""

    needed: int
    assigned: int = 0
    waiting: int = 0
    without_outcome: int = 0
    beyond: int = 0
    values: list[float] = field(default_factory=list, repr=False)

    @property
    def counted(self) -> int:
        return len(self.values)

    @property
    def short(self) -> int:
        """Units that are still to come."""
        return max(0, self.needed - self.counted)

    @property
    def mean(self) -> float:
        return fmean(self.values)


@dataclass(frozen=True)
class Result:
    """The verdict, why, and everything that was counted; no comparison before the horizon."""

    verdict: Verdict
    reasons: tuple[str, ...]
    hypothesis: Hypothesis
    samples: dict[str, Sample]
    assignments: Assignments
    mismatch: float
    started_at: datetime
    horizon: datetime | None
    comparison: Comparison | None


def evaluate(
    hypothesis: Hypothesis,
    assignments: Assignments,
    outcomes: dict[str, Outcome],
    started_at: datetime,
    now: datetime,
) -> Result:
    """Judge the test; times are aware. Equal input beyond the horizon gives equal verdicts."""
    needed = hypothesis.needed()
    samples = {variant: Sample(needed[variant]) for variant in VARIANTS}
    ready = {variant: [] for variant in VARIANTS}
    window = timedelta(hours=hypothesis.window_hours)
    for unit in sorted(assignments.units, key=lambda unit: unit.at):
        sample = samples[unit.variant]
        sample.assigned += 1
        value = _value(unit, outcomes.get(unit.name), window, hypothesis.missing)
        if unit.at + window > now:
            # Also if its outcome is known: units that answer early are not like the others.
            sample.waiting += 1
        elif value is None:
            sample.without_outcome += 1
        else:
            ready[unit.variant].append((unit.at, value))
    horizon = _horizon(ready, needed, started_at + timedelta(days=hypothesis.days))
    for variant, sample in samples.items():
        inside = [value for at, value in ready[variant] if horizon is None or at <= horizon]
        sample.values, sample.beyond = inside, len(ready[variant]) - len(inside)
    mismatch = sample_ratio(*(samples[name].assigned for name in VARIANTS), hypothesis.share)
    problems = _problems(assignments, samples, mismatch, hypothesis)
    comparison = None
    if problems:
        verdict, reasons = "refused", problems
    elif horizon is None or horizon + window > now:
        verdict, reasons = "not yet", _missing(samples, hypothesis, started_at, now)
    else:
        comparison = compare(hypothesis, samples[DEFAULT], samples[CHALLENGER])
        verdict, reasons = _verdict(hypothesis, comparison)
    return Result(
        verdict=verdict,
        reasons=tuple(reasons),
        hypothesis=hypothesis,
        samples=samples,
        assignments=assignments,
        mismatch=mismatch,
        started_at=started_at,
        horizon=horizon,
        comparison=comparison,
    )


def compare(hypothesis: Hypothesis, default: Sample, challenger: Sample) -> Comparison:
    """The test that the hypothesis asks for, on all counted units."""
    if hypothesis.kind == "mean":
        return welch(default.values, challenger.values, hypothesis.alpha)
    hits = [round(math.fsum(sample.values)) for sample in (default, challenger)]
    return two_proportions(hits[0], default.counted, hits[1], challenger.counted, hypothesis.alpha)


def _value(unit: Unit, outcome: Outcome | None, window: timedelta, missing: str) -> float | None:
    """What the unit counts with; an outcome after its window is none."""
    late = outcome is not None and outcome.at is not None and outcome.at > unit.at + window
    if outcome is not None and not (late and window):
        return outcome.value
    return 0.0 if missing == "zero" else None


def _horizon(
    ready: dict[str, list[tuple[datetime, float]]], needed: dict[str, int], earliest: datetime
) -> datetime | None:
    """When the last variant had the units it needs, and no earlier than ``earliest``."""
    if any(len(ready[variant]) < needed[variant] for variant in VARIANTS):
        return None
    return max(earliest, *(ready[variant][needed[variant] - 1][0] for variant in VARIANTS))


def _problems(
    assignments: Assignments,
    samples: dict[str, Sample],
    mismatch: float,
    hypothesis: Hypothesis,
) -> list[str]:
    found = []
    seen = len(assignments.units) + assignments.duplicates
    if assignments.duplicates > MOST_BAD * max(1, seen):
        found.append(
            f"{assignments.duplicates:,} of {seen:,} units were answered by both variants (at "
            f"most {MOST_BAD:.0%}): routing is not sticky, or the unit is not what is routed by"
        )
    if assignments.unusable > MOST_BAD * max(1, assignments.lines):
        found.append(
            f"{assignments.unusable:,} of {assignments.lines:,} lines of the log cannot be used "
            f"(at most {MOST_BAD:.0%}); the first: {assignments.problem}"
        )
    counts = " : ".join(f"{samples[variant].assigned:,}" for variant in VARIANTS)
    if mismatch < MISMATCH_LEVEL:
        found.append(
            f"units are split {counts} and not {100 - hypothesis.share} : {hypothesis.share} "
            f"(p = {mismatch:.2g}): something decides who is counted, so the groups differ"
        )
    with_outcome = [sample.counted + sample.beyond for sample in samples.values()]
    kept = sample_ratio(*with_outcome, hypothesis.share)
    if not found and kept < MISMATCH_LEVEL:
        found.append(
            f"outcomes are missing more often in one variant ({with_outcome[0]:,} : "
            f"{with_outcome[1]:,} units with one, p = {kept:.2g}): what is left is no fair sample"
        )
    return found


def _missing(
    samples: dict[str, Sample], hypothesis: Hypothesis, started_at: datetime, now: datetime
) -> list[str]:
    found = [
        f"{variant}: {sample.counted:,} of {sample.needed:,} units with an outcome, "
        f"{sample.short:,} missing"
        for variant, sample in samples.items()
        if sample.short
    ]
    end = started_at + timedelta(days=hypothesis.days, hours=hypothesis.window_hours)
    if end > now:
        found.append(f"runs until {end:%Y-%m-%d %H:%M} UTC at least ({hypothesis.days:g} days)")
    return found or ["the last units are still within their outcome window"]


def _verdict(hypothesis: Hypothesis, comparison: Comparison) -> tuple[Verdict, list[str]]:
    if not comparison.p_value < hypothesis.alpha:
        return "no difference", [
            f"not significant, p = {comparison.p_value:.3g} is not below {hypothesis.alpha:g}: a "
            f"difference of {hypothesis.minimum_effect:g} would have been found with power "
            f"{hypothesis.power:g}; default stays"
        ]
    challenger_wins = (comparison.difference > 0) == (hypothesis.better == "higher")
    return (
        "challenger" if challenger_wins else "default",
        [f"significant, p = {comparison.p_value:.3g} is below {hypothesis.alpha:g}"],
    )
