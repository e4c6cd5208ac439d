"""One panel as HTML, drawn as Grafana would: the same title, unit, colours and limits."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from .asking import Answer
from .charts import Frame, Line, chart, colours, heat
from .units import show

_COLUMN, _UNIT = 50, 31
_COLOURS = {"green": "#1a7f4b", "orange": "#b36b00", "red": "#c0362c", "blue": "#2463a6"}
_MOST_BARS, _MOST_ROWS, _MOST_NAMES = 12, 8, 10


def draw(panel: dict[str, Any], answer: Answer, start: float, end: float) -> str:
    """A figure for ``panel`` with what its queries answered between two Unix times."""
    place = panel["gridPos"]
    title, text = escape(panel["title"]), escape(panel.get("description", ""), quote=True)
    style = f"grid-column: span {place['w']}; --rows: {place['h']}"
    body = _body(panel, answer, start, end)
    return (
        f"<figure class='{panel['type']}' style='{style}'><figcaption title='{text}'>{title}"
        f"<span class='why' aria-label='{text}'>i</span></figcaption>{body}</figure>"
    )


def _body(panel: dict[str, Any], answer: Answer, start: float, end: float) -> str:
    if answer.empty:
        return f"<p class='none'>{'none' if panel['type'] == 'table' else 'no data'}</p>"
    defaults = panel["fieldConfig"]["defaults"]
    unit, decimals = defaults.get("unit", "none"), defaults.get("decimals")
    if panel["type"] == "stat":
        value = answer.lines[0].points[-1][1]
        colour, text = _colour(value, defaults), escape(show(value, unit, decimals))
        return f"<p class='big' style='color:{colour}'>{text}</p>"
    if panel["type"] == "bargauge":
        return _bars(answer.lines, unit, defaults)
    if panel["type"] == "table":
        return _table(panel, answer)
    height = _UNIT * panel["gridPos"]["h"] - 62
    frame = Frame(_COLUMN * panel["gridPos"]["w"], height, start, end)
    if panel["type"] == "heatmap":
        return heat(answer.lines, Frame(frame.width, height + 20, start, end))
    custom = defaults.get("custom", {})
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    lines = _most(_seen(answer.lines) if stacked else answer.lines)
    step = custom.get("lineInterpolation") == "stepAfter"
    return chart(lines, unit, frame, stacked=stacked, step=step) + _legend(lines, unit)


def _seen(lines: Sequence[Line]) -> Sequence[Line]:
    """Without areas that are zero all the time, if there are others."""
    return [line for line in lines if any(value for _, value in line.points)] or lines


def _most(lines: Sequence[Line]) -> list[Line]:
    """Limits, and the lines with the highest last values if there are too many to tell apart."""
    plain = [line for line in lines if not line.limit]
    if len(plain) > _MOST_NAMES:
        plain = sorted(plain, key=lambda line: -line.points[-1][1])[:_MOST_NAMES]
    return [*plain, *(line for line in lines if line.limit)]


def _legend(lines: Sequence[Line], unit: str) -> str:
    items = [
        f"<li><i class='{'dashed' if line.limit else ''}' style='--colour:{colour}'></i>"
        f"{escape(line.name)} <b>{escape(show(line.points[-1][1], unit))}</b></li>"
        for line, colour in zip(lines, colours(lines), strict=True)
    ]
    return f"<ul>{''.join(items)}</ul>"


def _bars(lines: Sequence[Line], unit: str, defaults: dict[str, Any]) -> str:
    found = sorted(((line.points[-1][1], line.name) for line in lines), reverse=True)[:_MOST_BARS]
    most = max([defaults.get("max", 0.0), *(abs(value) for value, _ in found)]) or 1.0
    rows = []
    for value, name in found:
        if math.isfinite(value):
            style = f"width:{100 * abs(value) / most:.1f}%;background:{_colour(value, defaults)}"
            cells = f"<td class='bar'><i style='{style}'></i></td><td>{show(value, unit)}</td>"
            rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    return f"<div class='scroll'><table>{''.join(rows)}</table></div>"


def _table(panel: dict[str, Any], answer: Answer) -> str:
    heads: dict[str, str] = {}
    for change in panel.get("transformations", []):
        heads = change.get("options", {}).get("renameByName", heads)
    lines = []
    for series in answer.series[:_MOST_ROWS]:
        cells = [series.labels.get(label, "") for label in heads if label != "Value"]
        if "Value" in heads:
            unit = panel["fieldConfig"]["defaults"].get("unit", "none")
            cells.append(show(series.last, unit))
        lines.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    head = "".join(f"<th>{escape(name)}</th>" for name in heads.values())
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    return (
        f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        "</div>"
    )


def _colour(value: float, defaults: dict[str, Any]) -> str:
    found = "blue"
    for step in defaults.get("thresholds", {}).get("steps", []):
        if step.get("value") is None or value >= step["value"]:
            found = step["color"]
    return _COLOURS.get(found, found)
