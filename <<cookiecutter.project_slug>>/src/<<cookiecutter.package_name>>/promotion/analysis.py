"""Why an AnalysisRun of Argo Rollouts failed: which metric, by which query, with which value.

The object is read as the controller leaves it (``kubectl get analysisrun NAME -o json``). What a
pull request says about a failed canary comes from here and from nowhere else.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .markdown import code
from .markdown import table as markdown_table

# The worst first. A metric that could not be measured is no proof that the release is good.
_ORDER = ("Failed", "Error", "Inconclusive", "Pending", "Running", "", "Successful")
_BAD = ("Failed", "Error", "Inconclusive")
_FINISHED = (*_BAD, "Successful")
# Where the controller keeps the query with its arguments filled in.
_RESOLVED = "ResolvedPrometheusQuery"
_LONGEST_QUERY = 1000
_ARGUMENT = re.compile(r"\{\{\s*args\.([A-Za-z0-9_.-]+?)\s*\}\}")


class AnalysisError(ValueError):
    """What was given is no finished AnalysisRun; the message says what it is instead."""


@dataclass(frozen=True)
class MetricOutcome:
    """One metric of a run.

    ``value`` is the text that the provider returned for the measurement that decided (``[0.31]``,
    ``[NaN]``, ``[]``), or None if nothing was measured. ``condition`` is what had to hold.
    """

    name: str
    phase: str
    query: str
    value: str | None
    condition: str
    message: str
    measurements: int
    dry_run: bool = False

    @property
    def measured(self) -> str:
        """The value in words: absent, not a number and empty each say so."""
        if self.value is None or not self.value.strip():
            return "no measurement"
        numbers = _numbers(self.value)
        if numbers is None:
            return self.value
        if not numbers:
            return "no data"
        texts = ["NaN" if math.isnan(number) else f"{number:.6g}" for number in numbers]
        text = ", ".join(texts)
        return f"{text} (nothing to measure it on)" if "NaN" in texts else text

    def sentence(self) -> str:
        """One line that names the metric, its value, what had to hold, and the query."""
        parts = [f"{self.name}: {self.phase or 'no phase'}, value {self.measured}"]
        if self.condition:
            parts.append(f"required {self.condition}")
        if self.message:
            parts.append(self.message)
        return f"{'; '.join(parts)}; query: {self.query}"


@dataclass(frozen=True)
class Analysis:
    """A finished run; ``outcomes`` in the order of its specification."""

    name: str
    namespace: str
    phase: str
    message: str
    outcomes: tuple[MetricOutcome, ...]
    finished_at: str
    release: str | None = None

    @property
    def passed(self) -> bool:
        return self.phase == "Successful"

    def reason(self) -> str:
        """Why the run did not pass, in one line. Raises ``AnalysisError`` if it did."""
        if self.passed:
            raise AnalysisError(f"the analysis {self.name} passed, so it gives no reason; say one")
        failed = worst(self.outcomes)
        if failed is None or (failed.phase not in _BAD and self.message):
            # A run can be ended from outside, or be refused before any metric started.
            return _line(
                f"analysis {self.name}: {self.phase}, {self.message or 'without a reason'}"
            )
        return _line(failed.sentence())


def read_analysis(content: str | bytes | dict[str, Any], where: str = "the analysis") -> Analysis:
    """Read one finished AnalysisRun, as JSON or parsed; ``where`` names the source in errors.

    A list that holds exactly one run is taken as that run. Raises ``AnalysisError``.
    """
    try:
        found = json.loads(content) if isinstance(content, str | bytes) else content
    except ValueError as error:
        raise AnalysisError(f"{where} is not valid JSON: {error}") from None
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        runs = found["items"]
        if len(runs) != 1:
            raise AnalysisError(f"{where} lists {len(runs)} AnalysisRuns; give one, by its name")
        found = runs[0]
    kind = found.get("kind") if isinstance(found, dict) else type(found).__name__
    if kind != "AnalysisRun":
        raise AnalysisError(f"{where} holds {kind or 'an object without kind'}, not an AnalysisRun")
    metadata, specification = _mapping(found, "metadata"), _mapping(found, "spec")
    status = _mapping(found, "status")
    phase = _text(status.get("phase"))
    if phase not in _FINISHED:
        raise AnalysisError(
            f"{where}: AnalysisRun {metadata.get('name')} is {phase or 'not started'}; "
            f"wait until it has finished"
        )
    results = {_text(item.get("name")): item for item in _mappings(status, "metricResults")}
    dry = [_text(item.get("metricName")) for item in _mappings(specification, "dryRun")]
    given = {
        _text(item.get("name")): item.get("value") for item in _mappings(specification, "args")
    }
    outcomes = []
    for metric in _mappings(specification, "metrics"):
        name = _text(metric.get("name"))
        found = _outcome(metric, results.get(name, {}), name in dry or "*" in dry)
        query, condition = _fill(found.query, given), _fill(found.condition, given)
        outcomes.append(replace(found, query=query, condition=condition))
    return Analysis(
        name=_text(metadata.get("name")),
        namespace=_text(metadata.get("namespace")),
        phase=phase,
        message=_text(status.get("message")),
        outcomes=tuple(outcomes),
        finished_at=_text(status.get("completedAt")),
        release=_mapping(metadata, "labels").get("mlops/release"),
    )


def worst(outcomes: Sequence[MetricOutcome]) -> MetricOutcome | None:
    """The outcome that says most against the release; dry runs have no say."""
    counted = [outcome for outcome in outcomes if not outcome.dry_run]
    return min(counted, key=lambda outcome: _rank(outcome.phase), default=None)


def table(analysis: Analysis) -> str:
    """All metrics in Markdown, the worst first, for the pull request."""
    rows = []
    for outcome in sorted(analysis.outcomes, key=lambda item: (item.dry_run, _rank(item.phase))):
        result = f"{outcome.phase or 'not measured'}{' (dry run)' if outcome.dry_run else ''}"
        texts = (outcome.name, result, outcome.measured, outcome.condition)
        rows.append([*map(code, texts), code(outcome.query, _LONGEST_QUERY)])
    return markdown_table(["Metric", "Result", "Value", "Required", "Query"], rows)


def _outcome(metric: dict, result: dict, dry_run: bool) -> MetricOutcome:
    measurements = _mappings(result, "measurements")
    phase = _text(result.get("phase"))
    # The limit of failures may have been passed before the last measurement, which then is fine.
    deciding = [item for item in measurements if item.get("phase") == phase] or measurements
    last = deciding[-1] if deciding else {}
    message = _text(last.get("message")) or _text(result.get("message"))
    return MetricOutcome(
        name=_text(metric.get("name")),
        phase=phase,
        query=_line(_query(metric, result)),
        value=last.get("value"),
        condition=_condition(metric),
        message=_line(message),
        measurements=len(measurements),
        dry_run=dry_run or bool(result.get("dryRun")),
    )


def _query(metric: dict, result: dict) -> str:
    provider = _mapping(metric, "provider")
    resolved = _mapping(result, "metadata").get(_RESOLVED)
    if resolved:
        return resolved
    if "prometheus" in provider:
        return _text(_mapping(provider, "prometheus").get("query"))
    if "web" in provider:
        web = _mapping(provider, "web")
        return f"{_text(web.get('url'))} {_text(web.get('jsonPath'))}".strip()
    return f"provider {', '.join(provider) or 'unknown'}"


def _fill(text: str, arguments: dict[str, Any]) -> str:
    """Arguments by their values; one that comes from a secret or a field stays a name."""

    def value(found: re.Match[str]) -> str:
        given = arguments.get(found[1])
        return found[0] if given is None else str(given)

    return _ARGUMENT.sub(value, text)


def _condition(metric: dict) -> str:
    success, failure = metric.get("successCondition"), metric.get("failureCondition")
    parts = [_line(_text(success))] if success else []
    # With both there is a region between them, in which a measurement is inconclusive.
    parts += [f"not ({_line(_text(failure))})"] if failure else []
    return " and ".join(parts)


def _numbers(text: str) -> list[float] | None:
    """``[0.31,NaN]`` or ``0.31`` as numbers; None for anything else."""
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    if not inner:
        return []
    try:
        return [float(part) for part in inner.split(",")]
    except ValueError:
        return None


def _rank(phase: str) -> int:
    return _ORDER.index(phase) if phase in _ORDER else 0


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _line(text: str) -> str:
    return " ".join(text.split())


def _mapping(value: dict, key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _mappings(value: dict, key: str) -> list[dict[str, Any]]:
    found = value.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
