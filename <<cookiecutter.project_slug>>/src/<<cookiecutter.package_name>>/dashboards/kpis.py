"""Business KPIs: what the model is worth, in money and in plain words."""

from .panels import AMBER, BLUE, GREEN, RED, Panel, Row, bars, lines, number
from .queries import MODEL, Query, limit

GAIN = ((None, RED), (0, GREEN))


def rows(currency: str) -> list[Row]:
    """Money first, then what makes it, then the service; ``currency`` is a code such as EUR."""
    money = f"currency{currency}"
    return [
        Row("The last 30 days", _totals(money)),
        Row("Over time", _over_time(money)),
        Row("What makes the value", _parts(money)),
        Row("The service, of 1000 requests", _service()),
    ]


# Outcomes of a classifier as people say them; others have names of their own.
PLAIN = {"tp": "rightly found", "fp": "false alarm", "fn": "missed", "tn": "rightly left alone"}


def _plain(expr: str) -> str:
    """The query with outcomes in plain words."""
    for short, words in PLAIN.items():
        expr = f'label_replace({expr}, "outcome", "{words}", "outcome", "{short}")'
    return expr


def _money(name: str) -> str:
    return f"sum(ml:kpi_{name}{{{MODEL}}})"


def _totals(money: str) -> list[Panel]:
    return [
        number(
            "Net benefit",
            "What the model brought more than working without it, less what it costs to run.",
            money,
            Query(_money("net_benefit:30d"), "net benefit"),
            steps=GAIN,
            decimals=0,
        ),
        number(
            "Return on each unit spent",
            "Net benefit divided by cost: 2 means that each unit spent brought two on top.",
            "short",
            Query(f"max(ml:kpi_roi:30d{{{MODEL}}})", "return"),
            steps=GAIN,
            decimals=1,
        ),
        number(
            "Value with the model",
            "The outcomes of the last 30 days at the value that was agreed for each of them.",
            money,
            Query(_money("model_value:30d"), "with the model"),
            decimals=0,
        ),
        number(
            "Value without it",
            "The same cases, decided as one would without a model.",
            money,
            Query(_money("baseline:30d"), "without"),
            decimals=0,
        ),
        number(
            "Cost of running it",
            "Machines, people and a share of what it cost to build.",
            money,
            Query(_money("cost:30d"), "cost"),
            decimals=0,
        ),
        number(
            "Cost of 1000 predictions",
            "What a thousand answers cost.",
            money,
            Query(f"max(ml:kpi_cost_per_1000:30d{{{MODEL}}})", "cost"),
            decimals=2,
        ),
    ]


def _over_time(money: str) -> list[Panel]:
    return [
        lines(
            "Net benefit of 30 days",
            "Every point looks back over 30 days. The dashed line is the least that was agreed "
            "(net_benefit).",
            money,
            [Query(_money("net_benefit:30d"), "net benefit"), limit("net_benefit", "at least")],
        ),
        lines(
            "With and without the model",
            "The value of what was decided with the model, and of the same cases decided without.",
            money,
            [
                Query(_money("model_value:30d"), "with the model"),
                Query(_money("baseline:30d"), "without it"),
            ],
        ),
        lines(
            "Cost of 1000 predictions",
            "The dashed line is the limit (cost_per_1000).",
            money,
            [
                Query(f"max(ml:kpi_cost_per_1000:30d{{{MODEL}}})", "cost"),
                limit("cost_per_1000"),
            ],
        ),
    ]


def _parts(money: str) -> list[Panel]:
    counts = f"sum by (namespace, outcome) (ml:kpi_outcomes:delta30d{{{MODEL}}})"
    values = f"max by (namespace, outcome) (ml:kpi_value{{{MODEL}}})"
    return [
        bars(
            "How the decisions turned out",
            "Cases of the last 30 days whose outcome is known, by how they turned out.",
            "short",
            Query(_plain(f"sum by (outcome) (ml:kpi_outcomes:delta30d{{{MODEL}}})"), "{{outcome}}"),
            steps=((None, BLUE),),
        ),
        bars(
            "What each outcome brought or cost",
            "Cases times the value of one case; losses are below zero.",
            money,
            Query(_plain(f"sum by (outcome) ({counts} * {values})"), "{{outcome}}"),
            steps=GAIN,
            signed=True,
        ),
        number(
            "At risk each day",
            "What today's failures and the last loss of quality would cost in a day.",
            money,
            Query(_money("value_at_risk:1d"), "at risk"),
            steps=((None, GREEN), (1, AMBER)),
            decimals=0,
        ),
        number(
            "Cases with a known outcome",
            "Only these are valued. Nothing is assumed of the others.",
            "percentunit",
            Query(f"max(ml_labels_coverage_ratio{{{MODEL}}})", "known"),
            decimals=0,
        ),
    ]


def _service() -> list[Panel]:
    return [
        _of_1000(
            "Answered",
            "Of 1000 requests in the last three days, so many were answered without a fault.",
            Query(f"max(ml:request_errors:ratio_rate3d{{{MODEL}}})", "answered"),
        ),
        _of_1000(
            "Promised to be answered",
            "Of 1000 requests, at least so many are to be answered.",
            limit("error_budget", "promised"),
        ),
        _of_1000(
            "Answered in time",
            "Of 1000 requests in the last three days, so many were answered in the time agreed.",
            Query(f"max(ml:request_slow:ratio_rate3d{{{MODEL}}})", "in time"),
        ),
        _of_1000(
            "Promised in time",
            "Of 1000 requests, at least so many are to be answered in the time agreed.",
            limit("latency_budget", "promised"),
        ),
    ]


def _of_1000(title: str, description: str, failed: Query) -> Panel:
    """The rest of 1000 requests; ``failed`` is a share from 0 to 1."""
    rest = Query(f"1000 * (1 - {failed.expr})", failed.legend)
    return number(title, description, "short", rest, width=6, decimals=1)
