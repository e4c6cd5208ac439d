"""From rows of panels to the JSON that Grafana reads: places, numbers, and a stable text."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
)

from . import kpis, operations, quality, variables
from .panels import Row

COLUMNS = 24
# Grafana refuses longer ones.
LONGEST_UID = 40
# Of the whole dashboard in the annotation that `kubectl apply` writes.
MOST_BYTES = 262_144
REFRESH, SINCE = "30s", "now-6h"


def dashboards(slug: str, currency: str) -> dict[str, dict[str, Any]]:
    """The JSON of every dashboard by file name; only ``slug`` and ``currency`` vary."""
    metrics = variables.sources(logs=False)
    chosen = [variables.environment(slug), variables.model(slug)]
    return {
        "model-operations.json": build(
            "Model operations",
            f"{slug}-ops",
            "Is the model answering, fast enough, and which version does?",
            operations.rows(),
            [*variables.sources(), *chosen, variables.predictor(), variables.version()],
            [slug],
        ),
        "model-quality.json": build(
            "Model quality and drift",
            f"{slug}-quality",
            "Do data and predictions look as in training, and are the predictions right?",
            quality.rows(),
            [*metrics, *chosen, variables.version(), variables.metric()],
            [slug],
            since="now-7d",
        ),
        "business-kpis.json": build(
            "Business KPIs",
            f"{slug}-kpi",
            "What the model is worth, in money and in plain words.",
            kpis.rows(currency),
            [*metrics, *chosen],
            [slug],
            since="now-30d",
        ),
    }


def build(
    title: str,
    uid: str,
    description: str,
    rows: Sequence[Row],
    choices: Sequence[variables.Variable],
    tags: Sequence[str],
    since: str = SINCE,
) -> dict[str, Any]:
    """One dashboard as plain JSON types."""
    board = dashboard.Dashboard(title).uid(uid).description(description).tags(["ml", *tags])
    board = board.timezone("browser").refresh(REFRESH).time(since, "now").readonly()
    board = board.tooltip(DashboardCursorSync.CROSSHAIR).variables(list(choices))
    link = dashboard.DashboardLink("Other dashboards of this model")
    link = link.type(DashboardLinkType.DASHBOARDS).tags(["ml", *tags]).as_dropdown(True)
    board = board.link(link.include_vars(True).keep_time(True))
    for add, builder in _placed(board, rows):
        add(builder)
    made = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    for variable in made["templating"]["list"]:
        # The SDK writes the keys of an interval variable to every kind.
        for key in ("auto", "auto_min", "auto_count"):
            variable.pop(key, None)
    return made


def text(content: dict[str, Any]) -> str:
    """As it is committed: equal dashboards are equal texts."""
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(slug: str, currency: str, folder: Path) -> list[Path]:
    """Write every dashboard into ``folder`` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, content in dashboards(slug, currency).items():
        files.append(folder / name)
        files[-1].write_text(text(content), encoding="utf-8")
    return files


def _placed(board: Any, rows: Sequence[Row]) -> list[tuple[Callable, Any]]:
    """Rows and panels with numbers, from left to right in lines as high as their highest panel."""
    found: list[tuple[Callable, Any]] = []
    top = 0
    for row in rows:
        heading = dashboard.Row(row.title).id(len(found) + 1)
        found.append((board.with_row, heading.grid_pos(GridPos(h=1, w=COLUMNS, x=0, y=top))))
        top, left, line = top + 1, 0, 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left, line = top + line, 0, 0
            place = GridPos(h=panel.height, w=panel.width, x=left, y=top)
            found.append((board.with_panel, panel.builder.id(len(found) + 1).grid_pos(place)))
            left, line = left + panel.width, max(line, panel.height)
        top += line
    return found
