"""The four plots of the report, as one image that the page holds itself."""

import base64
import io
from collections.abc import Sequence
from itertools import accumulate

from .figures import MonthFigures
from .file import KpiFile
from .formulas import Period, figures
from .words import plain, rounded

_BLUE, _GREY, _GREEN, _RED, _INK = "#2463a6", "#b4bec9", "#1a7f4b", "#c0362c", "#414c5a"
ALTERNATIVE = (
    "Four plots: from the gain over the baseline to the net benefit; what each outcome brought; "
    "net benefit by day against the month before; net benefit of each month with its interval"
)


def plot(kpi: KpiFile, months: Sequence[MonthFigures]) -> str:
    """An SVG image as a data address; ``months`` are in order, the last one is the report's."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7.2), layout="constrained")
    (bridge, parts), (days, history) = figure.subplots(2, 2)
    _bridge(bridge, months[-1])
    _parts(parts, kpi, months[-1])
    _days(days, kpi, months)
    _history(history, months)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8, colors=_INK)
        axes.title.set_fontsize(11)
        axes.set_axisbelow(True)
    for axes in (bridge, days, history):
        axes.yaxis.set_major_formatter(_tick)
        axes.set_ylabel(kpi.currency, fontsize=8, color=_INK)
    stream = io.BytesIO()
    # Equal figures give an equal page: no time, and names of parts that do not change.
    with matplotlib.rc_context({"svg.hashsalt": "kpi"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _bridge(axes, month: MonthFigures) -> None:
    """From what the model brings more than the baseline, cost by cost, to what is left."""
    money, spent = month.money, month.money.costs
    gain = money.model_value - money.baseline_value
    steps = [
        ("gain over\nthe baseline", gain),
        ("fixed", -spent.fixed),
        ("compute", -spent.compute),
        ("predictions", -spent.predictions),
        ("build cost", -spent.build),
    ]
    ends = list(accumulate(amount for _, amount in steps))
    for place, ((_, amount), end) in enumerate(zip(steps, ends, strict=True)):
        color = _GREEN if amount > 0 else _RED
        axes.bar(place, amount, bottom=end - amount, color=color, width=0.62)
        if place:
            axes.plot([place - 0.69, place + 0.31], [end - amount] * 2, color=_GREY, linewidth=0.8)
    axes.bar(len(steps), money.net_benefit, color=_BLUE, width=0.62)
    low, high = month.net.low, month.net.high
    spread = [[max(money.net_benefit - low, 0)], [max(high - money.net_benefit, 0)]]
    axes.errorbar([len(steps)], [money.net_benefit], spread, fmt="none", ecolor=_INK, capsize=4)
    tops = [max(end, end - amount) for (_, amount), end in zip(steps, ends, strict=True)]
    values = [amount for _, amount in steps]
    for place, (top, value) in enumerate(zip(tops, values, strict=True)):
        _write(axes, place, top, value)
    _write(axes, len(steps), max(high, money.net_benefit, 0), money.net_benefit)
    names = [*(name for name, _ in steps), "net benefit"]
    axes.set_xticks(range(len(names)), names)
    axes.axhline(0, color=_INK, linewidth=0.8)
    # Room for the figures: bars that stand on something would end at the edge.
    top, bottom = max(*tops, high, 0), min(*ends, money.net_benefit, low, 0)
    room = 0.12 * (top - bottom or 1)
    axes.set_ylim(bottom - (room if bottom < 0 else 0), top + room)
    axes.set_title("How the net benefit comes about", loc="left")


def _write(axes, place: float, height: float, value: float) -> None:
    axes.annotate(
        _tick(value),
        (place, height),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=_INK,
    )


def _parts(axes, kpi: KpiFile, month: MonthFigures) -> None:
    """Count times value of each outcome, and the sum of them beside the baseline."""
    counts = month.tally.outcomes
    worth = [counts[name] * kpi.outcomes[name] for name in kpi.names]
    rows = [f"{name}: {counts[name]:,} × {plain(f'{kpi.outcomes[name]:,g}')}" for name in kpi.names]
    rows += ["with the model", "baseline, without it"]
    values = [*worth, month.money.model_value, month.money.baseline_value]
    colors = [_GREEN if value > 0 else _RED for value in worth] + [_BLUE, _GREY]
    axes.barh(range(len(rows)), values, color=colors, height=0.62)
    for place, value in enumerate(values):
        axes.annotate(
            _tick(value),
            (max(value, 0), place),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=_INK,
        )
    axes.set_yticks(range(len(rows)), rows)
    axes.axhline(len(kpi.names) - 0.5, color=_GREY, linewidth=0.8)
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.invert_yaxis()
    axes.margins(x=0.16)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(_few_ticks())
    axes.xaxis.set_major_formatter(_tick)
    axes.set_title(f"What the outcomes were worth, in {kpi.currency}", loc="left")


def _tick(value: float, _: int | None = None) -> str:
    return rounded(value)


def _few_ticks():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)


def _days(axes, kpi: KpiFile, months: Sequence[MonthFigures]) -> None:
    """Net benefit so far by day: this month, and the one before."""
    for month, color in zip(months[-2:][::-1], (_BLUE, _GREY), strict=False):
        tally = month.tally
        one = Period(1, 1 / tally.month.days)
        nets = [figures(kpi, day.outcomes, day.predictions, one).net_benefit for day in tally.days]
        places = [day.date.day for day in tally.days]
        # A line of one day has no length.
        marker = "o" if len(places) == 1 else None
        line = {"color": color, "label": str(tally.month), "linewidth": 2, "marker": marker}
        axes.plot(places, list(accumulate(nets)), **line)
    axes.axhline(0, color=_INK, linewidth=0.8)
    # A whole marker also on the first and the last day.
    axes.set_xlim(0.5, 31.5)
    axes.set_xticks([1, 5, 10, 15, 20, 25, 30])
    axes.grid(axis="y", alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="best")
    axes.set_title("Net benefit so far, by day of the decisions", loc="left")


def _history(axes, months: Sequence[MonthFigures]) -> None:
    places = range(len(months))
    for place, month in zip(places, months, strict=True):
        value = month.money.net_benefit
        is_last = place == len(months) - 1
        if not month.has_enough_labels:
            axes.annotate("too few\nlabels", (place, 0), ha="center", fontsize=7, color=_INK)
            continue
        axes.bar(place, value, color=_BLUE if is_last else _GREY, width=0.62)
        low, high = max(value - month.net.low, 0), max(month.net.high - value, 0)
        axes.errorbar([place], [value], [[low], [high]], fmt="none", ecolor=_INK, capsize=4)
    names = [f"{month.tally.month.first:%b}\n{month.tally.month.year}" for month in months]
    axes.set_xticks(list(places), names)
    axes.set_xlim(-0.6, max(len(months), 4) - 0.4)
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.grid(axis="y", alpha=0.25)
    axes.set_title("Net benefit by month, with its 95 % interval", loc="left")
