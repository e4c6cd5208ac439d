"""From a plan to an open pull request, as often as it is asked for.

Every step finds out first whether an earlier run did it: branch, commit, pull request, merge. So a
run that was cut off is continued by running it again, and of two at once one continues the other.
"""

import re
from dataclasses import dataclass

from .context import Context, refused
from .findings import Finding
from .forges import PullRequest
from .places import overlay
from .plans import Plan, PlanError
from .repository import StaleError
from .rules import check

# By the first part of a branch's name. The urgent ones are not held up by a promotion that waits.
_KINDS = ("promote", "canary", "finish", "ab", "shadow", "stop")
_URGENT = ("rollback", "abort")
_ATTEMPTS = 5
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")


@dataclass(frozen=True)
class Outcome:
    """What was reached: the pull request, what the rules say of it, and what was closed."""

    pull: PullRequest
    findings: tuple[Finding, ...]
    closed: tuple[PullRequest, ...] = ()


def propose(
    context: Context, plan: Plan, body: str, replace: bool = False, merge: bool = False
) -> Outcome:
    """Open the plan's pull request, or continue the one that is open already.

    One for each environment: if another is open, it is closed with ``replace`` and otherwise
    refused. ``merge`` merges it, or asks the forge to do so once its checks pass. Raises
    ``PlanError``, ``GitError``, ``ForgeError``.
    """
    others = _others(context, plan)
    if others and not replace:
        raise PlanError(_in_the_way(plan, others[0]))
    commit = _branch(context, plan)
    pull = context.forge.open(plan.branch, context.branch, plan.title, body, plan.labels)
    closed = _close(context, plan, pull, replace)
    findings = tuple(check(context.proposal(commit)))
    if context.forge.name == "local":
        # Elsewhere CI answers: nobody says of his own pull request that it may be merged.
        say(context, commit, findings)
    if merge:
        if context.forge.name == "local" and refused(list(findings)):
            return Outcome(pull, findings, closed)
        pull = context.forge.merge(pull.number, commit)
    return Outcome(pull, findings, closed)


def say(context: Context, commit: str, findings: tuple[Finding, ...]) -> None:
    """Set the status ``promotion`` on a commit to what the rules say."""
    bad = refused(list(findings))
    words = "; ".join(f"{finding.rule}: {finding.message}" for finding in bad)
    state = "failure" if bad else "success"
    context.forge.set_status(commit, "promotion", state, words or f"{len(findings)} rules kept")


def _branch(context: Context, plan: Plan) -> str:
    """The commit at the plan's branch, pushed now or by an earlier run."""
    repository = context.repository
    for _ in range(_ATTEMPTS):
        present = repository.branch(plan.branch)
        if present and _is_it(context, plan, present):
            return present
        if present and not _is_ours(context, plan, present):
            raise PlanError(
                f"the branch {plan.branch} holds commits that this tool did not make; delete it, "
                "then run the same command again"
            )
        commit = repository.commit_files(context.base.commit, plan.files, plan.message)
        try:
            repository.push(plan.branch, commit, present)
            return commit
        except StaleError:
            continue
    raise PlanError(f"{plan.branch} keeps changing; see who else works on it, then try again")


def _is_it(context: Context, plan: Plan, commit: str) -> bool:
    """Whether the branch is the plan already, and nothing that it touches changed since."""
    proposal = context.proposal(commit)
    folder = f"{overlay(plan.environment)}/"
    moved = [p for p in proposal.moved if p in plan.files or p.startswith(folder)]
    return (
        not moved
        and set(proposal.paths) == set(plan.files)
        and all(
            _timeless(proposal.head.read(path)) == _timeless(content)
            for path, content in plan.files.items()
        )
    )


def _is_ours(context: Context, plan: Plan, commit: str) -> bool:
    """Whether the branch holds nothing, or one commit that such a command made."""
    repository, base = context.repository, context.base.commit
    if repository.is_ancestor(commit, base):
        return True
    parents = repository.first_parents(commit, most=2)[1:]
    trailers = repository.trailers(commit)
    made = (plan.kind, plan.environment)
    return (trailers.get("Promotion-Kind"), trailers.get("Environment")) == made and all(
        repository.is_ancestor(parent, base) for parent in parents
    )


def _others(context: Context, plan: Plan) -> list[PullRequest]:
    """Open pull requests for the same environment, the oldest first."""
    kinds = _URGENT if plan.branch.startswith(_URGENT) else _KINDS
    starts = tuple(f"{kind}/{plan.environment}/" for kind in kinds)
    found = [pull for pull in context.forge.pull_requests() if pull.branch.startswith(starts)]
    return sorted((p for p in found if p.branch != plan.branch), key=lambda p: p.number)


def _close(
    context: Context, plan: Plan, pull: PullRequest, replace: bool
) -> tuple[PullRequest, ...]:
    """Leave one pull request open: ours with ``replace``, otherwise the older one."""
    others = _others(context, plan)
    if replace:
        for other in others:
            context.forge.close(other.number, f"Replaced by #{pull.number}: {plan.title}")
        return tuple(others)
    # Opened by somebody else after we looked: the one with the smaller number stays.
    first = [other for other in others if other.number < pull.number]
    if first:
        context.forge.close(pull.number, f"#{first[0].number} was opened at the same time")
        raise PlanError(_in_the_way(plan, first[0]))
    return ()


def _in_the_way(plan: Plan, other: PullRequest) -> str:
    return (
        f"{plan.environment} has an open pull request already: {other.title} ({other.url}). Merge "
        "or close it first, or say --replace to close it"
    )


def _timeless(content: bytes | None) -> bytes | None:
    """Without times: what differs only in when it was made is the same."""
    return None if content is None else _TIME.sub(b"TIME", content)
