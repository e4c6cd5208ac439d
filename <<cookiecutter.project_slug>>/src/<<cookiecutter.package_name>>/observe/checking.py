"""Does every query return data? Empty or NaN is a problem unless a reason is written down."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .filling import FillingError, Values, fill
from .finding import Found
from .prometheus import Prometheus, PrometheusError
from .selectors import QueryError, selectors

REASONS = Path("observability/healthy-empty.yaml")
# Some queries look back over 30 days.
LOOKBACK_SECONDS = 40 * 24 * 3600


class ReasonsError(ValueError):
    """The file of reasons cannot be used; the message says why."""


class Reason(BaseModel):
    """Why the queries of this name (with ``*``) may be empty, and selectors without a series."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: str
    reason: str = Field(min_length=20)
    # Names of metrics that need not be there at all; everything else must.
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with one query."""

    query: Found
    what: str

    def __str__(self) -> str:
        return f"{self.query.name} in {self.query.file}: {self.what}"


def read_reasons(path: Path) -> list[Reason]:
    """The file's entries; raises ``ReasonsError`` naming the entry."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return [Reason.model_validate(item) for item in content]
    except (OSError, ValidationError, yaml.YAMLError) as error:
        raise ReasonsError(f"{path}: {error}") from error


def check(
    queries: Iterable[Found], prometheus: Prometheus, values: Values, reasons: list[Reason]
) -> list[Problem]:
    """Run each query now. A reason that no query needs is a problem too."""
    problems, used = [], set()
    for query in queries:
        reason = next((item for item in reasons if fnmatchcase(query.name, item.query)), None)
        if reason is not None:
            used.add(reason)
        what = _problem(query, prometheus, values, reason)
        if what is not None:
            problems.append(Problem(query, what))
    for reason in reasons:
        if reason not in used:
            found = Found(reason.query, "", REASONS.as_posix())
            problems.append(Problem(found, "no query has this name; take the reason out"))
    return problems


def _problem(
    query: Found, prometheus: Prometheus, values: Values, reason: Reason | None
) -> str | None:
    try:
        expr = fill(query.expr, values)
        parts = selectors(expr)
        result = prometheus.now(expr)
    except (FillingError, QueryError, PrometheusError) as error:
        return str(error)
    if any(math.isnan(series.last) for series in result):
        return f"NaN from {expr}"
    if result:
        return None
    if reason is None:
        return f"empty, and no reason is in {REASONS}: {expr}"
    return _missing(parts, prometheus, reason)


def _missing(parts: list[str], prometheus: Prometheus, reason: Reason) -> str | None:
    end = time.time()
    for part in parts:
        if part.partition("{")[0] in reason.absent:
            continue
        if not prometheus.series(part, end - LOOKBACK_SECONDS, end):
            return f"may be empty ({reason.reason}), but no series matches {part}"
    return None
