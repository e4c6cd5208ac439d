"""The answers that one panel shows: its queries over time or now, with the legend's names."""

import json
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .charts import Line
from .filling import Values, fill
from .prometheus import Prometheus, Series

_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ERROR = re.compile(r'"log.level":"(error|critical|fatal)"')
# As many as a line has room for.
POINTS = 180
# Counted by the proxies of a mesh, which only a cluster has.
MESH = re.compile(r"\b(istio_|ml:mesh_)\w")


@dataclass
class Answer:
    """What the queries of a panel gave."""

    lines: list[Line] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether no query has a value; limits alone are no data."""
        return not any(not line.limit for line in self.lines) and not self.series


def ask(
    panel: dict[str, Any], prometheus: Prometheus, values: Values, start: float, end: float
) -> Answer:
    """Ask for what ``panel`` shows between two Unix times."""
    answer = Answer()
    dashed = {
        override["matcher"]["options"]
        for override in panel.get("fieldConfig", {}).get("overrides", [])
        if override["matcher"]["id"] == "byFrameRefID"
    }
    for target in panel.get("targets", []):
        expr = fill(target["expr"], values)
        if panel["type"] in ("stat", "bargauge", "table"):
            found = prometheus.now(expr, end)
        else:
            found = prometheus.over(expr, start, end, max(1.0, (end - start) / POINTS))
        if target.get("format") == "table":
            answer.series += found
            continue
        for series in found:
            name = legend(target.get("legendFormat", ""), series)
            answer.lines.append(Line(name, series.points, target["refId"] in dashed))
    if panel["type"] == "heatmap":
        answer.lines = _buckets(answer.lines)
    return answer


def is_elsewhere(panel: dict[str, Any]) -> bool:
    """Whether a panel asks only for what no local program counts."""
    return all(MESH.search(target.get("expr", "")) for target in panel.get("targets", []))


def asks_logs(panel: dict[str, Any]) -> bool:
    """Whether a panel counts log lines, which a cluster keeps in Elasticsearch."""
    return all("expr" not in target for target in panel.get("targets", []))


def count_errors(logs: Sequence[Path], start: float, end: float) -> Answer:
    """Lines of level error by the part that wrote them, as the log panel counts them."""
    step = max(1.0, (end - start) / 30)
    counts: dict[str, dict[float, float]] = {}
    # Whole lines: the servers still write.
    texts = (log.read_text("utf-8").rpartition("\n")[0] for log in logs)
    for line in (line for text in texts for line in text.splitlines()):
        if not _ERROR.search(line):
            continue
        record = json.loads(line)
        at = datetime.fromisoformat(record["@timestamp"]).timestamp()
        slot = start + step * ((at - start) // step)
        by_time = counts.setdefault(record.get("event.dataset", "unknown"), {})
        by_time[slot] = by_time.get(slot, 0.0) + 1
    # Whole ones: half a slot at the end would look as if errors went down.
    slots = [start + step * place for place in range(round((end - start) / step))]
    found = {name: [(at, times.get(at, 0.0)) for at in slots] for name, times in counts.items()}
    # A log without errors is a line at zero and not a hole.
    found = found or {"errors": [(at, 0.0) for at in slots]}
    return Answer([Line(name, points) for name, points in found.items()])


def legend(text: str, series: Series) -> str:
    """The legend's text with the series' labels put in."""
    return " ".join(_LABEL.sub(lambda found: series.labels.get(found[1], ""), text).split())


def first_metric(prometheus: Prometheus) -> str:
    """The measure of quality that Grafana would choose first; it needs a monitoring run."""
    found = prometheus.now("group by (metric) (ml_quality_reference)")
    return min((series.labels["metric"] for series in found), default="none")


def first_version(prometheus: Prometheus, namespace: str) -> str:
    """The version that the default predictor serves now."""
    served = f'ml_model_info{{namespace="{namespace}",predictor="default"}}'
    found = prometheus.now(f"group by (model_version) ({served})")
    return min((series.labels["model_version"] for series in found), default="none")


def wait_for(prometheus: Prometheus, expr: str, seconds: float) -> bool:
    """Whether the query has an answer within so many seconds."""
    end = time.monotonic() + seconds
    while not (found := prometheus.now(expr)) and time.monotonic() < end:
        time.sleep(0.5)
    return bool(found)


def _buckets(lines: list[Line]) -> list[Line]:
    """Counts of each bucket alone, from those up to its edge."""
    edges = sorted(lines, key=lambda line: float(line.name.replace("+Inf", "inf")))
    found, below = [], {}
    for line in edges:
        points = [(at, value - below.get(at, 0.0)) for at, value in line.points]
        below = dict(line.points)
        # Nothing is beyond the last edge of a score.
        if not math.isinf(float(line.name.replace("+Inf", "inf"))):
            found.append(Line(line.name, points))
    return found
