"""The overview as text that fits a terminal of 100 columns."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from .overlay_settings import Difference
from .status import Overview, Place

WIDTH = 100
_LISTED = 4
HEALTH = {
    "success": "healthy",
    "failure": "failed",
    "pending": "deploying",
    "unknown": "not reported",
}


def table(overview: Overview) -> str:
    """Environments, then what is tried, what waits, what differs and what is blocked."""
    head = f"{overview.model}: {overview.branch} at {overview.commit[:12]}, {day(overview.at)} UTC"
    parts = [f"{head}, forge {overview.forge}", _grid(overview)]
    if overview.trouble:
        parts.append(_paragraph("The forge was not reached", [overview.trouble]))
    parts += [
        _paragraph("Needs attention", attention(overview)),
        _paragraph("Tried", _tried(overview)),
        _paragraph("Waits", _waits(overview)),
        _paragraph("Set differently", _settings(overview)),
        _paragraph("Blocked", [f"{b.release} by {b.by}: {b.reason}" for b in overview.blocked]),
    ]
    return "\n\n".join(part for part in parts if part)


def attention(overview: Overview) -> Iterable[str]:
    """What somebody should look at, one line each."""
    for place in overview.places:
        if place.trouble:
            yield f"{place.name}: {place.trouble}"
        if place.blocked:
            yield f"{place.name} runs a blocked release: {place.blocked.reason}"
        if place.release and place.health.state == "failure":
            yield f"{place.name}: the deployment failed: {place.health.description or 'no reason'}"


def day(at: datetime) -> str:
    """Date and minute in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """How long before ``now``, in the one unit that says most."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} min"


def next_command(place: Place) -> str | None:
    """What brings the offered release here."""
    return f"make promote TO={place.name}" if place.offered else None


def difference_words(difference: Difference) -> str:
    """``settings/scaling.yaml replicas: 2, here 3``."""
    there = "not there" if difference.source is None else difference.source
    here = "not set" if difference.here is None else difference.here
    return f"{difference.file} {difference.key}: {there}, here {here}"


def _grid(overview: Overview) -> str:
    rows = [("ENVIRONMENT", "RELEASE", "SINCE (UTC)", "BY", "STATE")]
    for place in overview.places:
        since = place.since
        health = HEALTH[place.health.state] if place.release else ""
        if place.health.at is not None and health:
            health += f", {ago(place.health.at, overview.at)} ago"
        when, who = (day(since.when), since.author) if since else ("", "")
        rows.append((place.name, place.release or "nothing yet", when, who, health))
        if place.rollout is not None:
            kind = f"  {place.rollout.kind} {place.rollout.weight} %"
            change = place.trials[0].change
            when, who = day(change.when), change.author
            rows.append((kind, place.rollout.release, when, who, ""))
    limits = (18, 25, 16, 18, 23)
    cells = [[_short(cell, limit) for cell, limit in zip(r, limits, strict=True)] for r in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join(line.rstrip() for line in lines)


def _tried(overview: Overview) -> Iterable[str]:
    for place in overview.places:
        if place.rollout is not None:
            since = ago(place.rollout.started_at, overview.at)
            yield f"{place.name}: {place.rollout}, begun {since} ago"


def _waits(overview: Overview) -> Iterable[str]:
    for place in overview.places:
        for pull in place.waiting:
            since = ago(pull.created_at, overview.at)
            yield f"{place.name}: #{pull.number} {pull.title}, for {since}, by {pull.author}"
            yield f"  {pull.url}"
        if place.offered:
            what = f"{place.offered} of {place.environment.source} is not proposed"
            yield f"{place.name}: {what}: {next_command(place)}"
        if place.window and not place.window[0] and (place.waiting or place.offered):
            yield f"{place.name}: the window is {place.window[1]}"


def _settings(overview: Overview) -> Iterable[str]:
    for place in overview.places:
        if not place.differs:
            continue
        count, source = len(place.differs), place.environment.source
        yield f"{place.name} against {source}: {count} {'value' if count == 1 else 'values'}"
        yield from (f"  {difference_words(item)}" for item in place.differs[:_LISTED])
        if count > _LISTED:
            yield f"  and {count - _LISTED} more: make diff FROM={source} TO={place.name}"


def _paragraph(title: str, lines: Iterable[str]) -> str:
    wrapped: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        wrapped += _wrap(line.strip(), indent)
    return "\n".join([title, *wrapped]) if wrapped else ""


def _wrap(text: str, indent: str) -> Sequence[str]:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.wrap(
        clean,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
    )


def _short(text: str, most: int) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
