"""The assignment log of an A/B test and its outcomes, read from JSON lines or CSV.

The server's own log is an assignment log: every answered prediction is a line with the variant
that answered (``ml.variant``), the time and the request's id. Another system's log needs the
fields ``unit``, ``variant`` and ``at``. Outcomes have ``unit``, ``outcome`` and, if it is known,
``at``. A unit is whatever is routed and judged as one: a customer, a session, a request.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .hypothesis import CHALLENGER, VARIANTS

# In this order. Behind Seldon's orchestrator the id in the caller's body is a label of its own.
UNIT_FIELDS = ("unit", "labels.inference_id", "http.request.id")
VARIANT_FIELDS = ("variant", "ml.variant")
TIME_FIELDS = ("at", "@timestamp")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


class AbTestError(ValueError):
    """A log or an outcome file cannot be used; the message names the file and the line."""


@dataclass(frozen=True)
class Unit:
    """One unit with the one variant that answered it, from its first request on."""

    name: str
    variant: str
    at: datetime


@dataclass(frozen=True)
class Outcome:
    value: float
    at: datetime | None = None


@dataclass
class Assignments:
    """Units of a test, and what was left out of the log and why."""

    units: list[Unit] = field(default_factory=list)
    duplicates: int = 0
    lines: int = 0
    before_start: int = 0
    other_lines: int = 0
    unusable: int = 0
    problem: str = ""


def read_assignments(
    paths: Sequence[Path], since: datetime, unit_fields: Sequence[str] = UNIT_FIELDS
) -> Assignments:
    """Units that were assigned from ``since`` on, and from the first one of the challenger on.

    Until the first answer of the challenger no traffic was split, whatever git said. A unit that
    both variants answered is counted under ``duplicates`` and left out. Raises ``AbTestError`` if
    a file cannot be read.
    """
    found = Assignments()
    answers: list[tuple[datetime, str, str]] = []
    for where, line in _lines(paths, found):
        if _is_other(line):
            found.other_lines += 1
            continue
        variant = str(_first(line, VARIANT_FIELDS) or "")
        if variant not in VARIANTS:
            found.other_lines += 1
            continue
        unit, time = _first(line, unit_fields), _time(_first(line, TIME_FIELDS))
        found.lines += 1
        if unit in (None, "") or time is None:
            missing = "no unit" if unit in (None, "") else "no time with a zone"
            _note(found, f"{where} has {missing}")
            continue
        answers.append((time, str(unit), variant))
    start = min((time for time, _, variant in answers if variant == CHALLENGER), default=since)
    start = max(start, since)
    first: dict[str, Unit | None] = {}
    for time, name, variant in sorted(answers):
        if time < start:
            found.before_start += 1
            continue
        known = first.setdefault(name, Unit(name, variant, time))
        if known is not None and known.variant != variant:
            first[name] = None
    found.units = [unit for unit in first.values() if unit is not None]
    found.duplicates = len(first) - len(found.units)
    return found


def read_outcomes(
    paths: Sequence[Path], kind: str, in_assignments: bool = False
) -> dict[str, Outcome]:
    """Outcomes by unit. Repeated lines are one; the earliest time counts.

    For a proportion an outcome is 0 or 1, true or false. With ``in_assignments`` the files are
    assignments of which some have an ``outcome`` (and ``outcome_at``). Raises ``AbTestError`` for
    a value that is none, or for a unit with different outcomes: how to sum them up is not ours to
    guess.
    """
    found: dict[str, Outcome] = {}
    time_fields = ("outcome_at",) if in_assignments else TIME_FIELDS
    for where, line in _lines(paths, Assignments() if in_assignments else None):
        if in_assignments and line.get("outcome") in (None, ""):
            continue
        unit = line.get("unit")
        if unit in (None, ""):
            raise AbTestError(f"{where} has no unit; every outcome needs one")
        value = _value(line.get("outcome"), kind)
        if value is None:
            expected = "0, 1, true or false" if kind == "proportion" else "a finite number"
            raise AbTestError(f"{where}: outcome {line.get('outcome')!r} is not {expected}")
        given = _first(line, time_fields)
        time = _time(given)
        if given not in (None, "") and time is None:
            raise AbTestError(f"{where}: time {given!r} is not ISO 8601 with a zone")
        known = found.get(str(unit))
        if known is not None and known.value != value:
            raise AbTestError(
                f"{where}: unit {unit} has the outcomes {known.value:g} and {value:g}; sum them up "
                f"to one a unit, in the way the hypothesis means"
            )
        times = [item for item in (time, known and known.at) if item is not None]
        found[str(unit)] = Outcome(value, min(times, default=None))
    return found


def _is_other(line: Mapping[str, Any]) -> bool:
    """Lines of the server's log that answered no prediction: probes, events, refusals."""
    if "event.action" not in line:
        return False
    answered = line["event.action"] == "prediction" and line.get("event.outcome") == "success"
    # An event a row repeats the request; it may be sampled, so it is no assignment.
    return not answered or line.get("event.dataset") == "ml.prediction"


def _lines(
    paths: Sequence[Path], counts: Assignments | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every line with its place. Broken JSON is counted in ``counts``, or refused without it."""
    for path in paths:
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                if path.suffix.lower() == ".csv":
                    for number, row in enumerate(csv.DictReader(stream), 2):
                        yield f"{path}:{number}", row
                else:
                    yield from _json_lines(path, stream, counts)
        except FileNotFoundError:
            raise AbTestError(f"{path} does not exist") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise AbTestError(f"{path} cannot be read: {error}") from None


def _json_lines(
    path: Path, stream: Iterable[str], counts: Assignments | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, text in enumerate(stream, 1):
        if not text.strip():
            continue
        where = f"{path}:{number}"
        try:
            line = json.loads(text)
            if not isinstance(line, dict):
                raise ValueError("no object")
        except ValueError:
            if counts is None:
                raise AbTestError(f"{where} is not a JSON object") from None
            counts.lines += 1
            _note(counts, f"{where} is not a JSON object")
            continue
        yield where, line


def _note(counts: Assignments, problem: str) -> None:
    counts.unusable += 1
    counts.problem = counts.problem or problem


def _first(line: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((line[name] for name in names if line.get(name) not in (None, "")), None)


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo is not None else None


def _value(given: Any, kind: str) -> float | None:
    text = str(given).strip().lower()
    if kind == "proportion" and text in _TRUE + _FALSE:
        return float(text in _TRUE)
    try:
        value = float(text)
    except ValueError:
        return None
    fits = value in (0, 1) if kind == "proportion" else math.isfinite(value)
    return value if fits else None
