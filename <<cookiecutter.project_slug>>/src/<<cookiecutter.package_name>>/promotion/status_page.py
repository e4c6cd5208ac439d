"""The overview as one HTML page that can be kept as a file: equal releases have equal colours."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from .forges import PullRequest
from .status import Overview, Place
from .status_frame import FRAME
from .status_table import HEALTH, ago, attention, day, next_command

_TONES = {"success": "good", "failure": "bad", "pending": "unsure", "unknown": "unsure"}
_EVENTS = 20


def write_page(overview: Overview, path: Path) -> None:
    """Write the page; what is in it is escaped, and nothing is loaded from anywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(overview), encoding="utf-8")


def page(overview: Overview) -> str:
    """The whole page."""
    tone, status = _summary(overview)
    lead = (
        f"As of {day(overview.at)} UTC, from <code>{escape(overview.branch)}</code> at "
        f"<code>{overview.commit[:12]}</code> of {escape(overview.remote or 'the repository')}."
    )
    return FRAME.substitute(
        title=escape(f"{overview.model}: what runs where"),
        status=escape(status),
        tone=tone,
        lead=lead,
        count=len(overview.places),
        alerts="".join(f"<p class='alert'>{escape(text)}</p>" for text in _alerts(overview)),
        places="".join(_card(place, overview) for place in overview.places),
        tables=_waiting(overview) + _events(overview) + _blocked(overview) + _settings(overview),
    )


def _summary(overview: Overview) -> tuple[str, str]:
    states = [place.health.state for place in overview.places if place.release]
    failed = states.count("failure")
    if failed or any(place.trouble for place in overview.places):
        return "bad", f"{failed} failed" if failed else "needs attention"
    if not states:
        return "unsure", "nothing released yet"
    healthy = states.count("success")
    every = healthy == len(states)
    return ("good", "all healthy") if every else ("unsure", f"{healthy} of {len(states)} healthy")


def _alerts(overview: Overview) -> Iterable[str]:
    if overview.trouble:
        yield f"The forge was not reached; health and what waits are unknown. {overview.trouble}"
    yield from attention(overview)


def _card(place: Place, overview: Overview) -> str:
    tone = _TONES[place.health.state] if place.release else "none"
    said = HEALTH[place.health.state] if place.release else "empty"
    if place.release and place.health.at is not None:
        said += f", {ago(place.health.at, overview.at)} ago"
    parts = [f"<header><h3>{escape(place.name)}</h3><span class='badge'>{said}</span></header>"]
    parts.append(_release(place))
    if place.since is not None:
        since = f"{day(place.since.when)} UTC, {ago(place.since.when, overview.at)} ago"
        parts.append(f"<p class='quiet'>since {since}<br>by {escape(place.since.author)}</p>")
    parts.append(_rollout(place, overview))
    parts += [f"<p class='next'>{text}</p>" for text in _next(place)]
    return f"<section class='env {tone}'>{''.join(parts)}</section>"


def _release(place: Place) -> str:
    if place.release is None:
        return "<p class='empty'>no release yet</p>"
    version = escape(place.release.partition("-")[0])
    return (
        f"<p class='release' style='{_colour(place.release)}'><b>{version}</b>"
        f"<code>{escape(place.release)}</code></p>"
    )


def _rollout(place: Place, overview: Overview) -> str:
    """A bar of the traffic; copies for a shadow are a bar of their own."""
    found = place.rollout
    if found is None or place.release is None:
        return ""
    second = found.release.partition("-")[0]
    first = 100 if found.kind == "shadow" else 100 - found.weight
    bar = f"<div class='split'>{_part(place.release, first, f'{first} %')}"
    kind = "mirror" if found.kind == "shadow" else ""
    if found.kind == "shadow":
        bar += "</div><div class='split'>"
    bar += f"{_part(found.release, found.weight, f'{second} {found.weight} %', kind)}</div>"
    since = ago(found.started_at, overview.at)
    return f"<div>{bar}<p class='quiet'>{escape(str(found))}, begun {since} ago</p></div>"


def _part(release: str, share: int, text: str, kind: str = "") -> str:
    style = f"{_colour(release)};width:{share}%"
    return f"<span class='{kind}' style='{style}'>{escape(text)}</span>" if share else ""


def _next(place: Place) -> Iterable[str]:
    for pull in place.waiting:
        yield f"waits: {_link(pull)}"
    if place.offered:
        command = escape(next_command(place) or "")
        yield f"{_chip(place.offered)} is next: <code>{command}</code>"
    if place.window:
        yield f"<span class='quiet'>window {escape(place.window[1])}</span>"


def _waiting(overview: Overview) -> str:
    rows = [
        [
            escape(place.name),
            _link(pull),
            escape(pull.author),
            f"{day(pull.created_at)} UTC, {ago(pull.created_at, overview.at)} ago",
        ]
        for place in overview.places
        for pull in place.waiting
    ]
    return _table("Waits to be merged", ["Environment", "Pull request", "By", "Since"], rows)


def _settings(overview: Overview) -> str:
    """Every value that is not the same everywhere; those that differ from the source in bold."""
    names = [place.name for place in overview.places]
    values: dict[tuple[str, str], dict[str, str | None]] = {}
    differing = set()
    for place in overview.places:
        for item in place.differs:
            row = values.setdefault((item.file, item.key), {})
            row[place.name] = item.here
            row.setdefault(place.environment.source or "", item.source)
            differing.add((item.file, item.key, place.name))
    rows, last = [], None
    for (file, key), row in sorted(values.items(), key=lambda item: item[0][0]):
        if file != last:
            rows.append(f"<tr><th colspan='{len(names) + 1}'>{escape(file)}</th></tr>")
            last = file
        cells = [f"<td><code>{escape(key)}</code></td>"]
        for place in overview.places:
            # What is not listed is what the source has; the first ones are like those after them.
            if place.name not in row:
                later = next((row[name] for name in names if name in row), None)
                row[place.name] = row.get(place.environment.source or "", later)
            kind = "changed" if (file, key, place.name) in differing else "same"
            shown = row[place.name]
            cells.append(f"<td class='{kind}'>{'–' if shown is None else escape(shown)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return _rows("Set differently, on purpose", ["Value", *names], rows, "values")


def _events(overview: Overview) -> str:
    found = [
        (item.change.when, number, place.name, item)
        for number, place in enumerate(overview.places)
        for item in (*place.history, *place.trials)
    ]
    # Git knows seconds. Within one, what is further up came later.
    found.sort(key=lambda event: event[:2], reverse=True)
    rows = [
        [
            f"{day(item.change.when)} UTC",
            escape(name),
            _chip(item.release) if item.release else "ended",
            escape(item.change.author),
            f"{escape(item.change.subject)} <code class='quiet'>{item.change.commit[:12]}</code>",
        ]
        for _, _, name, item in found[:_EVENTS]
    ]
    head = ["When", "Environment", "Release", "By", "Commit"]
    return _table("What happened", head, rows, "events")


def _blocked(overview: Overview) -> str:
    rows = [
        [_chip(item.release), escape(item.reason), escape(item.by), escape(item.since)]
        for item in reversed(overview.blocked)
    ]
    return _table("Blocked releases", ["Release", "Reason", "By", "Since"], rows)


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """A table whose cells are HTML."""
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return _rows(caption, head, [f"<tr>{line}</tr>" for line in lines], kind)


def _rows(caption: str, head: Sequence[str], rows: Sequence[str], kind: str) -> str:
    if not rows:
        return ""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    return (
        f"<h2>{escape(caption)}</h2><div class='scroll'><table class='{kind}'>"
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _link(pull: PullRequest) -> str:
    text = escape(f"#{pull.number} {pull.title}")
    # A local forge has no pages, and a script is no page.
    if not pull.url.startswith(("https://", "http://")):
        return text
    return f"<a href='{escape(pull.url)}' rel='noreferrer'>{text}</a>"


def _chip(release: str) -> str:
    return f"<code class='chip' style='{_colour(release)}'>{escape(release)}</code>"


def _colour(release: str) -> str:
    """A hue as far as possible from that of the versions before and after."""
    number = re.match(r"v(\d+)", release)
    shift = int(hashlib.sha256(release.encode()).hexdigest()[:4], 16) % 30
    return f"--hue:{(int(number[1]) * 137 if number else 0) % 360 + shift}"
