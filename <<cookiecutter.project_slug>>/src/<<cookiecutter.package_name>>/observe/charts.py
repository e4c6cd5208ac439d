"""Charts as SVG text: lines over time, and heat maps. No script, no library, nothing loaded."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .axes import axis
from .units import show

PALETTE = (
    "#2463a6",
    "#3f9c66",
    "#d08a1d",
    "#7b52ab",
    "#2a9aa8",
    "#b5487a",
    "#6b7886",
    "#8a6d3b",
    "#4a79d9",
    "#7aa03a",
)
LIMIT = "#c0362c"
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 10, 8, 22


@dataclass(frozen=True)
class Line:
    """A named series; a ``limit`` is drawn dashed and in red."""

    name: str
    points: Sequence[tuple[float, float]]
    limit: bool = False


@dataclass(frozen=True)
class Frame:
    """Size in pixels and the times, in Unix seconds, at the left and right edge."""

    width: int
    height: int
    start: float
    end: float

    def x(self, at: float) -> float:
        share = (at - self.start) / max(self.end - self.start, 1e-9)
        return _LEFT + share * (self.width - _LEFT - _RIGHT)


def colours(lines: Sequence[Line]) -> list[str]:
    """A colour for each line, the same in chart and legend."""
    found, place = [], 0
    for line in lines:
        if line.limit:
            found.append(LIMIT)
        else:
            found.append(PALETTE[place % len(PALETTE)])
            place += 1
    return found


def chart(
    lines: Sequence[Line], unit: str, frame: Frame, *, stacked: bool = False, step: bool = False
) -> str:
    """Lines over time from zero, or areas on top of each other."""
    bands = _stack(lines) if stacked else [(line, None) for line in lines]
    values = [value for line, _ in bands for _, value in line.points if math.isfinite(value)]
    low, high, ticks = axis(min([0.0, *values]), max([0.0, *values]), unit)
    height = frame.height - _TOP - _BOTTOM

    def y(value: float) -> float:
        return _TOP + height * (1 - (value - low) / (high - low))

    parts = [_grid(ticks, y, unit, frame), _times(frame)]
    for (line, below), colour in reversed(list(zip(bands, colours(lines), strict=True))):
        # A line cannot pass what is no number.
        run = [point for point in line.points if math.isfinite(point[1])]
        if not run:
            continue
        places = _corners([(frame.x(at), y(value)) for at, value in run], step)
        parts.append(_path(places, colour, line.limit))
        if stacked and not line.limit:
            floor = dict(below or [])
            bottom = [(frame.x(at), y(floor.get(at, 0.0))) for at, _ in reversed(run)]
            parts.append(_area([*places, *bottom], colour, 0.35))
        elif not line.limit:
            ends = [(places[-1][0], y(max(low, 0))), (places[0][0], y(max(low, 0)))]
            parts.append(_area([*places, *ends], colour, 0.07))
    return _svg(frame, "".join(parts), ", ".join(line.name for line in lines))


def heat(rows: Sequence[Line], frame: Frame) -> str:
    """A cell for every bucket and time; each row's points are counts, the last row is on top."""
    most = max((value for row in rows for _, value in row.points), default=0) or 1.0
    height = (frame.height - _TOP - _BOTTOM) / max(len(rows), 1)
    times = sorted({at for row in rows for at, _ in row.points})
    columns = {at: column for column, at in enumerate(times)}
    width = (frame.width - _LEFT - _RIGHT) / max(len(times), 1)
    parts = []
    for place, row in enumerate(rows):
        top = frame.height - _BOTTOM - (place + 1) * height
        text = escape(f"≤ {row.name}")
        parts.append(
            f"<text x='{_LEFT - 6}' y='{top + height / 2 + 4:.1f}' class='tick end'>{text}</text>"
        )
        for at, value in row.points:
            if value <= 0 or not math.isfinite(value):
                continue
            strength = 0.08 + 0.92 * math.sqrt(value / most)
            left = _LEFT + columns[at] * width
            parts.append(
                f"<rect x='{left:.1f}' y='{top + 1:.1f}' width='{max(width - 0.5, 0.5):.1f}' "
                f"height='{height - 2:.1f}' fill='#2463a6' fill-opacity='{strength:.2f}'/>"
            )
    return _svg(frame, "".join(parts) + _times(frame), "heat map")


def _stack(lines: Sequence[Line]) -> list[tuple[Line, list[tuple[float, float]] | None]]:
    sums: dict[float, float] = {}
    found = []
    for line in lines:
        if line.limit:
            found.append((line, None))
            continue
        below = [(at, sums.get(at, 0.0)) for at, _ in line.points]
        for at, value in line.points:
            sums[at] = sums.get(at, 0.0) + (value if math.isfinite(value) else 0.0)
        found.append((Line(line.name, [(at, sums[at]) for at, _ in line.points]), below))
    return found


def _corners(places: list[tuple[float, float]], step: bool) -> list[tuple[float, float]]:
    if not step:
        return places
    found = places[:1]
    for x, y in places[1:]:
        found += [(x, found[-1][1]), (x, y)]
    return found


def _path(places: Sequence[tuple[float, float]], colour: str, dashed: bool) -> str:
    if len(places) == 1:
        ((x, y),) = places
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{colour}'/>"
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    kind = " stroke-dasharray='7 5' stroke-width='1.4'" if dashed else " stroke-width='1.8'"
    return f"<polyline points='{way}' fill='none' stroke='{colour}'{kind}/>"


def _area(places: Sequence[tuple[float, float]], colour: str, strength: float) -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f"<polygon points='{way}' fill='{colour}' fill-opacity='{strength}'/>"


def _grid(ticks: Sequence[float], y, unit: str, frame: Frame) -> str:
    parts = []
    for tick in ticks:
        at = y(tick)
        parts.append(
            f"<line x1='{_LEFT}' x2='{frame.width - _RIGHT}' y1='{at:.1f}' y2='{at:.1f}' "
            f"class='{'zero' if tick == 0 else 'rule'}'/>"
            f"<text x='{_LEFT - 6}' y='{at + 4:.1f}' class='tick end'>{escape(_tick(tick, unit))}"
            "</text>"
        )
    return "".join(parts)


def _tick(value: float, unit: str) -> str:
    return "0" if value == 0 else show(value, unit)


def _times(frame: Frame) -> str:
    count = max(2, frame.width // 150)
    parts = []
    for place in range(count + 1):
        at = frame.start + (frame.end - frame.start) * place / count
        text = time.strftime("%H:%M:%S", time.localtime(at))
        side = "" if 0 < place < count else " end" if place else " start"
        parts.append(
            f"<text x='{frame.x(at):.1f}' y='{frame.height - 5}' class='tick{side}'>{text}</text>"
        )
    return "".join(parts)


def _svg(frame: Frame, content: str, title: str) -> str:
    return (
        f"<svg viewBox='0 0 {frame.width} {frame.height}' role='img' "
        f"aria-label='{escape(title, quote=True)}'>{content}</svg>"
    )
