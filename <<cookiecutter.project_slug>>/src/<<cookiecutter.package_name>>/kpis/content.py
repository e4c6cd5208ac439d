"""What the monthly report says."""

from collections.abc import Sequence

from ..page import Cell, Fact, Tone
from .document import Report, Table
from .figures import SEED, MonthFigures, is_met, measured
from .file import LIVE, REPORTED, KpiFile
from .formulas import RESAMPLES, baseline_values
from .words import NONE, money, name_of, shown, signed, target

_VERDICTS: dict[str, tuple[str, Tone]] = {
    "gain": ("brings more than it costs", "good"),
    "loss": ("costs more than it brings", "bad"),
    "open": ("may be chance", "unsure"),
    "few": ("not enough labels", "unsure"),
}
_BASELINES = {
    "nobody": "if every case had been treated as negative",
    "everybody": "if every case had been treated as positive",
    "former": "with the former way of deciding",
    "none": "without the model (the file sets that to 0)",
}
_OUTCOMES = {
    "tp": "found: predicted positive, and it was",
    "fp": "false alarm: predicted positive, and it was not",
    "tn": "rightly left alone",
    "fn": "missed: predicted negative, and it was positive",
    "correct": "predicted rightly",
    "incorrect": "predicted wrongly",
    "within": "off by the tolerance at most",
    "over": "predicted too much",
    "under": "predicted too little",
}


def build_report(kpi: KpiFile, months: Sequence[MonthFigures], name: str) -> Report:
    """The report of the last of ``months``; the one before it is what it is compared with."""
    now, before = months[-1], months[-2] if len(months) > 1 else None
    status, tone = _VERDICTS[now.verdict]
    report = Report(f"Value of {name} in {now.tally.month}", status, tone, _lead(kpi, now))
    report.facts = _facts(kpi, now)
    if now.has_enough_labels:
        report.tables.append(_sum(kpi, now))
    report.tables += [_indicators(kpi, now), _outcomes(kpi, now), _compared(kpi, now, before)]
    report.notes = _notes(kpi, now)
    return report


def _lead(kpi: KpiFile, now: MonthFigures) -> str:
    tally, figures = now.tally, now.money
    if not now.has_enough_labels:
        return (
            f"Of {tally.predictions:,} decisions, {tally.labelled:,} have a label by now, and "
            f"observability/kpi.yaml asks for {kpi.minimum_labels:,} before anything is said about "
            "money. Bring more labels, or look at a later report."
        )
    said = (
        f"{tally.labelled:,} decisions whose outcome is known were worth "
        f"{money(kpi, figures.model_value)}. {_BASELINES[kpi.baseline.policy].capitalize()}, the "
        f"same cases would have been worth {money(kpi, figures.baseline_value)}. "
        f"After costs of {money(kpi, figures.costs.total)} the model's net benefit is "
        f"{money(kpi, figures.net_benefit)}"
    )
    bounds = f"{money(kpi, now.net.low)} to {money(kpi, now.net.high)}"
    if now.verdict == "open":
        return f"{said}; its 95 % interval, {bounds}, holds gain and loss, so it may be chance."
    return f"{said} (95 % interval {bounds})."


def _facts(kpi: KpiFile, now: MonthFigures) -> list[Fact]:
    tally, figures, known = now.tally, now.money, now.has_enough_labels
    bounds = f"{money(kpi, now.net.low)} to {money(kpi, now.net.high)}"
    each = shown("cost_per_1000", figures.cost_per_1000, kpi)
    versions = ", ".join(tally.versions) or NONE
    delay = NONE if tally.delay_mean is None else f"{tally.delay_mean:.1f} days"
    longest = "" if tally.delay_max is None else f"the longest {tally.delay_max:.1f}"
    return [
        Fact(
            "Net benefit",
            money(kpi, figures.net_benefit) if known else NONE,
            f"95 %: {bounds}" if known else "not enough labels",
        ),
        Fact("Return on costs", shown("roi", measured("roi", now), kpi), "net benefit / costs"),
        Fact("Costs", money(kpi, figures.costs.total), f"{each} for 1000 decisions"),
        Fact("Decisions", f"{tally.predictions:,}", f"versions {versions}"),
        Fact(
            "With a label",
            shown("label_coverage", tally.coverage, kpi),
            f"{tally.labelled:,}; only these are valued",
        ),
        Fact("Until the label", delay, longest),
    ]


def _sum(kpi: KpiFile, now: MonthFigures) -> Table:
    figures, spent = now.money, now.money.costs
    months = kpi.build_cost.months
    tone: Tone = "good" if figures.net_benefit > 0 else "bad"
    rows: list[list[Cell | str]] = [
        ["Decisions", money(kpi, figures.model_value), "count × value of each outcome"],
        [
            f"less the baseline: {kpi.baseline.policy}",
            money(kpi, -figures.baseline_value),
            _BASELINES[kpi.baseline.policy],
        ],
        ["less fixed costs", money(kpi, -spent.fixed), "by the month"],
        ["less compute", money(kpi, -spent.compute), "reserved cores and memory, by the hour"],
        ["less predictions", money(kpi, -spent.predictions), f"{now.tally.predictions:,} of them"],
        ["less the build cost", money(kpi, -spent.build), f"written off in {months} months"],
        ["Net benefit", Cell(money(kpi, figures.net_benefit), tone=tone), ""],
    ]
    return "How the sum comes about", ["", "Amount", "How"], rows


def _indicators(kpi: KpiFile, now: MonthFigures) -> Table:
    rows = []
    for item in kpi.kpis:
        value = measured(item.metric, now)
        met = is_met(item, value)
        if item.metric in LIVE:
            verdict: Cell | str = "see the dashboard"
        elif met is None:
            verdict = NONE if item.target is None else Cell("not known", tone="unsure")
        else:
            verdict = Cell("met", tone="good") if met else Cell("missed", tone="bad")
        text = NONE if item.metric in LIVE else shown(item.metric, value, kpi)
        bound, metric = target(item, kpi), name_of(item.metric)
        rows.append([item.kpi, metric, item.owner, bound, text, verdict])
    head = ["KPI", "Measured by", "Owner", "Target", "This month", "Target met"]
    return "What it is measured by", head, rows


def _outcomes(kpi: KpiFile, now: MonthFigures) -> Table:
    counts, labelled, before = now.tally.outcomes, now.tally.labelled, baseline_values(kpi)
    rows: list[list[Cell | str]] = []
    for name in kpi.names:
        share = counts[name] / labelled if labelled else 0.0
        each, other = kpi.outcomes[name], before[name]
        rows.append(
            [
                f"{name}: {_OUTCOMES[name]}",
                f"{counts[name]:,}",
                Cell(f"{share:.1%}", share),
                money(kpi, each, 2),
                money(kpi, other, 2),
                money(kpi, counts[name] * (each - other)),
            ]
        )
    head = ["Outcome", "Count", "Share", "Worth of one", "Worth in the baseline", "Gained"]
    return "How the decisions turned out", head, rows


def _compared(kpi: KpiFile, now: MonthFigures, before: MonthFigures | None) -> Table:
    caption = "Against the month before"
    if before is None:
        return caption, [""], [["Nothing is booked for the month before."]]
    rows: list[list[Cell | str]] = []
    pairs = [
        ("Decisions", now.tally.predictions, before.tally.predictions, "count"),
        ("With a label", now.tally.labelled, before.tally.labelled, "count"),
        *(
            (name_of(metric).capitalize(), measured(metric, now), measured(metric, before), metric)
            for metric in REPORTED
        ),
    ]
    for name, new, old, kind in pairs:
        if new is None and old is None:
            continue
        change = NONE if new is None or old is None else signed(kind, new - old, kpi)
        rows.append([name, shown(kind, old, kpi), shown(kind, new, kpi), change])
    return caption, ["", str(before.tally.month), str(now.tally.month), "Change"], rows


def _notes(kpi: KpiFile, now: MonthFigures) -> list[str]:
    tally = now.tally
    notes = []
    if not tally.is_whole:
        notes.append(
            f"The month is not whole: the report is about {tally.start} to before {tally.end}, and "
            "counts costs for these days only."
        )
    rest = tally.predictions - tally.labelled
    notes += [
        f"{rest:,} decisions have no label yet; they are not valued, and nothing is extrapolated "
        "from the others to them. All decisions are counted in the costs.",
        "A decision counts in the month in which it was made (UTC), however late its label came; "
        "dashboards and alerts count it when the label is booked.",
        "The interval says how much the net benefit would vary if cases like these came again: "
        f"{RESAMPLES:,} draws of the labelled decisions with replacement, seed {SEED}. It takes "
        "decisions as independent, costs as known and the values in observability/kpi.yaml as "
        "right.",
        f"Values, costs, baseline and targets are those of observability/kpi.yaml, in "
        f"{kpi.currency}; docs/reference/kpi.md has the formulas.",
    ]
    return notes
