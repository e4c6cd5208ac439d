"""Python and Prometheus come to the same money: random counts and files, and real recording rules.

Thirty-five days of history are written as blocks, as a Prometheus would have them, one namespace a
case; then the rules run in a real server and every figure is asked for.
"""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from absent import program
from ports import free_port

from <<cookiecutter.package_name>>.kpis.content import build_report
from <<cookiecutter.package_name>>.kpis.figures import figures_of_month
from <<cookiecutter.package_name>>.kpis.file import BINARY, CLASSES, NUMBER, KpiFile
from <<cookiecutter.package_name>>.kpis.formulas import Figures, Period, figures, value_at_risk
from <<cookiecutter.package_name>>.kpis.month import Month, Tally
from <<cookiecutter.package_name>>.kpis.recording_rules import rules_text
from <<cookiecutter.package_name>>.kpis.words import money
from <<cookiecutter.package_name>>.observe.processes import Processes
from <<cookiecutter.package_name>>.observe.prometheus import Prometheus

RULES = Path(__file__).parents[2] / "observability/environment/kpi.yaml"
GAUGES = ("ml_ledger_start_timestamp_seconds", "ml_ledger_created_timestamp_seconds")
CASES, DAYS, STEP, DAY = 24, 36, 3600, 86400


@dataclass
class Case:
    """A KPI file, and what was booked in each hour: outcomes (hours, names), all decisions."""

    name: str
    kpi: KpiFile
    outcomes: np.ndarray
    predictions: np.ndarray
    start: float

    def counts(self, hours: int) -> dict[str, int]:
        """What was booked in the last hours."""
        found = self.outcomes[-hours:].sum(axis=0)
        return dict(zip(self.kpi.names, found.tolist(), strict=True))


def draw(number: int, now: float) -> Case:
    """One case: any outcomes, any baseline that they can have, a young ledger now and then."""
    random = np.random.default_rng(number)
    names = (BINARY, CLASSES, NUMBER)[number % 3]
    policies = ("nobody", "everybody", "former", "none") if names == BINARY else ("former", "none")
    policy = policies[number // 3 % len(policies)]
    former = {name: int(random.integers(1, 500)) for name in names}
    kpi = KpiFile.model_validate(
        {
            "currency": ("EUR", "USD")[number % 2],
            "outcomes": {name: round(float(random.normal(0, 150)), 2) for name in names},
            "tolerance": 5.0 if names == NUMBER else None,
            "baseline": {"policy": policy, "counts": former if policy == "former" else None},
            "running_costs": {
                "per_month": round(float(random.uniform(0, 5000)), 2),
                "per_core_hour": round(float(random.uniform(0, 0.1)), 4),
                "cores": float(random.integers(1, 9)),
                "per_gib_hour": round(float(random.uniform(0, 0.02)), 4),
                "memory_gib": float(random.integers(1, 33)),
                "per_1000_predictions": round(float(random.uniform(0, 5)), 3),
            },
            "build_cost": {"amount": float(random.integers(0, 90000)), "months": 24},
            "minimum_labels": 1,
        }
    )
    hours = DAYS * 24
    outcomes = random.poisson(random.uniform(0, 9, len(names)), (hours, len(names)))
    # Sparse, as a daily job makes them.
    outcomes[random.random(hours) < 0.8] = 0
    predictions = outcomes.sum(axis=1) + random.poisson(3, hours)
    start = now - 400 * DAY
    if number % 4 == 3:
        start = now - 11 * DAY
        outcomes[: -11 * 24] = predictions[: -11 * 24] = 0
    return Case(f"n{number}", kpi, outcomes, predictions, start)


def history(cases: list[Case], now: float) -> str:
    """OpenMetrics text of the cumulative counts; a long ledger has some from before."""
    lines: dict[str, list[str]] = {}
    times = [now - STEP * place for place in range(DAYS * 24 - 1, -1, -1)]
    for case in cases:
        labels = f'namespace="{case.name}",environment="prod",team="t",model_name="m"'
        before = 0 if case.start > times[0] else 1000
        for place, name in enumerate(case.kpi.names):
            series = f'ml_outcomes_total{{{labels},model_version="v1",outcome="{name}"}}'
            totals = before + case.outcomes[:, place].cumsum()
            lines.setdefault("ml_outcomes", []).extend(_samples(series, totals, times, case))
        series = f'ml_ledger_predictions_total{{{labels},model_version="v1"}}'
        totals = 5 * before + case.predictions.cumsum()
        lines.setdefault("ml_ledger_predictions", []).extend(_samples(series, totals, times, case))
        for family in GAUGES:
            begun = np.full(len(times), case.start)
            samples = _samples(f"{family}{{{labels}}}", begun, times, case)
            lines.setdefault(family, []).extend(samples)
    kinds = dict.fromkeys(GAUGES, "gauge")
    parts = [
        f"# TYPE {family} {kinds.get(family, 'counter')}\n" + "\n".join(found)
        for family, found in lines.items()
    ]
    return "\n".join(parts) + "\n# EOF\n"


def _samples(series: str, values: np.ndarray, times: list[float], case: Case) -> Iterator[str]:
    for value, at in zip(values.tolist(), times, strict=True):
        if at >= case.start:
            yield f"{series} {value} {at:.0f}"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    now = float(int(time.time()))
    return [draw(number, now) for number in range(CASES)]


@pytest.fixture(scope="module")
def found(cases, tmp_path_factory) -> dict[tuple[str, str], float]:
    """Every recorded figure by namespace and name, all of one evaluation."""
    folder = tmp_path_factory.mktemp("prometheus")
    now = cases[0].start + 400 * DAY
    (folder / "history.txt").write_text(history(cases, now))
    command = [program("promtool"), "tsdb", "create-blocks-from", "openmetrics"]
    command += ["--max-block-duration=24h", str(folder / "history.txt"), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (folder / "kpi.yaml").write_text(yaml.safe_dump(_rules()))
    (folder / "values.yaml").write_text(yaml.safe_dump({"groups": list(map(_constants, cases))}))
    settings = {"rule_files": ["*.yaml"], "global": {"evaluation_interval": "1s"}}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    port = free_port()
    with Processes(folder / "logs") as processes:
        processes.start(
            "prometheus",
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                "--storage.tsdb.retention.time=45d",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=warn",
            ],
            f"http://127.0.0.1:{port}/-/ready",
        )
        return _asked(Prometheus(f"http://127.0.0.1:{port}"), len(cases))


def _asked(server: Prometheus, wanted: int) -> dict[tuple[str, str], float]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if len(server.now("ml:kpi_net_benefit:30d")) == wanted:
            # Each rule of a group is recorded by itself, and so are the constants of a case. So
            # let them all be evaluated some times more, and ask for a moment that is over.
            time.sleep(4)
            series = server.now('{__name__=~"ml:kpi_.*"}', time.time() - 2)
            broken = [rule for rule in server.rules() if rule["health"] == "err"]
            assert broken == []
            return {
                (item.labels["namespace"], item.labels["__name__"], *_kind(item.labels)): item.last
                for item in series
            }
        time.sleep(0.5)
    raise AssertionError(f"{server.now('ml:kpi_net_benefit:30d')} after a minute, not {wanted}")


def _kind(labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels[name] for name in ("outcome", "kind") if name in labels)


def _rules() -> dict:
    """The rules as they are, every second. Value at risk needs live traffic: two rules stand in."""
    groups = yaml.safe_load(RULES.read_text())["spec"]["groups"]
    for group in groups:
        group["interval"] = "1s"
        for rule in group["rules"]:
            if rule.get("record") == "ml:kpi_predictions:increase1d":
                rule["expr"] = "ml:kpi_labelled:delta30d * 0 + 480"
            if rule.get("record") == "ml:kpi_errors:ratio_rate1h":
                rule["expr"] = "ml:kpi_labelled:delta30d * 0 + 0.25"
    return {"groups": groups}


def _constants(case: Case) -> dict:
    """What `make kpi-rules` writes, with the labels that an overlay puts on it."""
    (group,) = yaml.safe_load(rules_text(case.kpi))["spec"]["groups"]
    for rule in group["rules"]:
        rule["labels"] = {**rule.get("labels", {}), "namespace": case.name, "environment": "prod"}
    return {**group, "name": case.name, "interval": "1s"}


def expected(case: Case, days: float) -> Figures:
    counts = case.counts(30 * 24)
    predictions = int(case.predictions[-30 * 24 :].sum())
    return figures(case.kpi, counts, predictions, Period(days, days / 30))


def test_every_figure_of_every_case_is_the_same(cases, found):
    compared = 0
    for case in cases:
        days = found[case.name, "ml:kpi_window:days"]
        assert days == pytest.approx(30 if case.start < time.time() - 30 * DAY else 11, abs=0.01)
        ours = expected(case, days)
        theirs = {
            "model_value:30d": ours.model_value,
            "baseline:30d": ours.baseline_value,
            "cost:30d": ours.costs.total,
            "net_benefit:30d": ours.net_benefit,
            "roi:30d": ours.roi,
            "cost_per_1000:30d": ours.cost_per_1000,
            "value_per_1000:30d": ours.value_per_1000,
        }
        for name, value in theirs.items():
            near = pytest.approx(value, rel=1e-9, abs=1e-6)
            assert found[case.name, f"ml:kpi_{name}"] == near, (case.name, name)
            compared += 1
        spent = ours.costs
        for kind in ("fixed", "compute", "predictions", "build"):
            value = found[case.name, "ml:kpi_cost_by_kind:30d", kind]
            assert value == pytest.approx(getattr(spent, kind), rel=1e-9), (case.name, kind)
        for outcome, count in case.counts(30 * 24).items():
            assert found[case.name, "ml:kpi_outcomes:delta30d", outcome] == count
    assert compared == 7 * CASES


def test_value_at_risk_is_the_same(cases, found):
    risks = set()
    for case in cases:
        days = found[case.name, "ml:kpi_window:days"]
        whole, week = expected(case, days), case.counts(7 * 24)
        labelled = sum(case.counts(30 * 24).values())
        lately = figures(case.kpi, week, 0)
        gain = (whole.model_value - whole.baseline_value) / labelled
        recent = (lately.model_value - lately.baseline_value) / sum(week.values())

        at_risk = value_at_risk(480, 0.25, gain, recent)

        near = pytest.approx(at_risk, rel=1e-9, abs=1e-6)
        assert found[case.name, "ml:kpi_value_at_risk:1d"] == near, case.name
        risks.add(at_risk > 0)
    assert risks == {True, False}


def test_the_report_of_a_month_of_30_days_says_the_same(cases, found):
    for case in cases:
        if found[case.name, "ml:kpi_window:days"] < 30:
            continue
        month = Month(2026, 9)
        counts, predictions = case.counts(30 * 24), int(case.predictions[-30 * 24 :].sum())
        tally = Tally(month, month.first, month.end, counts, predictions)

        report = build_report(case.kpi, [figures_of_month(case.kpi, tally)], "m")

        net = money(case.kpi, found[case.name, "ml:kpi_net_benefit:30d"])
        assert f"net benefit is {net}" in report.lead
