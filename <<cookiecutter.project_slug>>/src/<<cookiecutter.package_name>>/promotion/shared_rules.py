"""Rules that promotions, rollbacks and rollouts share.

Each returns why it is kept, in words, and raises ``Refused`` (or the error of a broken file) if it
is not.
"""

from collections.abc import Callable

from .blocked import BlockedError, refuse_blocked
from .environments import Environment, EnvironmentsError, window_open
from .findings import Finding, Proposal, Refused
from .git import GitError
from .places import BLOCKED, overlay, record_file, release_file
from .record import RecordError, fits, lacking
from .release import Release, ReleaseError, id_in

# What a broken file raises when it is read: a finding, not the end of the check.
BROKEN = (Refused, BlockedError, EnvironmentsError, GitError, RecordError, ReleaseError)

Rule = Callable[[], str]


def answers(rules: dict[str, Rule]) -> list[Finding]:
    """Ask every rule: it returns why it is kept, or raises why it is not."""
    findings = []
    for name, rule in rules.items():
        try:
            findings.append(Finding(name, True, rule()))
        except BROKEN as error:
            findings.append(Finding(name, False, str(error)))
    return findings


def only_paths(proposal: Proposal, allowed: list[str]) -> str:
    """Nothing else is changed, so that what was reviewed as a promotion is one."""
    others = [path for path in proposal.paths if path not in allowed]
    if others:
        raise Refused(
            f"the branch also changes {', '.join(others[:5])}{' ...' if others[5:] else ''}; "
            "put that into a pull request of its own"
        )
    return f"only {', '.join(path.rpartition('/')[2] for path in proposal.paths)}"


def equals_source(proposal: Proposal, environment: Environment, release: Release, path: str) -> str:
    """The file at ``path`` is the release of the environment before, byte for byte."""
    if environment.source is None:
        return f"{environment.name} is the first environment"
    theirs = proposal.base.read(release_file(environment.source))
    if theirs is None or proposal.head.read(path) != theirs:
        raise Refused(
            f"{environment.source}, the environment before, runs {id_in(theirs) or 'nothing'} and "
            f"this is not its file for {release.id}; promote it there first, or run "
            f"`make promote TO={environment.name}` again"
        )
    return f"equal to {environment.source}"


def record_fits(proposal: Proposal, release: Release) -> str:
    """The evidence is there and speaks of this release."""
    record = proposal.record(release.id)
    if record is None:
        raise Refused(f"{record_file(release.id)} is missing; `make release` writes it")
    if differing := fits(record, release):
        raise Refused(f"the record speaks of another release: {', '.join(differing)} differ")
    return f"of {record.created_at} by {record.created_by}"


def enough_evidence(proposal: Proposal, environment: Environment, release: Release) -> str:
    """What the environment asks for was measured and is good."""
    record = proposal.record(release.id)
    if record is None:
        raise Refused("there is no record")
    if found := lacking(record, environment.evidence):
        raise Refused(
            f"{environment.name} asks for more: {'; '.join(found)}. A load test is added by "
            "`make release LOAD_TEST=FILE` with the same image; all else needs a new release"
        )
    return ", ".join(environment.evidence) or "none asked for"


def source_is_healthy(proposal: Proposal, environment: Environment, release: Release) -> str:
    """Argo CD says that the environment below is healthy with this release."""
    if environment.source is None:
        return "nothing runs before the first environment"
    health = proposal.health(environment.source)
    if health.state != "success":
        raise Refused(
            f"{environment.source} is not known to be healthy with {release.id} ({health.state}): "
            f"{health.description}"
        )
    return f"{environment.source} is healthy at {(health.commit or '')[:12]}: {health.description}"


def not_blocked(proposal: Proposal, release: Release) -> str:
    """Nobody found the release bad, up to now."""
    refuse_blocked(proposal.base.blocked, release.id)
    return f"{release.id} is not in {BLOCKED}"


def in_window(proposal: Proposal, environment: Environment) -> str:
    """The clock allows it."""
    is_open, said = window_open(environment, proposal.now)
    if not is_open:
        raise Refused(said)
    return said


def is_fresh(proposal: Proposal, environment: str) -> str:
    """What the branch was made from still holds."""
    folder = f"{overlay(environment)}/"
    late = [p for p in proposal.moved if p in proposal.paths or p.startswith(folder)]
    if late:
        raise Refused(
            f"{', '.join(late[:5])} changed since the branch was made; run the command that opened "
            "it again, which brings it up to date"
        )
    return "nothing that it touches changed since it was made"


def no_rollout(proposal: Proposal, environment: str) -> str:
    """No canary, A/B test or shadow is in the way."""
    if proposal.base.rollout(environment) is not None:
        raise Refused(f"{environment} has a rollout under way; finish or abort it first")
    return f"{environment} has no rollout under way"
