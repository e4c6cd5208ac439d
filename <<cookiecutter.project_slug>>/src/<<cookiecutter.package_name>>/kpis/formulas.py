"""What a model is worth: pure functions of counted outcomes and the KPI file.

The recording rules in ``observability/environment/kpi.yaml`` compute the same figures from the same
counts; a test demands that both agree. Only cases with a label are valued, none is extrapolated;
costs are those of all predictions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .file import BINARY, KpiFile

HOURS_A_DAY = 24
# The month of the recording rules; the report's are those of the calendar.
DAYS_OF_A_MONTH = 30
CONFIDENCE = 0.95
RESAMPLES = 2000

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Period:
    """How long costs ran: ``days``, and that in ``months``, by which monthly costs are counted."""

    days: float
    months: float


# What the recording rules look back on: 30 days, one month of costs.
WINDOW = Period(DAYS_OF_A_MONTH, 1)


@dataclass(frozen=True)
class Costs:
    """Costs of a period in the file's currency, by kind."""

    fixed: float
    compute: float
    predictions: float
    build: float

    @property
    def running(self) -> float:
        """Without the part of the build cost that is written off."""
        return self.fixed + self.compute + self.predictions

    @property
    def total(self) -> float:
        return self.running + self.build


@dataclass(frozen=True)
class Figures:
    """The business figures of a period; money is in the file's currency.

    ``roi`` is ``None`` without costs, ``cost_per_1000`` without predictions, ``value_per_1000``
    without labels.
    """

    model_value: float
    baseline_value: float
    costs: Costs
    net_benefit: float
    roi: float | None
    cost_per_1000: float | None
    value_per_1000: float | None


@dataclass(frozen=True)
class Interval:
    """What bounds a figure."""

    low: float
    high: float


def model_value(kpi: KpiFile, counts: Counts) -> float:
    """``sum over outcomes of count x value``."""
    return float(sum(counts.get(name, 0) * kpi.outcomes[name] for name in kpi.names))


def baseline_value(kpi: KpiFile, counts: Counts) -> float:
    """What the same cases would have been worth without the model.

    Linear in the same counts, so that it needs no other data: see ``baseline_values``.
    """
    worth = baseline_values(kpi)
    return float(sum(counts.get(name, 0) * worth[name] for name in kpi.names))


def baseline_values(kpi: KpiFile) -> dict[str, float]:
    """What the baseline gets for one case that the model ended with each outcome.

    - none: 0.
    - nobody: ``v_fn`` for a positive case (tp or fn), ``v_tn`` for a negative one (fp or tn).
    - everybody: ``v_tp`` for a positive case, ``v_fp`` for a negative one.
    - former, two classes: its hit rates on today's cases. A positive case is worth
      ``(c_tp v_tp + c_fn v_fn) / (c_tp + c_fn)``, a negative one
      ``(c_fp v_fp + c_tn v_tn) / (c_fp + c_tn)``, with the former counts c.
    - former, otherwise: its mean, ``sum(c v) / sum(c)``, for every case.
    """
    value, policy, counts = kpi.outcomes, kpi.baseline.policy, kpi.baseline.counts
    if policy == "none":
        return dict.fromkeys(kpi.names, 0.0)
    if policy == "nobody":
        positive, negative = value["fn"], value["tn"]
    elif policy == "everybody":
        positive, negative = value["tp"], value["fp"]
    elif kpi.names == BINARY:
        positive, negative = (_mean(value, counts, pair) for pair in (("tp", "fn"), ("fp", "tn")))
    else:
        return dict.fromkeys(kpi.names, _mean(value, counts, kpi.names))
    return {"tp": positive, "fp": negative, "tn": negative, "fn": positive}


def costs(kpi: KpiFile, predictions: int, period: Period) -> Costs:
    """Costs of ``predictions`` rows in ``period``.

    fixed = ``per_month x months``; compute = ``(cores x per_core_hour + memory_gib x
    per_gib_hour) x days x 24``; predictions = ``per_1000_predictions x predictions / 1000``;
    build = ``amount / months to write it off x months``.
    """
    running, build = kpi.running_costs, kpi.build_cost
    hourly = running.cores * running.per_core_hour + running.memory_gib * running.per_gib_hour
    return Costs(
        fixed=running.per_month * period.months,
        compute=hourly * period.days * HOURS_A_DAY,
        predictions=running.per_1000_predictions * predictions / 1000,
        build=build.amount / build.months * period.months,
    )


def figures(kpi: KpiFile, counts: Counts, predictions: int, period: Period = WINDOW) -> Figures:
    """All figures of a period.

    net benefit = ``model value - baseline value - costs``; ROI = ``net benefit / costs``; cost per
    1000 = ``costs / predictions x 1000``; value per 1000 = ``model value / labelled x 1000``. Costs
    are the running ones and the part of the build cost that is written off in the period.
    """
    value, baseline = model_value(kpi, counts), baseline_value(kpi, counts)
    spent, labelled = costs(kpi, predictions, period), sum(counts.values())
    net = value - baseline - spent.total
    return Figures(
        model_value=value,
        baseline_value=baseline,
        costs=spent,
        net_benefit=net,
        roi=net / spent.total if spent.total else None,
        cost_per_1000=spent.total / predictions * 1000 if predictions else None,
        value_per_1000=value / labelled * 1000 if labelled else None,
    )


def value_at_risk(
    predictions_a_day: float, error_share: float, per_decision: float, per_decision_lately: float
) -> float:
    """What the present errors and the last drop of quality would cost in a day, 0 or more.

    ``predictions a day x (share of failed requests x value + (value - value lately))``, both parts
    at least 0. A value here is what one labelled decision was worth above the baseline: on average
    in 30 days, and lately, in 7.
    """
    lost = error_share * max(per_decision, 0.0)
    worse = max(per_decision - per_decision_lately, 0.0)
    return predictions_a_day * (lost + worse)


def totals(counts: Counts, worth: Mapping[str, float], seed: int) -> np.ndarray:
    """``sum of count x worth`` in ``RESAMPLES`` bootstrap draws, shape (RESAMPLES,).

    Drawing the labelled rows with replacement is a multinomial draw of their counts, so that a
    million rows cost no more than ten. It takes decisions as independent of each other.
    """
    amounts = np.array([counts.get(name, 0) for name in worth], dtype=np.int64)
    if not amounts.sum():
        return np.zeros(RESAMPLES)
    draws = np.random.default_rng(seed).multinomial(
        amounts.sum(), amounts / amounts.sum(), size=RESAMPLES
    )
    return draws @ np.array(list(worth.values()))


def interval(values: np.ndarray) -> Interval:
    """The percentile interval of ``values`` of shape (draws,), at ``CONFIDENCE``."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def per_1000(counts: Counts, worth: Mapping[str, float]) -> float:
    """``sum of count x worth / rows x 1000``; there must be rows."""
    return sum(counts[name] * worth[name] for name in worth) * 1000 / sum(counts.values())


def differences(ours: Counts, theirs: Counts, values: Mapping[str, float], seed: int) -> np.ndarray:
    """Bootstrap draws of what 1000 decisions of ``ours`` are worth more, shape (RESAMPLES,).

    Both are drawn apart, as only their counts are known, not whether they are of the same rows: so
    the interval is rather too wide than too narrow.
    """
    drawn = [totals(counts, values, seed + place) for place, counts in enumerate((ours, theirs))]
    return 1000 * (drawn[0] / sum(ours.values()) - drawn[1] / sum(theirs.values()))


def net_interval(kpi: KpiFile, counts: Counts, spent: Costs, seed: int) -> Interval:
    """Of the net benefit: costs are known, what the cases would bring again is not."""
    before = baseline_values(kpi)
    gain = {name: kpi.outcomes[name] - before[name] for name in kpi.names}
    return interval(totals(counts, gain, seed) - spent.total)


def _mean(value: Mapping[str, float], counts: Counts, names: tuple[str, ...]) -> float:
    return sum(counts[name] * value[name] for name in names) / sum(counts[name] for name in names)
