"""The text of a pull request: with its merge, it is the audit record of what was deployed and why.

Everything comes from the plan and from one commit of the repository, so the same plan always has
the same text.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from .blocked import parse_blocked
from .figures import load_test_table, metric_table, verdicts
from .markdown import block, code, cut, folded, table
from .places import BLOCKED, record_file, release_file, rollout_file
from .plans import Plan, Snapshot
from .record import Record, RecordError, parse_record
from .release import Release, ReleaseError, id_in, parse_release
from .rollout_state import Rollout, parse_rollout
from .worth import worth_table

# GitHub takes 65,536 characters; the rest is left to people who edit the text.
LIMIT = 60_000
_DETAILS = 15_000
_CANDIDATE, _STATE = "candidate/release.yaml", "state.yaml"


def pull_request_text(
    plan: Plan, snapshot: Snapshot, rendered: str | None, details: str = ""
) -> str:
    """Markdown for the pull request of ``plan``, at most ``LIMIT`` characters.

    ``snapshot`` is what the plan starts from; ``rendered`` the difference of the environment's
    manifests as a unified diff (``None``: not rendered); ``details`` Markdown of an analysis or a
    report. Files that cannot be read are named in the text instead of refused.
    """
    look = _Look(plan, snapshot)
    parts = [
        _lead(look),
        _identity(look),
        *_figures(look),
        cut(details.strip(), _DETAILS),
        _way_back(look),
    ]
    end = _trailers(plan)
    room = LIMIT - sum(len(part) + 2 for part in parts) - len(end) - 500
    parts.insert(-1, _manifests(look, rendered, room))
    return "\n\n".join([*(part for part in parts if part), end]) + "\n"


@dataclass(frozen=True)
class _Look:
    """The releases on both sides of a plan, with what is recorded of them."""

    plan: Plan
    snapshot: Snapshot

    @property
    def environment(self) -> str:
        return self.plan.environment

    @cached_property
    def before(self) -> Release | None:
        """What runs now; None if nothing does, or if its file is broken."""
        return _parsed(self.snapshot.read(release_file(self.environment)))

    @cached_property
    def before_id(self) -> str | None:
        return id_in(self.snapshot.read(release_file(self.environment)))

    @cached_property
    def after(self) -> Release | None:
        """The release that the plan is about, wherever in the overlay it is."""
        path = release_file(self.environment)
        if self.plan.files.get(path) is not None:
            return _parsed(self.plan.files[path])
        return _parsed(self._now(rollout_file(self.environment, _CANDIDATE)))

    @cached_property
    def rollout(self) -> Rollout | None:
        """What is rolled out once the plan is merged."""
        content = self.plan.files.get(rollout_file(self.environment, _STATE))
        return parse_rollout(content, _STATE) if content else None

    @cached_property
    def reason(self) -> str | None:
        """Why a release is taken away."""
        if content := self.plan.files.get(BLOCKED):
            return parse_blocked(content, BLOCKED)[-1].reason
        # What failed elsewhere before is on the list already, maybe for another reason.
        said = re.search(r"^Reason: (.+)$", self.plan.message, re.MULTILINE)
        return said and said[1]

    def record(self, release: Release | None) -> Record | None:
        if release is None:
            return None
        path = record_file(release.id)
        content = self._now(path)
        try:
            return parse_record(content, path) if content else None
        except RecordError:
            return None

    def _now(self, path: str) -> bytes | None:
        """The file as the plan leaves it, or as it was if the plan removes it."""
        return self.plan.files.get(path) or self.snapshot.read(path)


def _lead(look: _Look) -> str:
    place, before = f"**{look.environment}**", look.before_id
    name = code(look.plan.release)
    now = f"{place} runs {code(before)} now" if before else f"{place} runs nothing yet"
    if look.plan.kind == "promotion" and before:
        said = f"{name} replaces {code(before)} in {place}."
    elif look.plan.kind == "promotion":
        said = f"{name} is the first release of {place}: nothing is replaced."
    elif look.plan.kind == "rollback":
        earlier = code(look.after.id) if look.after else "an earlier release"
        said = f"{place} goes back from {name} to {earlier}."
    elif look.plan.kind == "abort":
        said = f"{name} is taken away from {place}; {code(before)} answers everything again."
    elif look.plan.kind == "finish":
        said = f"{name} has proven itself and replaces {code(before)} in {place}."
    elif look.rollout is None:
        said = f"The trial of {name} in {place} ends; {code(before)} stays."
    else:
        said = f"{now}. Beside it: {code(look.rollout)}."
    if before and look.before is None:
        said += " The present release file is broken; this replaces it."
    return f"{said}\n\nReason: {code(look.reason, 1000)}" if look.reason else said


def _identity(look: _Look) -> str:
    """Both releases side by side in short, and the new one in full."""
    after, before = look.after, look.before
    if after is None:
        return ""
    other = before if before and before != after else None
    rows = []
    for name, new, old in (
        ("Release", after.id, other and other.id),
        ("Dataset", after.data_revision, other and other.data_revision),
        ("Hash of the dataset", after.data_hash, other and other.data_hash),
        ("Training commit", after.commit[:12], other and other.commit[:12]),
        ("MLflow run", after.run, other and other.run),
        ("Image", _short(after.image), other and _short(other.image)),
        ("Bundle", after.bundle_digest[:19], other and other.bundle_digest[:19]),
    ):
        same = [] if other is None else ["the same" if new == old else code(old)]
        rows.append([name, *same, code(new)])
    head = ["", *([f"Now in {look.environment}"] if other else []), "This release"]
    full = "\n".join(
        f"- {name}: {code(value, 600)}"
        for name, value in (
            ("image", after.image),
            ("bundle", after.bundle_uri),
            ("digest of the bundle", after.bundle_digest),
            ("training commit", after.commit),
        )
    )
    return f"{table(head, rows)}\n\n{folded('Digests in full', full)}"


def _figures(look: _Look) -> list[str]:
    if look.after is None:
        return []
    record, other = look.record(look.after), look.record(look.before)
    if record is None:
        missing = code(record_file(look.after.id))
        return [f"### Evidence\n\nThere is no readable record of this release at {missing}."]
    present = other if look.before != look.after else None
    return [
        metric_table(record, present, look.environment),
        worth_table(record, present, look.environment),
        verdicts(record),
        load_test_table(record.load_test),
    ]


def _manifests(look: _Look, rendered: str | None, room: int) -> str:
    title, place = "### What changes in the cluster", f"**{look.environment}**"
    others = [name for name in look.snapshot.environments.names if name != look.environment]
    rest = f"Not touched: {', '.join(others)}." if others else ""
    if rendered is None:
        said = f"{place}: not rendered, because there was no kustomize where this was opened."
        return f"{title}\n\n{said} {rest}".rstrip()
    if not rendered:
        return f"{title}\n\n{place}: no rendered object changes. {rest}".rstrip()
    lines = rendered.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    gone = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    shown = cut(rendered, room)
    note = "" if len(shown) == len(rendered) else _cut_note(look, len(shown), len(rendered))
    summary = f"{look.environment}: {added} lines more, {gone} lines less"
    return f"{title}\n\n{folded(summary, block(shown, 'diff') + note)}\n\n{rest}".rstrip()


def _cut_note(look: _Look, shown: int, whole: int) -> str:
    path = f"gitops/overlays/{look.environment}"
    return (
        f"\n\nCut after {shown:,} of {whole:,} characters, since a forge takes about {LIMIT:,} in "
        f"all. The whole: check out both commits and run `kustomize build {path}` in each."
    )


def _way_back(look: _Look) -> str:
    env, kind, before = look.environment, look.plan.kind, look.before_id
    if kind == "rollback":
        said = (
            f"{code(look.plan.release)} is blocked with this merge. To allow it again, remove its "
            f"entry from `{BLOCKED}` by a pull request of its own."
        )
        return f"### Way back\n\n{said}"
    if kind == "abort":
        return ""
    if look.rollout is not None and look.rollout.kind == "canary":
        return f"### Way back\n\n{block(f'make canary-abort ENV={env} REASON="..."', 'sh')}"
    if look.rollout is not None or kind not in ("promotion", "finish"):
        return ""
    if before is None:
        return f"### Way back\n\nNone: {env} ran nothing before; a better release replaces it."
    command = f'make rollback ENV={env} RELEASE={before} REASON="..."'
    return f"### Way back\n\n{block(command, 'sh')}"


def _trailers(plan: Plan) -> str:
    """The trailers of the commit, so that they also survive a squash."""
    lines = plan.message.rstrip().rpartition("\n\n")[2].splitlines()
    pairs = [line.partition(": ") for line in lines]
    # Spaces at the end of a line make GitLab keep the line end; git does not mind them.
    return "  \n".join(f"{key}: {_plain(value)}" for key, colon, value in pairs if colon)


def _plain(value: str) -> str:
    return value if re.fullmatch(r"[A-Za-z0-9._/:+-]+", value) else code(value)


def _parsed(content: bytes | None) -> Release | None:
    try:
        return None if content is None else parse_release(content, "release.yaml")
    except ReleaseError:
        return None


def _short(image: str) -> str:
    name, _, digest = image.partition("@")
    return f"{name.rpartition('/')[2]}@{digest[:19]}"
