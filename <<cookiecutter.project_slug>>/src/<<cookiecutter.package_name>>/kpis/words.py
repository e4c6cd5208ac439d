"""Figures of the report as a person writes them: money, shares, counts, days."""

from .file import REPORTED, Indicator, KpiFile

MINUS, NONE = "\N{MINUS SIGN}", "\N{EN DASH}"
NAMES = {"roi": "return on costs", "latency_p95_seconds": "95 % of answers, seconds"}


def name_of(metric: str) -> str:
    """A metric of the KPI table in words."""
    return NAMES.get(metric, metric.replace("_", " "))


def shown(metric: str, value: float | None, kpi: KpiFile) -> str:
    """A value in the unit of its metric; ``count`` is one too. A dash where there is none."""
    if value is None:
        return NONE
    kind = REPORTED.get(metric, metric)
    if kind == "money":
        return money(kpi, value, 2 if metric.endswith("_per_1000") else 0)
    forms = {"share": "{:.1%}", "count": "{:,.0f}", "days": "{:,.1f} days"}
    return plain(forms.get(kind, "{:,.4g}").format(value))


def signed(metric: str, difference: float, kpi: KpiFile) -> str:
    """A difference with its sign; that of shares in percentage points."""
    text = shown(metric, difference, kpi)
    if REPORTED.get(metric) == "share":
        text = plain(f"{difference * 100:.1f} points")
    if not set(text) & set("123456789"):
        return "no change"
    return text if difference < 0 else f"+{text}"


def money(kpi: KpiFile, amount: float, digits: int = 0) -> str:
    """An amount with its currency."""
    return f"{rounded(amount, digits)} {kpi.currency}"


def rounded(value: float, digits: int = 0) -> str:
    """With thousands."""
    # Adding 0 turns a negative zero into zero.
    return plain(f"{round(value, digits) + 0:,.{digits}f}")


def target(item: Indicator, kpi: KpiFile) -> str:
    """The bound of an indicator in its unit."""
    if item.target is None:
        return NONE
    if item.target.at_least is not None:
        return f"at least {shown(item.metric, item.target.at_least, kpi)}"
    return f"at most {shown(item.metric, item.target.at_most, kpi)}"


def plain(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", MINUS)
