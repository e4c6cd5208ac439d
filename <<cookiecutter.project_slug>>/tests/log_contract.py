"""What a line of any log must be: the table of docs/reference/logs.md, as a check.

Types are those of the Elastic Common Schema. Needs nothing but Python, so that every environment's
tests can use it.
"""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "logs.md"
ALWAYS = ("@timestamp", "ecs.version", "log.level", "message", "event.dataset")
# Every component of ours; the mesh's proxies do not know them.
OURS = ("service.name", "service.environment")
LEVELS = {"debug", "info", "warning", "error", "critical"}
# Kept as it is, not searched: whatever is in it.
OPEN = "ml.features"
TEXTS = {"keyword", "match_only_text", "wildcard"}


def read_fields(page: Path = PAGE) -> dict[str, str]:
    """Type by field name, from the table under the heading Fields."""
    (_, section) = page.read_text(encoding="utf-8").split("\n## Fields\n")
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \|", section.split("\n## ")[0], re.MULTILINE)
    return dict(rows)


FIELDS = read_fields()


def faults(line: str) -> list[str]:
    """What is wrong with a line; empty if it keeps the contract."""
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs, parse_constant=_constant)
    except ValueError as error:
        return [f"no JSON: {error}"]
    if not isinstance(pairs, _Pairs):
        return ["no object"]
    record = dict(pairs)
    found = [f"{name} twice" for name, _ in pairs if sum(key == name for key, _ in pairs) > 1]
    of_mesh = record.get("event.dataset") == "mesh.access"
    needed = ALWAYS if of_mesh else (*ALWAYS, *OURS)
    found += [f"no {name}" for name in needed if name not in record]
    for name, value in record.items():
        if name not in FIELDS:
            found.append(f"{name} is not in docs/reference/logs.md")
        elif not _fits(value, FIELDS[name]) and not (of_mesh and value is None):
            found.append(f"{name} is {value!r} and no {FIELDS[name]}")
    inside = [name for name in record if any(other.startswith(f"{name}.") for other in record)]
    found += [f"{name} is a value and an object" for name in inside]
    if record.get("log.level") not in LEVELS:
        found.append(f"log.level is {record.get('log.level')!r}")
    return found


def check(text: str) -> list[dict[str, Any]]:
    """The records of a log, all of whose lines keep the contract."""
    lines = text.splitlines()
    wrong = [f"{found}: {line[:300]}" for line in lines if (found := faults(line))]
    assert not wrong, "\n".join(wrong)
    return [json.loads(line) for line in lines]


def _fits(value: Any, kind: str) -> bool:
    if kind == "date":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment is not None and moment.utcoffset() == timedelta(0)
    if kind == "object":
        return isinstance(value, _Pairs)
    if kind in ("long", "double"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole or (kind == "double" and isinstance(value, float))
    return kind in TEXTS and isinstance(value, str)


class _Pairs(list):
    """An object's pairs, in which a name may come twice."""


def _constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
