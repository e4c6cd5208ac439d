"""The constants of the KPI file as recording rules, so that Prometheus can multiply with them.

``make kpi-rules`` writes the file; a test compares it with what would be written.
"""

from pathlib import Path

from .file import KpiFile
from .formulas import WINDOW, baseline_values, costs

RULES_FILE = Path("observability/environment/kpi-values.yaml")
_HEAD = """\
# Written by `make kpi-rules` from observability/kpi.yaml: change that file and not this one.
# Constants as series, which the rules in kpi.yaml multiply with counts. Costs are those of 30 days;
# kind predictions is that of 1000 predictions.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: kpi-values
spec:
  groups:
    - name: kpi-values
      interval: 1m
      rules:
"""


def rules_text(kpi: KpiFile) -> str:
    """The whole file, equal for equal files."""
    money = {"currency": kpi.currency}
    spent, worth = costs(kpi, 1000, WINDOW), baseline_values(kpi)
    rules = [
        *(_rule("ml:kpi_value", kpi.outcomes[name], outcome=name, **money) for name in kpi.names),
        *(_rule("ml:kpi_baseline_value", worth[name], outcome=name, **money) for name in kpi.names),
        _rule("ml:kpi_cost", spent.fixed, kind="fixed", **money),
        _rule("ml:kpi_cost", spent.compute, kind="compute", **money),
        _rule("ml:kpi_cost", spent.predictions, kind="predictions", **money),
        _rule("ml:kpi_cost", spent.build, kind="build", **money),
        _rule("ml:kpi_minimum_labels", kpi.minimum_labels),
    ]
    for item in kpi.kpis:
        if item.target is not None:
            bound = "at_most" if item.target.at_least is None else "at_least"
            value = getattr(item.target, bound)
            rules.append(_rule("ml:kpi_target", value, metric=item.metric, bound=bound))
    return _HEAD + "".join(rules)


def _rule(record: str, value: float, **labels: str) -> str:
    # All digits of the number: the report must come to the same sums.
    number = repr(float(value)).removesuffix(".0")
    lines = [f"        - record: {record}", f"          expr: vector({number})"]
    if labels:
        content = ", ".join(f"{name}: {text}" for name, text in labels.items())
        lines.append(f"          labels: {{{content}}}")
    return "\n".join(lines) + "\n"
