"""What must be so in ``settings/thresholds.yaml`` of an environment, which people edit by hand."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

NAMES = (
    "cost_per_1000",
    "drift_share",
    "error_budget",
    "feature_drift_score",
    "label_coverage",
    "label_delay_seconds",
    "latency_budget",
    "minimum_labels",
    "minimum_requests",
    "missing_share",
    "model_age_seconds",
    "monitor_age_seconds",
    "net_benefit",
    "pipeline_age_seconds",
    "prediction_drift_score",
    "quality_drop",
    "rejected_share",
)
# Of the histograms of model server and orchestrator. Those of whole seconds are left out: the two
# spell them differently, 1.0 and 1, and text is compared.
EDGES = ("0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "2.5", "7.5")
# Factor of the fastest alert: not even a total failure spends a greater budget so fast.
FASTEST = 14.4
_SHARES = re.compile(r"(_share|_budget|_coverage|_drop)$")
_VALUE = re.compile(r"vector\((-?[0-9.]+(?: \* [0-9]+)?)\)")


def problems(path: Path) -> Iterator[str]:
    """Everything that is wrong, each with the file and the name."""
    where = "/".join(path.parts[-3:])
    (group,) = yaml.safe_load(path.read_text("utf-8"))["spec"]["groups"]
    names = []
    for rule in group["rules"]:
        labels = rule.get("labels", {})
        if rule.get("record") == "ml:latency_objective":
            yield from _objective(labels, f"{where}: ml:latency_objective")
        elif rule.get("record") == "ml:threshold":
            names.append(labels.get("name"))
            yield from _threshold(names[-1], rule, f"{where}: {names[-1]}")
        else:
            name = rule.get("record") or rule.get("alert")
            yield f"{where}: {name} is no threshold; it goes to observability/environment"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{where}: {name} is there {count} times; keep one"
    for name in NAMES:
        if name not in names:
            yield f"{where}: {name} is missing; copy its line from another environment"
    objectives = [rule for rule in group["rules"] if rule.get("record") == "ml:latency_objective"]
    if len(objectives) != 1:
        yield f"{where}: ml:latency_objective is there {len(objectives)} times; keep one"


def _objective(labels: dict, where: str) -> Iterator[str]:
    edge = labels.get("le")
    if edge not in EDGES:
        yield f"{where} has le {edge!r}; it must be an edge, as text: {', '.join(EDGES)}"


def _threshold(name: str | None, rule: dict, where: str) -> Iterator[str]:
    if name not in NAMES:
        yield f"{where} is unknown; known are {', '.join(NAMES)}"
        return
    found = _VALUE.fullmatch(str(rule.get("expr")))
    if not found:
        yield f"{where} is {rule.get('expr')!r}; write vector(0.5) or vector(30 * 86400)"
        return
    number, _, factor = found[1].partition(" * ")
    value = float(number) * float(factor or 1)
    if _SHARES.search(name) and not 0 <= value <= 1:
        yield f"{where} is {value:g}; it is a share, from 0 to 1"
    if name.endswith("_budget") and not 0 < value < 1 / FASTEST:
        yield f"{where} is {value:g}; above 0 and below {1 / FASTEST:.4f}, or nobody is ever woken"
    if value < 0 and name != "net_benefit":
        yield f"{where} is {value:g}; it cannot be negative"
