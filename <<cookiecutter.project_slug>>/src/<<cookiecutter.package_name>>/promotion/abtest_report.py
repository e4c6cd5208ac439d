"""An A/B test as Markdown, for the pull request, and as one HTML page that needs no network."""

from pathlib import Path
from typing import Any

from ..page import Cell, Fact, Page, Tone
from .abtest import Result
from .abtest_plot import alternative, plot
from .hypothesis import CHALLENGER, DEFAULT, Hypothesis
from .markdown import code, table
from .significance import Comparison

_TONES: dict[str, Tone] = {
    "challenger": "good",
    "default": "good",
    "no difference": "unsure",
    "not yet": "unsure",
    "refused": "bad",
}
_STATUS = {
    "challenger": "challenger wins",
    "default": "default wins",
    "no difference": "no difference",
    "not yet": "not yet",
    "refused": "refused",
}
_NEXT = {
    "challenger": "The challenger becomes the release of the environment.",
    "default": "The default stays; the challenger is taken away.",
    "no difference": "The default stays; the challenger is taken away.",
    "not yet": "Nothing changes, and no outcome is shown before the size fixed at the start.",
    "refused": "Nothing is decided: mend the cause, stop this test and start a new one.",
}
_IMAGE = "max-width:100%; border:1px solid #dfe3e8; border-radius:8px"
_COUNTS = (
    "Variant",
    "Release",
    "Assigned",
    "Awaiting outcome",
    "Without outcome",
    "Counted",
    "Needed",
)


def markdown(result: Result, releases: dict[str, str]) -> str:
    """The whole report; ``releases`` are the release ids by variant."""
    lines = [f"**{_STATUS[result.verdict]}.** {_NEXT[result.verdict]}", ""]
    lines += [f"- {reason}" for reason in result.reasons]
    asked = [[name, code(value)] for name, value in _question(result.hypothesis)]
    lines += ["", table(("Fixed before the start", "Value"), asked)]
    lines += ["", table(_COUNTS, _counts(result, releases), right=range(2, len(_COUNTS)))]
    if result.comparison is not None:
        lines += ["", table(("Result", "Value"), _figures(result, result.comparison))]
    lines += ["", *(f"- {note}" for note in _notes(result))]
    return "\n".join(lines) + "\n"


def write_page(result: Result, releases: dict[str, str], environment: str, path: Path) -> None:
    """The same as a page with a plot: progress before the horizon, intervals after it."""
    hypothesis, reasons = result.hypothesis, "; ".join(result.reasons)
    page = Page(
        title=f"A/B test of {hypothesis.outcome}, {environment}",
        status=_STATUS[result.verdict],
        tone=_TONES[result.verdict],
        lead=f"{reasons[0].upper()}{reasons[1:]}. {_NEXT[result.verdict]}",
    )
    if result.comparison is not None:
        found = result.comparison
        page.facts += [
            Fact("Difference", _signed(found.difference, hypothesis), "challenger less default"),
            Fact(f"{_level(hypothesis)} interval", _interval(found, hypothesis)),
            Fact("p-value", f"{found.p_value:.3g}", f"alpha {hypothesis.alpha:g}, {found.test}"),
        ]
    for variant, sample in result.samples.items():
        hint = f"of {sample.needed:,} needed"
        page.facts.append(Fact(f"Units of {variant}", f"{sample.counted:,}", hint))
    page.facts.append(Fact("Split as configured", f"p = {result.mismatch:.3g}", "alarm at 0.001"))
    image = f'<img alt="{alternative(result)}" src="{plot(result)}" style="{_IMAGE}">'
    page.tables.append(f"<h2>At a glance</h2>{image}")
    page.add_table("Units", _COUNTS, _counts(result, releases, bars=True))
    page.add_table("Fixed before the start", ("Setting", "Value"), _question(hypothesis))
    page.notes += _notes(result)
    page.write(path, charts=None)


def _question(hypothesis: Hypothesis) -> list[tuple[str, str]]:
    needed = hypothesis.needed()
    spread = "" if hypothesis.deviation is None else f", deviation {hypothesis.deviation:g}"
    worth = _signed(hypothesis.minimum_effect, hypothesis).lstrip("+")
    unit = " (percentage points)" if hypothesis.kind == "proportion" else ""
    without = {"excluded": "left out", "zero": "counts as 0"}[hypothesis.missing]
    return [
        ("Outcome", f"{hypothesis.outcome} ({hypothesis.kind}), {hypothesis.better} is better"),
        ("Expected of default", f"{hypothesis.baseline:g}{spread}"),
        ("Smallest difference worth a change", f"{worth}{unit}"),
        ("Test", f"{hypothesis.test}, two-sided, alpha {hypothesis.alpha:g}"),
        ("Power", f"{hypothesis.power:g}, by {_by_variant(needed)} units"),
        ("Share of the challenger", f"{hypothesis.share} %"),
        ("An outcome counts for", f"{hypothesis.window_hours:g} h after the unit's first request"),
        ("A unit without outcome", without),
        ("Runs at least", f"{hypothesis.days:g} days"),
    ]


def _counts(result: Result, releases: dict[str, str], bars: bool = False) -> list[list[Any]]:
    rows = []
    for variant, sample in result.samples.items():
        counted: Any = f"{sample.counted:,}"
        if bars:
            counted = Cell(counted, sample.counted / sample.needed)
        rows.append(
            [
                variant,
                releases.get(variant, "unknown"),
                f"{sample.assigned:,}",
                f"{sample.waiting:,}",
                f"{sample.without_outcome:,}",
                counted,
                f"{sample.needed:,}",
            ]
        )
    return rows


def _figures(result: Result, found: Comparison) -> list[tuple[str, str]]:
    hypothesis, means = result.hypothesis, result.samples
    what = "Rate" if hypothesis.kind == "proportion" else "Mean"
    return [
        *((f"{what} of {variant}", _number(means[variant].mean, hypothesis)) for variant in means),
        ("Difference", _signed(found.difference, hypothesis)),
        (f"{_level(hypothesis)} interval of the difference", _interval(found, hypothesis)),
        (found.test, f"statistic {found.statistic:.3f}, p = {found.p_value:.3g}"),
    ]


def _notes(result: Result) -> list[str]:
    log, hypothesis = result.assignments, result.hypothesis
    beyond = sum(sample.beyond for sample in result.samples.values())
    notes = [
        f"Split between the variants against the configured shares: p = {result.mismatch:.3g} "
        f"(chi-square; below 0.001 the test is refused).",
        f"Units answered by both variants: {log.duplicates:,}, left out (above 1 % the test is "
        f"refused).",
    ]
    optional = [
        (log.unusable, f"lines of the log that cannot be used; the first: {log.problem}."),
        (log.before_start, "answers before traffic was split, left out."),
        (beyond, "units after the horizon, left out: they must not change the verdict."),
    ]
    notes += [f"{count:,} {text}" for count, text in optional if count]
    if result.horizon is not None:
        when = f"{result.horizon:%Y-%m-%d %H:%M} UTC"
        notes.append(f"Started {result.started_at:%Y-%m-%d %H:%M} UTC, horizon {when}.")
    if result.comparison is not None and hypothesis.kind == "proportion":
        cells = [
            share * sample.counted
            for sample in result.samples.values()
            for share in (_pooled(result), 1 - _pooled(result))
        ]
        if min(cells) < 5:
            notes.append(
                f"Only {min(cells):.1f} events expected in one cell: below 5 the z-test is rough."
            )
    return notes


def _pooled(result: Result) -> float:
    samples = result.samples.values()
    return sum(sum(sample.values) for sample in samples) / sum(s.counted for s in samples)


def _number(value: float, hypothesis: Hypothesis) -> str:
    return f"{value:.2%}" if hypothesis.kind == "proportion" else f"{value:.6g}"


def _signed(value: float, hypothesis: Hypothesis) -> str:
    if hypothesis.kind == "proportion":
        return f"{100 * value:+.2f} pp"
    return f"{value:+.6g}"


def _interval(found: Comparison, hypothesis: Hypothesis) -> str:
    return f"{_signed(found.low, hypothesis)} to {_signed(found.high, hypothesis)}"


def _level(hypothesis: Hypothesis) -> str:
    return f"{100 * (1 - hypothesis.alpha):g} %"


def _by_variant(numbers: dict[str, int]) -> str:
    return f"{numbers[DEFAULT]:,} + {numbers[CHALLENGER]:,}"
