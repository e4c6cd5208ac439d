"""Figures of a release as Markdown: metrics against the release it replaces, checks, load test."""

from math import isfinite
from typing import Any

from .markdown import code, table
from .record import Record

# More rows than this nobody reads; the record has them all.
_MOST = 40
_GOOD, _BAD = "✓ kept", "✗ **broken**"


def metric_table(record: Record, other: Record | None, environment: str) -> str:
    """Value and 95 % interval of every metric, against ``other`` in ``environment`` if it runs one.

    A difference inside the interval of the new value is called that: it may be chance.
    """
    if not record.metrics:
        return "### Metrics\n\nNone are recorded."
    names = sorted(record.metrics, key=lambda name: (name != record.primary, name))
    if other is None:
        head = ["Metric", "Better", "Value", "95 % interval", "Without a model"]
        rows = [_alone(record, name) for name in names[:_MOST]]
        lead = f"{environment} has no release to compare with."
    else:
        old, new = code(other.release), code(record.release)
        head = ["Metric", "Better", old, new, "95 % interval", "Difference", ""]
        rows = [_against(record, other, name) for name in names[:_MOST]]
        lead = _comparable(record, other)
    more = f"\n\n{len(names) - _MOST} more are in the record." if len(names) > _MOST else ""
    rows_known = record.data.get("rows")
    size = f" The dataset has {rows_known:,.0f} rows." if _is_number(rows_known) else ""
    figures = table(head, rows, right=(2, 3, 4, 5) if other else (2, 3, 4))
    return f"### Metrics\n\n{lead}{size}\n\n{figures}{more}"


def verdicts(record: Record) -> str:
    """What the checks of the data said when the model was trained."""
    drift, quality = record.drift, record.quality
    lines = ["### Data"]
    if drift is None:
        lines.append("- drift: not measured")
    else:
        share = drift.get("share")
        part = f", {share * 100:.1f} % of the features" if _is_number(share) else ""
        detail = drift.get("detail")
        said = f": {code(detail)}" if detail and detail != drift.get("status") else ""
        lines.append(f"- drift: {code(drift.get('status'))}{part}{said}")
    if quality is None:
        lines.append("- quality: not checked")
    else:
        findings = [code(finding) for finding in _items(quality.get("findings"))[:_MOST]]
        said = f": {'; '.join(findings)}" if findings else ""
        lines.append(f"- quality: {'passed' if quality.get('passed') is True else 'failed'}{said}")
    return f"{lines[0]}\n\n" + "\n".join(lines[1:])


def load_test_table(result: dict[str, Any] | None) -> str:
    """Each figure of the load test against its budget."""
    if result is None:
        return "### Load test\n\nNone is recorded."
    budget = result.get("budget") if isinstance(result.get("budget"), dict) else {}
    rows = []
    slowest, limits = _mapping(result, "p95_milliseconds"), _mapping(budget, "p95_milliseconds")
    for name in list(slowest | limits)[:_MOST]:
        value, limit = slowest.get(name), limits.get(name)
        rows.append([f"p95, {code(name)}", *_row(value, limit, " ms", most=True)])
    rate, least = result.get("requests_per_second"), budget.get("requests_per_second")
    rows.append(["requests per second", *_row(rate, least, "", most=False)])
    errors, allowed = result.get("error_share"), budget.get("error_share")
    rows.append(["share of errors", *_row(errors, allowed, "", most=True)])
    verdict = "within its budget" if result.get("passed") is True else "**over its budget**"
    problems = "\n".join(f"- {code(item)}" for item in _items(result.get("problems"))[:_MOST])
    figures = table(["Figure", "Measured", "Budget", ""], rows, right=(1, 2))
    parts = ("### Load test", f"The release is {verdict}.", figures, problems)
    return "\n\n".join(part for part in parts if part)


def _alone(record: Record, name: str) -> list[str]:
    entry = _mapping(record.metrics, name)
    value, baseline = entry.get("value"), entry.get("baseline")
    return [*_name(record, name), number(value), _interval(entry), number(baseline)]


def _against(record: Record, other: Record, name: str) -> list[str]:
    entry = _mapping(record.metrics, name)
    value, old = entry.get("value"), _mapping(other.metrics, name).get("value")
    cells = [*_name(record, name), number(old), number(value), _interval(entry)]
    if not (_is_number(value) and _is_number(old)):
        return [*cells, "–", "cannot be compared"]
    difference = value - old
    if not difference:
        return [*cells, "0", "= equal"]
    is_better = (difference > 0) == record.higher_is_better.get(name, True)
    verdict = "▲ better" if is_better else "▼ worse"
    low, high = entry.get("low"), entry.get("high")
    if _is_number(low) and _is_number(high) and low <= old <= high:
        verdict += ", within the interval"
    return [*cells, f"{'+' if difference > 0 else '−'}{number(abs(difference))}", verdict]


def _comparable(record: Record, other: Record) -> str:
    ours, theirs = record.data.get("hash"), other.data.get("hash")
    if ours == theirs:
        return f"Both were measured on the same dataset {code(ours)}."
    return (
        f"Measured on different datasets ({code(theirs)} before, {code(ours)} now), so a "
        "difference may also come from the data."
    )


def _name(record: Record, name: str) -> list[str]:
    better = "higher" if record.higher_is_better.get(name, True) else "lower"
    return [f"**{code(name)}**, primary" if name == record.primary else code(name), better]


def _interval(entry: dict[str, Any]) -> str:
    low, high = entry.get("low"), entry.get("high")
    return f"{number(low)} to {number(high)}" if _is_number(low) and _is_number(high) else "–"


def _row(value: Any, limit: Any, unit: str, most: bool) -> list[str]:
    shown = f"{number(value)}{unit if _is_number(value) else ''}"
    if not _is_number(limit):
        return [shown, "–", ""]
    bound = f"at {'most' if most else 'least'} {number(limit)}{unit}"
    kept = _is_number(value) and (value <= limit if most else value >= limit)
    return [shown, bound, _GOOD if kept else _BAD]


def number(value: Any) -> str:
    """Four significant digits; a dash for what is no number."""
    if not _is_number(value):
        return "–" if value is None else code(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
