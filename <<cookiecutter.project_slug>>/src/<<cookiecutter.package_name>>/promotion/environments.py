"""The order of promotion and each environment's rules, from ``gitops/environments.yaml``."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ..yaml_lines import LinedMapping, load_with_lines

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVIDENCE = ("metrics", "drift", "quality", "load_test")
_MESHES = ("istio", "linkerd", "none")
_STRATEGIES = ("direct", "canary")
_WORTH = ("not_worse", "not_significantly_worse")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


class EnvironmentsError(ValueError):
    """The file of environments is wrong, or an environment is unknown."""


@dataclass(frozen=True)
class Window:
    """When an environment may be promoted to; one that ends before it starts lasts over midnight.

    ``days`` are 0 for Monday to 6: those on which the window starts.
    """

    days: tuple[int, ...]
    start: time
    end: time
    time_zone: str

    def __str__(self) -> str:
        days = ", ".join(DAYS[day] for day in self.days)
        return f"{days} {self.start:%H:%M} to {self.end:%H:%M} {self.time_zone}"


@dataclass(frozen=True)
class WorthRule:
    """How the expected value of 1000 decisions must stand against that of what runs now.

    ``not_worse``: the difference's lower bound at 95 % is not below ``-allowed_loss`` (doubt
    refuses). ``not_significantly_worse``: its upper bound is not (doubt passes).
    """

    rule: str
    allowed_loss: float


@dataclass(frozen=True)
class Environment:
    """One environment. ``source`` is the one a release comes from; ``None`` for the first."""

    name: str
    source: str | None
    strategy: str = "direct"
    auto_merge: bool = False
    auto_rollback: bool = False
    evidence: tuple[str, ...] = ()
    window: Window | None = None
    expected_value: WorthRule | None = None


@dataclass(frozen=True)
class Environments:
    """All environments, each after the one its releases come from."""

    mesh: str
    canary_steps: tuple[int, ...]
    items: tuple[Environment, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.items)

    @property
    def first(self) -> Environment:
        """Where `make release` goes."""
        return self.items[0]

    def get(self, name: str) -> Environment:
        """Raises ``EnvironmentsError`` for a name that the file does not have."""
        for item in self.items:
            if item.name == name:
                return item
        raise EnvironmentsError(
            f"there is no environment {name!r}; gitops/environments.yaml has "
            f"{', '.join(self.names)}"
        )

    def after(self, name: str) -> tuple[Environment, ...]:
        """The environments that take their releases from ``name``."""
        return tuple(item for item in self.items if item.source == name)


def window_open(environment: Environment, now: datetime) -> tuple[bool, str]:
    """Whether a promotion may be merged ``now`` (with time zone), and that in words."""
    window = environment.window
    if window is None:
        return True, "no window: any time"
    there = now.astimezone(ZoneInfo(window.time_zone))
    clock = there.time().replace(tzinfo=None)
    today, yesterday = there.weekday(), (there - timedelta(days=1)).weekday()
    if window.start < window.end:
        is_open = today in window.days and window.start <= clock < window.end
    else:
        evening = today in window.days and clock >= window.start
        is_open = evening or (yesterday in window.days and clock < window.end)
    said = f"{'open' if is_open else 'closed'} now ({DAYS[today]} {clock:%H:%M}): {window}"
    return is_open, said


def load_environments(text: str | bytes, where: str) -> Environments:
    """Read and check the file; ``where`` names it in errors, which say the line.

    Raises ``EnvironmentsError``.
    """
    try:
        loaded = load_with_lines(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EnvironmentsError(f"{where} is not valid: {' '.join(str(error).split())}") from error
    top = _Reader(where, loaded, "the file", ("mesh", "canary", "environments"))
    mesh = top.choice("mesh", _MESHES)
    canary = _Reader(where, top.value("canary"), "canary", ("steps",))
    steps = canary.value("steps")
    whole = isinstance(steps, list) and all(type(step) is int for step in steps)
    if not (whole and steps and steps[-1] == 100 and steps == sorted({*steps}) and steps[0] > 0):
        canary.refuse("steps", "must be rising whole percentages that end with 100")
    entries = top.value("environments")
    if not isinstance(entries, list) or not entries:
        top.refuse("environments", "must be a list of at least one environment")
    items: list[Environment] = []
    for entry in entries:
        items.append(_environment(where, entry, items, mesh))
    return Environments(mesh, tuple(steps), tuple(items))


def _environment(where: str, entry: Any, above: list[Environment], mesh: str) -> Environment:
    known = ("name", "source", "strategy", "auto_merge", "auto_rollback", "evidence", "window")
    known = (*known, "expected_value")
    read = _Reader(where, entry, "an environment", known)
    name, source = read.value("name"), read.value("source")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        read.refuse("name", "must be lower-case letters, digits and hyphens")
    names = [item.name for item in above]
    if name in names:
        read.refuse("name", f"{name!r} is listed twice")
    if above and source not in names:
        read.refuse("source", f"of {name} must be one listed above: {', '.join(names)}")
    if not above and source is not None:
        read.refuse("source", f"of {name}, the first environment, must be null")
    strategy = read.choice("strategy", _STRATEGIES, "direct")
    if strategy == "canary" and mesh == "none":
        read.refuse("strategy", f"of {name} is canary, which needs a mesh; set mesh or say direct")
    if strategy == "canary" and source is None:
        read.refuse("strategy", f"of {name} is canary, which the first environment cannot have")
    evidence = read.value("evidence", [])
    if not isinstance(evidence, list) or any(item not in EVIDENCE for item in evidence):
        read.refuse("evidence", f"must be a list of {', '.join(EVIDENCE)}")
    return Environment(
        name,
        source,
        strategy,
        read.flag("auto_merge"),
        read.flag("auto_rollback"),
        tuple(evidence),
        _window(where, read.value("window", None)),
        _worth(where, read.value("expected_value", None)),
    )


def _worth(where: str, entry: Any) -> WorthRule | None:
    if entry is None:
        return None
    read = _Reader(where, entry, "expected_value", ("rule", "allowed_loss"))
    loss = read.value("allowed_loss")
    if type(loss) not in (int, float) or not 0 <= loss < math.inf:
        read.refuse("allowed_loss", "must be an amount of money for 1000 decisions, 0 or more")
    return WorthRule(read.choice("rule", _WORTH), float(loss))


def _window(where: str, entry: Any) -> Window | None:
    if entry is None:
        return None
    read = _Reader(where, entry, "a window", ("days", "from", "to", "time_zone"))
    days, zone = read.value("days"), read.value("time_zone")
    if not isinstance(days, list) or not days or any(day not in DAYS for day in days):
        read.refuse("days", f"must be a list of {', '.join(DAYS)}")
    clock = []
    for key in ("from", "to"):
        value = read.value(key)
        # YAML reads 16:00 without quotes as the number 960.
        if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            read.refuse(key, 'must be a time in quotes, as "08:00"')
        clock.append(time.fromisoformat(value))
    if clock[0] == clock[1]:
        read.refuse("to", "must differ from `from`")
    try:
        ZoneInfo(zone)
    # What is raised depends on how the name is wrong: no such file, a folder, an absolute path.
    except (KeyError, ValueError, OSError, TypeError):
        read.refuse("time_zone", f"{zone!r} is not known here; use a name as Etc/UTC")
    return Window(tuple(sorted({DAYS.index(day) for day in days})), clock[0], clock[1], zone)


_NEEDED = object()


class _Reader:
    """Takes values out of a mapping; every complaint says file, line and key."""

    def __init__(self, where: str, content: Any, what: str, known: tuple[str, ...]) -> None:
        self._where, self._what = where, what
        if not isinstance(content, LinedMapping):
            raise EnvironmentsError(f"{where}: {what} must be a mapping of {', '.join(known)}")
        self._content = content
        for key in content:
            if key not in known:
                self.refuse(key, f"is unknown in {what}; known: {', '.join(known)}")

    def value(self, key: str, default: Any = _NEEDED) -> Any:
        if key not in self._content and default is _NEEDED:
            self.refuse(key, f"is missing in {self._what}")
        return self._content.get(key, default)

    def choice(self, key: str, allowed: tuple[str, ...], default: Any = _NEEDED) -> str:
        value = self.value(key, default)
        if value not in allowed:
            self.refuse(key, f"is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def flag(self, key: str) -> bool:
        value = self.value(key, False)
        if not isinstance(value, bool):
            self.refuse(key, "must be true or false")
        return value

    def refuse(self, key: str, reason: str) -> None:
        line = self._content.lines.get(key, self._content.lines[None])
        raise EnvironmentsError(f"{self._where}, line {line}: {key} {reason}")
