"""Steps and aborts of a rollout with a look at what is open and how the environment does.

An automatic command may be called after every sync, twice at once, and late. It does nothing, and
says why, unless there is exactly this to do now; a pull request that a person has closed is an
answer and is not opened again.
"""

from .blocked import find_blocked
from .context import Context
from .findings import Refused
from .forges import PullRequest
from .plans import NothingToDo, Plan, PlanError
from .rollout import plan_abort, plan_canary_step, plan_finish
from .rollout_files import running
from .rollout_state import Rollout
from .shared_rules import is_fresh

# Branches of these kinds would go on with what an abort takes away.
_ADVANCING = ("canary", "finish", "ab", "shadow")


def step_plan(context: Context, target: str, automatic: bool, finish: bool) -> Plan:
    """The next step of a canary, or with ``finish`` its end if no step is left.

    An automatic step needs an environment that is healthy with the rollout as it is. Raises
    ``NothingToDo`` with the reason if it has nothing to do, ``PlanError`` and what it needs else.
    """
    if not automatic:
        return plan_canary_step(context.base, target)
    context.base.environments.get(target)
    canary = running(context.base, target)
    if canary is None or canary.kind != "canary":
        raise NothingToDo(f"{canary or 'nothing'} runs in {target}, so there is no canary to step")
    if blocked := find_blocked(context.base.blocked, canary.release):
        raise NothingToDo(f"{canary.release} is blocked ({blocked.reason}); the canary must go")
    if canary.is_last and not finish:
        raise NothingToDo(
            f"{canary} has all of the traffic; a person finishes it: `make canary-finish "
            f"ENV={target}`"
        )
    health = context.health(target)
    if health.state != "success":
        raise NothingToDo(
            f"{target} is not known to be healthy ({health.state}): {health.description}"
        )
    make = plan_finish if canary.is_last else plan_canary_step
    plan = make(context.base, target)
    _refuse_answered(context, plan, canary)
    return plan


def abort_plan(
    context: Context,
    target: str,
    reason: str,
    details: str = "",
    automatic: bool = False,
    revision: str | None = None,
) -> Plan:
    """Take the rollout of ``target`` away and block its release; open steps are closed.

    An automatic abort needs ``auto_rollback`` and ``revision``, the commit whose sync failed: if
    another rollout runs by now, or none, there is nothing to do. Raises ``PlanError``,
    ``NothingToDo``, ``GitError``.
    """
    environment = context.base.environments.get(target)
    rollout = running(context.base, target)
    if rollout is None:
        raise NothingToDo(f"nothing is rolled out in {target}")
    if automatic:
        if not environment.auto_rollback:
            raise PlanError(
                f"{target} has auto_rollback: false in gitops/environments.yaml; a person decides: "
                f"`make canary-abort ENV={target} REASON=...`"
            )
        _refuse_outdated(context, target, rollout, revision)
    plan = plan_abort(context.base, target, reason, context.who, context.now, details, automatic)
    if automatic:
        _refuse_closed(context, plan, rollout)
    close_steps(context, target, plan.title)
    return plan


def close_steps(context: Context, target: str, because: str) -> list[PullRequest]:
    """Close what would go on with the rollout of ``target``: nothing may overtake its end."""
    starts = tuple(f"{kind}/{target}/" for kind in _ADVANCING)
    found = [pull for pull in context.forge.pull_requests() if pull.branch.startswith(starts)]
    for pull in found:
        context.forge.close(pull.number, because)
    return found


def _refuse_answered(context: Context, plan: Plan, rollout: Rollout) -> None:
    """``NothingToDo`` if the pull request is open as it should be, or was closed, or an end is."""
    _refuse_closed(context, plan, rollout)
    for pull in context.forge.pull_requests():
        if pull.branch == f"abort/{plan.environment}/{plan.release}":
            raise NothingToDo(f"the end of the canary waits to be merged: {pull.url}")
        if pull.branch == plan.branch:
            head = context.repository.branch(plan.branch)
            try:
                is_fresh(context.proposal(head or pull.head), plan.environment)
            except Refused:
                # Made on what has changed since: the same command brings it up to date.
                return
            raise NothingToDo(f"the pull request is open already: {pull.url}")


def _refuse_closed(context: Context, plan: Plan, rollout: Rollout) -> None:
    """An earlier trial of the same release had the same branches, so older ones do not count."""
    mine = [
        pull
        for pull in context.forge.pull_requests("all")
        if pull.branch == plan.branch and pull.created_at >= rollout.started_at
    ]
    if mine and mine[0].state == "closed":
        raise NothingToDo(
            f"{mine[0].url} was closed without merging, so a person decides how it goes on"
        )


def _refuse_outdated(context: Context, target: str, rollout: Rollout, revision: str | None) -> None:
    if revision is None:
        raise PlanError("an automatic abort needs --revision, the commit whose sync failed")
    commit = context.repository.resolve(revision)
    failed = running(context.snapshot(commit), target)
    if failed is None or (failed.release, failed.started_at) != (
        rollout.release,
        rollout.started_at,
    ):
        raise NothingToDo(
            f"{commit[:12]}, which failed, had {failed or 'no rollout'} in {target}, and by now "
            f"it has {rollout}"
        )
