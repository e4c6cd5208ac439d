"""The expected value of a release must not fall: 1000 decisions of it against those of another."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from .environments import Environment, WorthRule
from .findings import Proposal, Refused
from .markdown import code, table
from .places import release_file
from .record import Record, RecordError
from .release import Release, id_in

# The draws of the interval; a check that is asked again must answer the same.
_SEED = 42


@dataclass(frozen=True)
class Worth:
    """1000 decisions of two releases in one currency; ``gain`` is the new one less the old one.

    ``low`` and ``high`` bound the gain at 95 %.
    """

    new: float
    old: float
    gain: float
    low: float
    high: float
    currency: str
    has_new_values: bool


def value_is_kept(proposal: Proposal, environment: Environment, release: Release) -> str:
    """The rule of the environment is kept by ``release`` against what it runs now."""
    rule = environment.expected_value
    if rule is None:
        return "not asked for"
    present = id_in(proposal.base.read(release_file(environment.name)))
    if present is None or present == release.id:
        return f"{environment.name} runs nothing else to compare with"
    ours, theirs = proposal.record(release.id), proposal.record(present)
    if theirs is None or theirs.expected_value is None:
        return f"the record of {present} in {environment.name} has none to compare with"
    if ours is None or ours.expected_value is None:
        raise Refused(
            f"the record of {release.id} has none, and {present} in {environment.name} has one: "
            "see that observability/kpi.yaml fits the model, then train and release it again"
        )
    found = compare(ours, theirs)
    bound = found.low if rule.rule == "not_worse" else found.high
    said = f"{_sentence(found, present)}, {_asked(rule)}"
    # Written so that NaN refuses.
    if not bound >= -rule.allowed_loss:
        raise Refused(
            f"{said}. Release a better model, or change expected_value of {environment.name} in "
            "gitops/environments.yaml by a pull request of its own"
        )
    return said


def compare(ours: Record, theirs: Record) -> Worth:
    """Both with the values of ``ours``, so that new values alone make no difference.

    Raises ``RecordError`` for a figure that is broken, ``Refused`` for other outcomes.
    """
    from ..kpis.formulas import differences, interval, per_1000

    new, old = _read(ours), _read(theirs)
    if set(new["values"]) != set(old["outcomes"]):
        raise Refused(
            f"outcomes were {', '.join(old['outcomes'])} and are {', '.join(new['values'])} now, "
            "so the expected values cannot be compared; to let this release pass, take "
            "expected_value out of gitops/environments.yaml by a pull request of its own"
        )
    values = new["values"]
    bounds = interval(differences(new["outcomes"], old["outcomes"], values, _SEED))
    mean, before = per_1000(new["outcomes"], values), per_1000(old["outcomes"], values)
    changed = values != old["values"]
    return Worth(mean, before, mean - before, bounds.low, bounds.high, new["currency"], changed)


def worth_table(record: Record, other: Record | None, environment: str) -> str:
    """Markdown of the figure against ``other`` in ``environment``, if that has one."""
    head = "### Expected value"
    if record.expected_value is None:
        return f"{head}\n\nNone is recorded."
    try:
        new = _read(record)
        found = None
        if other is not None and other.expected_value is not None:
            found = compare(record, other)
    except (RecordError, Refused) as error:
        return f"{head}\n\n{code(error, 1000)}"
    unit = f"{new['currency']} for 1000 decisions"
    low, high, before = (number(new.get(key)) for key in ("low", "high", "baseline_per_1000"))
    rows = [
        ["This release", number(new["per_1000"]), f"{low} to {high}"],
        ["The baseline, for the same rows", before, ""],
    ]
    if found is not None:
        rows.insert(1, [f"{code(other.release)} in {environment}", number(found.old), ""])
        bounds = f"{number(found.low)} to {number(found.high)}"
        rows.insert(2, ["Difference", number(found.gain, sign=True), bounds])
    rows_used = sum(new["outcomes"].values())
    notes = [f"On {rows_used:,} test rows, with the values of `observability/kpi.yaml`."]
    if found is not None and found.has_new_values:
        notes.append("The values have changed since; both are counted with the new ones.")
    if other is not None and found is None:
        notes.append(f"The release in {environment} is older than this figure.")
    figures = table(["", unit, "95 % interval"], rows, right=(1, 2))
    return f"{head}\n\n{figures}\n\n{' '.join(notes)}"


def number(value: Any, sign: bool = False) -> str:
    """With thousands and cents; a dash for what is no number."""
    if not _is_number(value):
        return "–"
    return f"{value:{'+' if sign else ''},.2f}".replace("-", "−")


def _sentence(found: Worth, present: str) -> str:
    values = ", both with the new values" if found.has_new_values else ""
    return (
        f"{number(found.new)} {found.currency} for 1000 decisions, {present} {number(found.old)}"
        f"{values}: gain {number(found.gain, True)} "
        f"[{number(found.low, True)}, {number(found.high, True)}] at 95 %"
    )


def _asked(rule: WorthRule) -> str:
    return f"allowed loss {rule.allowed_loss:g} ({rule.rule})"


def _read(record: Record) -> dict[str, Any]:
    """The figure, if it can be counted with: a record may have been edited by hand."""
    found = record.expected_value or {}
    counts, values = found.get("outcomes"), found.get("values")
    sound = (
        isinstance(counts, dict)
        and isinstance(values, dict)
        and set(counts) == set(values)
        and all(type(count) is int and count >= 0 for count in counts.values())
        and all(_is_number(worth) for worth in values.values())
        and sum(counts.values()) > 0
        and isinstance(found.get("currency"), str)
        and _is_number(found.get("per_1000"))
    )
    if not sound:
        raise RecordError(f"the expected value in the record of {record.release} is broken")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
