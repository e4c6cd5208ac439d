"""All dashboards as one HTML page that stands alone: every panel drawn from what was answered."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from .asking import ask, asks_logs, count_errors, is_elsewhere
from .drawing import draw
from .filling import Values
from .frame import FRAME
from .prometheus import Prometheus


@dataclass
class Look:
    """What the page says above the dashboards, and the times that its charts show."""

    model: str
    start: float
    end: float
    lead: str
    # Of the model servers: what a cluster would find in Elasticsearch.
    logs: Sequence[Path]
    alerts: Sequence[dict[str, Any]] = ()
    notes: Sequence[str] = ()
    empty: list[str] = field(default_factory=list)
    panels: int = 0


def write_page(
    path: Path, files: Iterable[Path], prometheus: Prometheus, values: Values, look: Look
) -> Look:
    """Ask and draw every panel of the dashboards, write the page; ``look`` has what was empty."""
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    drawn = [_board(board, prometheus, values, look) for board in boards]
    links = [f"<a href='#{board['uid']}'>{escape(board['title'])}</a>" for board in boards]
    full = look.panels - len(look.empty)
    page = FRAME.substitute(
        title=escape(f"{look.model}: dashboards"),
        status=f"{full} of {look.panels} panels have data",
        tone="good" if not look.empty else "unsure",
        lead=escape(look.lead),
        links="".join(links),
        alerts=_alerts(look.alerts),
        boards="".join(drawn),
        notes="".join(f"<p>{escape(note)}</p>" for note in look.notes),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return look


def alert_names(alerts: Sequence[dict[str, Any]]) -> list[str]:
    """Each alert's name and severity, and the labels that tell it from others of its name."""
    found = []
    for labels in [alert["labels"] for alert in alerts]:
        alike = [
            other["labels"]
            for other in alerts
            if other["labels"]["alertname"] == labels["alertname"]
        ]
        told = [labels.get("severity", "no severity")]
        for name, value in labels.items():
            if name != "severity" and any(other.get(name) != value for other in alike):
                told.append(f"{name} {value}")
        found.append(f"{labels['alertname']} ({', '.join(told)})")
    return found


def _board(board: dict[str, Any], prometheus: Prometheus, values: Values, look: Look) -> str:
    parts, elsewhere = [], []
    for panel in board["panels"]:
        if panel["type"] == "row":
            parts.append(f"<h3>{escape(panel['title'])}</h3>")
        elif is_elsewhere(panel):
            elsewhere.append(panel["title"])
        else:
            if asks_logs(panel):
                answer = count_errors(look.logs, look.start, look.end)
            else:
                answer = ask(panel, prometheus, values, look.start, look.end)
            look.panels += 1
            # A table of alerts without a row is good news.
            if answer.empty and panel["type"] != "table":
                look.empty.append(f"{board['title']}: {panel['title']}")
            parts.append(draw(panel, answer, look.start, look.end))
    # Headings of rows that have no panel left.
    parts = [
        part
        for part, after in zip(parts, [*parts[1:], "<h3>"], strict=True)
        if not (part.startswith("<h3>") and after.startswith("<h3>"))
    ]
    if elsewhere:
        names = ", ".join(f"“{escape(name)}”" for name in elsewhere)
        parts.append(f"<p class='quiet wide'>Only in a cluster, from the mesh: {names}.</p>")
    return (
        f"<section id='{board['uid']}'><h2>{escape(board['title'])}</h2>"
        f"<p class='quiet'>{escape(board.get('description', ''))}</p>"
        f"<div class='grid'>{''.join(parts)}</div></section>"
    )


def _alerts(alerts: Sequence[dict[str, Any]]) -> str:
    if not alerts:
        return "<p class='alert calm'>No alert fires.</p>"
    found = []
    for alert in alerts:
        labels, texts = alert["labels"], alert["annotations"]
        since = time.strftime("%H:%M:%S", time.localtime(alert["since"]))
        found.append(
            f"<p class='alert {escape(labels.get('severity', ''), quote=True)}'>"
            f"<b>{escape(labels['alertname'])}</b> {escape(texts.get('summary', ''))}. "
            f"{escape(texts.get('description', ''))} "
            f"<span class='quiet'>{escape(labels.get('severity', ''))}, since {since}</span></p>"
        )
    return "".join(found)
