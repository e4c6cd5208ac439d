"""Record: the evidence of one release, kept beside the manifests for as long as git lives."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .release import Release


class RecordError(ValueError):
    """A record is broken, does not fit its release, or would change what was recorded."""


@dataclass(frozen=True)
class Record:
    """What is known about a release. ``created_at`` is ISO 8601 in UTC.

    ``metrics``: {name: {value, low, high, baseline}}, 95 % interval, in the metric's own unit.
    ``drift``: {status, share, detail}; ``quality``: {passed, findings}; ``data``: {revision, hash,
    rows} of the dataset; ``load_test``: {requests_per_second, p95_milliseconds, error_share,
    passed, problems, budget}. ``expected_value`` is that of ``expected_value.expected_value``;
    records of before that figure lack it.
    """

    release: str
    created_at: str
    created_by: str
    commit: str
    run: str
    bundle_digest: str
    image: str
    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    primary: str | None = None
    higher_is_better: dict[str, bool] = field(default_factory=dict)
    drift: dict[str, Any] | None = None
    quality: dict[str, Any] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    load_test: dict[str, Any] | None = None
    expected_value: dict[str, Any] | None = None

    def to_json(self) -> bytes:
        """The file's exact bytes. Raises ``RecordError`` for a figure that is no number."""
        entries = asdict(self)
        # A record of before stays as it was, byte for byte.
        for name in _LATER:
            if entries[name] is None:
                del entries[name]
        try:
            text = json.dumps(
                entries, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False
            )
        except ValueError as error:
            raise RecordError(f"the record of {self.release} holds a NaN or infinity") from error
        return (text + "\n").encode()


# Fields that records of before do not have.
_LATER = {"expected_value"}
# Each must be of this kind where the record holds it.
_KINDS = {
    "metrics": dict,
    "higher_is_better": dict,
    "data": dict,
    "drift": dict | None,
    "quality": dict | None,
    "load_test": dict | None,
    "expected_value": dict | None,
    "primary": str | None,
}


def parse_record(content: bytes, where: str) -> Record:
    """Raises ``RecordError`` that names the file ``where``."""
    restore = f"restore it from git (git log -- {where})"
    try:
        entries = json.loads(content)
    except ValueError as error:
        raise RecordError(f"{where} is not valid JSON: {error}; {restore}") from error
    names = {item.name for item in fields(Record)}
    if not isinstance(entries, dict) or (differ := (set(entries) ^ names) - _LATER):
        differ = differ if isinstance(entries, dict) else names
        raise RecordError(
            f"{where} is no record of a release: missing or unknown {', '.join(sorted(differ))}; "
            f"{restore}"
        )
    for name, value in entries.items():
        if not isinstance(value, _KINDS.get(name, str)):
            raise RecordError(f"{where}: {name} is {value!r}; {restore}")
    return Record(**entries)


def build_record(
    release: Release,
    evaluation: Mapping[str, Any],
    rows: int | None,
    load_test: Mapping[str, Any] | None,
    higher_is_better: Mapping[str, bool],
    primary: str | None,
    created_at: str,
    created_by: str,
) -> Record:
    """The evidence in a bundle's ``evaluation.json`` and in the result of a load test.

    ``rows`` counts those of the dataset; ``primary`` names the metric to compare by where the
    bundle does not. Raises ``RecordError`` if the load test was made with another bundle.
    """
    metrics = {
        name: {
            "value": value,
            "low": evaluation["intervals"][name][0],
            "high": evaluation["intervals"][name][1],
            "baseline": evaluation["baseline"].get(name),
        }
        for name, value in evaluation["metrics"].items()
    }
    gate = evaluation.get("gate") or {}
    checks = {check["name"]: check for check in gate.get("checks", ())}
    chosen = (gate.get("difference") or {}).get("metric") or primary
    quality = checks.get("data quality")
    status = evaluation.get("drift")
    return Record(
        release=release.id,
        created_at=created_at,
        created_by=created_by,
        commit=release.commit,
        run=release.run,
        bundle_digest=release.bundle_digest,
        image=release.image,
        metrics=metrics,
        primary=chosen if chosen in metrics else next(iter(metrics), None),
        higher_is_better={name: higher_is_better[name] for name in metrics},
        drift=status
        and {
            "status": status,
            "share": evaluation.get("drift_share"),
            "detail": checks.get("drift", {}).get("reason", status),
        },
        quality=quality
        and {
            "passed": quality["passed"],
            "findings": [] if quality["passed"] else [quality["reason"]],
        },
        data={"revision": release.data_revision, "hash": release.data_hash, "rows": rows},
        load_test=None if load_test is None else _load_test(load_test, release),
        expected_value=evaluation.get("expected_value"),
    )


def complete(old: Record, new: Record) -> Record:
    """``old`` with the load test that only ``new`` has; everything else was recorded once.

    Raises ``RecordError`` if both have one and they differ.
    """
    if new.load_test is None or new.load_test == old.load_test:
        return old
    if old.load_test is not None:
        raise RecordError(
            f"the record of {old.release} holds the result of a load test already; evidence is "
            "recorded once. Make another release to record another one"
        )
    return replace(old, load_test=new.load_test)


def fits(record: Record, release: Release) -> list[str]:
    """In which fields a record speaks of another release than this one."""
    pairs = {
        "release": release.id,
        "commit": release.commit,
        "run": release.run,
        "bundle_digest": release.bundle_digest,
        "image": release.image,
    }
    return [name for name, value in pairs.items() if getattr(record, name) != value]


def lacking(record: Record, wanted: tuple[str, ...]) -> list[str]:
    """What of the ``wanted`` evidence (metrics, drift, quality, load_test) is missing or bad."""
    found = {
        "metrics": _metrics(record),
        "drift": _drift(record.drift),
        "quality": _verdict(record.quality, "findings"),
        "load_test": _verdict(record.load_test, "problems"),
    }
    return [f"{name}: {found[name]}" for name in wanted if found[name]]


def _metrics(record: Record) -> str:
    if not record.metrics:
        return "none recorded"
    values = [(name, entry.get("value")) for name, entry in record.metrics.items()]
    bad = [n for n, v in values if not isinstance(v, int | float) or not math.isfinite(v)]
    return f"no number for {', '.join(bad)}" if bad else ""


def _drift(drift: dict[str, Any] | None) -> str:
    if drift is None:
        return "not measured"
    return str(drift.get("detail") or "drift") if drift.get("status") == "drift" else ""


def _verdict(part: dict[str, Any] | None, reasons: str) -> str:
    if part is None:
        return "not recorded"
    if part.get("passed") is True:
        return ""
    return "; ".join(str(reason) for reason in part.get(reasons) or ["failed"])


def _load_test(result: Mapping[str, Any], release: Release) -> dict[str, Any]:
    keys = ("requests_per_second", "p95_milliseconds", "error_share", "passed", "budget")
    absent = [key for key in (*keys, "bundle_digest") if key not in result]
    if absent:
        raise RecordError(f"the load test's result lacks {', '.join(absent)}; run `make load-test`")
    if result["bundle_digest"] != release.bundle_digest:
        raise RecordError(
            f"the load test was made with bundle {result['bundle_digest'][:23]} and not with "
            f"{release.bundle_digest[:23]} of this release; run `make load-test` again"
        )
    return {key: result[key] for key in keys} | {"problems": list(result.get("problems", ()))}
