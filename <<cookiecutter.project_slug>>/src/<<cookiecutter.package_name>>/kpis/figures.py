"""All figures of a month: money with its interval, and the metrics of the KPI table."""

from dataclasses import dataclass

from .file import Indicator, KpiFile
from .formulas import Figures, Interval, figures, net_interval
from .month import Tally

SEED = 42
_RIGHT = {"tp", "tn", "correct", "within"}


@dataclass(frozen=True)
class MonthFigures:
    """A tally with what follows from it; ``net`` bounds the net benefit."""

    tally: Tally
    money: Figures
    net: Interval
    has_enough_labels: bool

    @property
    def verdict(self) -> str:
        """``gain``, ``loss``, or ``open``: the interval holds both. ``few`` labels say nothing."""
        if not self.has_enough_labels:
            return "few"
        return "gain" if self.net.low > 0 else "loss" if self.net.high < 0 else "open"


def figures_of_month(kpi: KpiFile, tally: Tally) -> MonthFigures:
    """Everything that the report says about the tally."""
    money = figures(kpi, tally.outcomes, tally.predictions, tally.period)
    bounds = net_interval(kpi, tally.outcomes, money.costs, SEED)
    return MonthFigures(tally, money, bounds, tally.labelled >= kpi.minimum_labels)


def measured(metric: str, month: MonthFigures) -> float | None:
    """A metric of the KPI table in its unit; ``None`` if it is unknown here.

    precision = ``tp / (tp + fp)``; recall = ``tp / (tp + fn)``; correct share = right / labelled,
    right being tp and tn, correct, or within the tolerance. Below the minimum of labels only what
    needs no labels is known.
    """
    tally, money = month.tally, month.money
    free = {
        "cost_per_1000": money.cost_per_1000,
        "label_coverage": tally.coverage,
        "label_delay_days": tally.delay_mean,
    }
    if metric in free or not month.has_enough_labels:
        return free.get(metric)
    counts = tally.outcomes
    right = sum(count for name, count in counts.items() if name in _RIGHT)
    return {
        "model_value": money.model_value,
        "net_benefit": money.net_benefit,
        "roi": money.roi,
        "value_per_1000": money.value_per_1000,
        "precision": _share(counts.get("tp", 0), counts.get("fp", 0)),
        "recall": _share(counts.get("tp", 0), counts.get("fn", 0)),
        "correct_share": _share(right, tally.labelled - right),
    }.get(metric)


def is_met(indicator: Indicator, value: float | None) -> bool | None:
    """Whether the target is reached; ``None`` without a target or a value."""
    if indicator.target is None or value is None:
        return None
    if indicator.target.at_least is not None:
        return value >= indicator.target.at_least
    return value <= indicator.target.at_most


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
