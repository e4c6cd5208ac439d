"""Is the data fit to train on? Schema violations and a few figures with limits, on all rows."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from .profile import as_numbers
from .schema import Schema
from .validation import check_frame

Level = Literal["error", "warning"]
# Rules of the schema after which a column's values cannot be looked at any further.
_UNUSABLE = ("missing", "type")
# Any odd multiplier keeps all 64 bits of a hash; this one is that of the FNV hash functions.
_ODD = np.uint64(0x100000001B3)


class QualitySettings(BaseModel):
    """Limits; a figure beyond its limit is an error. Shares are of all rows, from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_rows: int = Field(default=100, ge=1)
    max_null_share: float = Field(default=0.2, ge=0, le=1)
    max_duplicate_share: float = Field(default=0.05, ge=0, le=1)
    min_class_share: float = Field(default=0.01, ge=0, lt=1)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ``column`` is None if it concerns whole rows.

    ``check`` is a stable name; ``value`` and ``limit`` are the figures, where there are any.
    """

    level: Level
    check: str
    column: str | None
    message: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class QualityVerdict:
    """Findings, errors first; the data passes if none of them is an error."""

    findings: list[Finding]
    rows: int
    duplicate_share: float
    null_shares: dict[str, float]
    settings: QualitySettings

    @property
    def passed(self) -> bool:
        return not self.errors

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return {
            "passed": self.passed,
            "findings": [asdict(finding) for finding in self.findings],
            "rows": self.rows,
            "duplicate_share": self.duplicate_share,
            "null_shares": self.null_shares,
            "settings": self.settings.model_dump(),
        }


def check_quality(
    frame: pd.DataFrame, schema: Schema, settings: QualitySettings, with_target: bool = True
) -> QualityVerdict:
    """Check ``frame`` of (rows, columns); wrong data gives findings, never an exception.

    ``with_target=False`` is for data that is not labelled yet.
    """
    violations = check_frame(frame, schema, with_target=with_target)
    findings = [
        Finding("error", f"schema:{item.rule}", item.column, item.message, float(item.rows))
        for item in violations
    ]
    if len(frame) < settings.min_rows:
        findings.append(_too_few_rows(len(frame), settings))
    if not len(frame) or not frame.columns.is_unique:
        return QualityVerdict(findings, len(frame), 0.0, {}, settings)
    names = [*schema.feature_names, *([schema.target.name] if with_target else [])]
    known = [name for name in names if name in frame.columns]
    unusable = {item.column for item in violations if item.rule in _UNUSABLE}
    usable = [name for name in known if name not in unusable]
    null_shares = {name: float(frame[name].isna().mean()) for name in known}
    # With an id, equal rows of two ids are two things that happen to be alike.
    identity = [schema.id] if schema.id in frame.columns else []
    duplicate_share = _duplicate_share(frame[identity + usable]) if usable else 0.0

    findings += _null_findings(schema, null_shares, settings)
    if duplicate_share > settings.max_duplicate_share:
        findings.append(
            Finding(
                "error",
                "duplicates",
                None,
                f"{duplicate_share:.1%} of the rows repeat an earlier row, "
                f"max_duplicate_share is {settings.max_duplicate_share:.1%}",
                duplicate_share,
                settings.max_duplicate_share,
            )
        )
    findings += [
        Finding("warning", "constant", name, "the same value in every row; it teaches nothing")
        for name in usable
        if name != schema.target.name and null_shares[name] < 1 and _is_constant(frame[name])
    ]
    for name in identity:
        findings += _id_findings(frame[name])
    if with_target and schema.target.name in usable:
        findings += _target_findings(frame[schema.target.name], schema, settings)
    findings.sort(key=lambda finding: finding.level != "error")
    return QualityVerdict(findings, len(frame), duplicate_share, null_shares, settings)


def _too_few_rows(rows: int, settings: QualitySettings) -> Finding:
    message = f"there are {rows} rows, min_rows is {settings.min_rows}"
    return Finding("error", "rows", None, message, float(rows), float(settings.min_rows))


def _null_findings(
    schema: Schema, shares: dict[str, float], settings: QualitySettings
) -> Iterator[Finding]:
    limit = settings.max_null_share
    for column in schema.features:
        share = shares.get(column.name, 0.0)
        # Where the schema allows no missing value at all, it has already said so.
        if column.nullable and share > limit:
            message = f"{share:.1%} of the values are missing, max_null_share is {limit:.1%}"
            yield Finding("error", "nulls", column.name, message, share, limit)


def _id_findings(values: pd.Series) -> Iterator[Finding]:
    missing = int(values.isna().sum())
    repeated = int(values.duplicated().sum()) - max(missing - 1, 0)
    if missing:
        message = f"the id is missing in {missing} of {len(values)} rows"
        yield Finding("error", "id", str(values.name), message, float(missing), 0.0)
    if repeated:
        message = f"{repeated} of {len(values)} rows repeat the id of an earlier row"
        yield Finding("error", "id", str(values.name), message, float(repeated), 0.0)


def _target_findings(
    values: pd.Series, schema: Schema, settings: QualitySettings
) -> Iterator[Finding]:
    name, classes = schema.target.name, schema.target.classes
    if classes is None:
        if _is_constant(values):
            yield Finding("error", "target", name, "the same value in every row; nothing to learn")
        return
    counts = values.value_counts()
    shares = {text: float(counts.get(text, 0)) / len(values) for text in classes}
    present = [text for text, share in shares.items() if share]
    if len(present) < 2:
        which = repr(present[0]) if present else "none of the schema's"
        message = f"only one class, {which}; a model needs at least two"
        yield Finding("error", "target", name, message, float(len(present)), 2.0)
        return
    limit = settings.min_class_share
    for text, share in shares.items():
        if share < limit or not share:
            message = f"class {text!r} makes up {share:.2%} of the rows, "
            message += f"min_class_share is {limit:.2%}"
            yield Finding("error", "target", name, message, share, limit)


def _is_constant(values: pd.Series) -> bool:
    """Whether all present values are equal; False if there is none."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "iufb":
        return values.nunique() == 1
    numbers = as_numbers(values)
    present = numbers[~np.isnan(numbers)] if numbers.dtype.kind == "f" else numbers
    return len(present) > 0 and present.min() == present.max()


def _duplicate_share(frame: pd.DataFrame) -> float:
    """Share of rows that repeat an earlier one, told by 64-bit hashes of the rows.

    Comparing a million rows of 30 columns themselves takes 20 times as long; the chance that two
    different rows among them share a hash is 3 in 100 million.
    """
    hashes = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        values = frame[name]
        plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb"
        # Texts are replaced by their numbers in this frame, which are small and quick to hash.
        codes = values.to_numpy() if plain else pd.factorize(values)[0]
        hashes *= _ODD
        hashes ^= pd.util.hash_array(codes)
    return float(pd.Series(hashes).duplicated().mean())
