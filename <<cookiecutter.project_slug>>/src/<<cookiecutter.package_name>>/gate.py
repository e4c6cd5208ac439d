"""The quality gate: may this model be registered? Every answer comes with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .challenge import Difference
from .evaluation import HIGHER_IS_BETTER, Evaluation


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Limit(_Strict):
    """Bounds of one metric, inclusive, in the metric's own unit."""

    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Limit":
        if self.minimum is None and self.maximum is None:
            raise ValueError("a limit needs a minimum or a maximum")
        return self


class ChampionRule(_Strict):
    """How a candidate must stand against the present champion.

    ``not_worse``: the gain's lower bound is above ``-margin`` (non-inferiority: doubt fails).
    ``not_significantly_worse``: the upper bound is not below ``-margin`` (doubt passes).
    """

    metric: str
    margin: float = Field(ge=0)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    rule: Literal["not_worse", "not_significantly_worse"] = "not_worse"
    on_schema_change: Literal["fail", "ignore"] = "fail"


class GateSettings(_Strict):
    """``limits`` by metric name, the champion rule, and whether the baseline must be beaten."""

    limits: dict[str, Limit]
    champion: ChampionRule
    beat_baseline: bool = True
    drift: Literal["fail", "report"] = "fail"

    @model_validator(mode="after")
    def _metrics_exist(self) -> "GateSettings":
        unknown = sorted({*self.limits, self.champion.metric} - set(HIGHER_IS_BETTER))
        if unknown:
            raise ValueError(
                f"unknown metric {', '.join(unknown)}; known: {', '.join(HIGHER_IS_BETTER)}"
            )
        return self


@dataclass(frozen=True)
class Check:
    """One question to the candidate, its answer, and the figures behind it."""

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True)
class GateVerdict:
    """Passed if and only if every check passed."""

    passed: bool
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def explain(self) -> str:
        lines = [f"  [{'ok' if c.passed else 'FAIL':>4}] {c.name}: {c.reason}" for c in self.checks]
        head = "quality gate passed" if self.passed else "quality gate FAILED"
        return "\n".join([head, *lines])


class GateError(RuntimeError):
    """The gate refused a model; the message lists every check."""


def decide(
    settings: GateSettings,
    evaluation: Evaluation,
    difference: Difference | None,
    quality_errors: list[str],
    drift: dict[str, Any],
    incomparable: str | None = None,
    remarks: Sequence[Check] = (),
) -> GateVerdict:
    """Weigh everything known about a candidate.

    ``difference`` is ``None`` while there is no champion, or none that can be compared with, for
    the reason ``incomparable``; ``drift`` is ``DriftVerdict.to_dict()``. ``remarks`` are answers
    of others, listed last.
    """
    checks = [_limit_check(name, limit, evaluation) for name, limit in settings.limits.items()]
    if settings.beat_baseline:
        checks.append(_baseline_check(settings.champion.metric, evaluation))
    checks.append(_champion_check(settings.champion, difference, incomparable))
    errors = "; ".join(quality_errors)
    checks.append(Check("data quality", not quality_errors, errors or "no errors"))
    checks += [_drift_check(settings.drift, drift), *remarks]
    return GateVerdict(all(check.passed for check in checks), tuple(checks))


def errors_of(quality: Mapping[str, Any]) -> list[str]:
    """What is wrong with the data, in words, from ``QualityVerdict.to_dict()``."""
    return [
        f"{entry['column'] or 'rows'}: {entry['message']}"
        for entry in quality["findings"]
        if entry["level"] == "error"
    ]


def _limit_check(name: str, limit: Limit, evaluation: Evaluation) -> Check:
    if name not in evaluation.metrics:
        return Check(name, False, _not_measured(evaluation))
    value = evaluation.metrics[name]
    low, high = evaluation.intervals[name]
    # Written so that NaN fails: it is neither above nor below anything.
    above = limit.minimum is None or value >= limit.minimum
    below = limit.maximum is None or value <= limit.maximum
    bounds = [f"at least {limit.minimum:g}"] if limit.minimum is not None else []
    bounds += [f"at most {limit.maximum:g}"] if limit.maximum is not None else []
    figures = f"{value:.4f} [{low:.4f}, {high:.4f}], asked {' and '.join(bounds)}"
    return Check(name, above and below, figures)


def _baseline_check(metric: str, evaluation: Evaluation) -> Check:
    if metric not in evaluation.metrics:
        return Check("beats the baseline", False, f"{metric} is {_not_measured(evaluation)}")
    sign = 1.0 if HIGHER_IS_BETTER[metric] else -1.0
    ends = [sign * end for end in evaluation.intervals[metric]]
    naive = sign * evaluation.baseline[metric]
    reason = (
        f"{metric} {evaluation.metrics[metric]:.4f} against {evaluation.baseline[metric]:.4f} "
        "of a model that knows only the target's distribution"
    )
    return Check("beats the baseline", min(ends) > naive, reason)


def _not_measured(evaluation: Evaluation) -> str:
    return f"not measured for this task; measured: {', '.join(evaluation.metrics)}"


def _champion_check(
    rule: ChampionRule, difference: Difference | None, incomparable: str | None
) -> Check:
    name = "against the champion"
    if incomparable is not None:
        return Check(name, rule.on_schema_change == "ignore", incomparable)
    if difference is None:
        return Check(name, True, "there is no champion yet")
    bound = difference.low if rule.rule == "not_worse" else difference.high
    test = "" if difference.p_value is None else f", McNemar p {difference.p_value:.3f}"
    reason = (
        f"{difference.metric} {difference.candidate:.4f} against {difference.champion:.4f}: "
        f"gain {difference.gain:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}] at "
        f"{difference.confidence:.0%}, allowed loss {rule.margin:g} ({rule.rule}){test}"
    )
    return Check(name, bound >= -rule.margin, reason)


def _drift_check(rule: str, drift: dict[str, Any]) -> Check:
    status = drift["status"]
    drifted = [name for name, entry in drift["columns"].items() if entry["drifted"]]
    reason = f"{status} between training and test rows"
    if drifted:
        reason += f" ({len(drifted)} of {len(drift['columns'])} columns: {', '.join(drifted[:5])})"
    if rule == "report":
        return Check("drift", True, f"{reason} (reported only)")
    return Check("drift", status != "drift", reason)
