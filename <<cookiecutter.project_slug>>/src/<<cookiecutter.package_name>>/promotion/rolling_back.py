"""Which rollback is meant, and whether one that nobody asked for may happen."""

from pathlib import Path

from .context import Context
from .health import context_of
from .places import overlay, release_file
from .plans import NothingToDo, Plan, PlanError, plan_rollback
from .release import id_in
from .rollout_commands import abort_plan

AUTOMATIC = "automatic-rollback"
# What runs also follows from these, whatever the release.
_SHARED = ("gitops/base/", "gitops/components/", "observability/")


def rollback_plan(
    context: Context,
    target: str,
    to: str | None,
    reason: str,
    automatic: bool = False,
    revision: str | None = None,
    details: str = "",
) -> Plan:
    """The plan of a rollback, or of the abort of the rollout that is under way.

    ``revision`` is the commit whose deployment failed, needed for an automatic one; ``details``
    are what else is known of the reason. Raises ``PlanError`` and all that ``plan_rollback``
    raises; ``NothingToDo`` for an automatic one whose occasion is gone.
    """
    base = context.base
    environment = base.environments.get(target)
    if automatic and not environment.auto_rollback:
        raise PlanError(
            f"{target} has auto_rollback: false in gitops/environments.yaml; {_person(target)}"
        )
    if base.rollout(target) is not None and to is None:
        # The candidate is what came last, so it is what goes.
        return abort_plan(context, target, reason, details, automatic, revision)
    left = id_in(base.read(release_file(target)))
    if automatic and left is not None:
        commit = _failed(context, target, left, revision)
        _refuse_second(context, f"rollback/{target}/{left}", target)
        _refuse_innocent(context, target, left, commit)
    earlier = context.earlier(target)
    if automatic and base.read(release_file(target)) in earlier:
        # Otherwise one fault of something else would take back one good release after the other.
        raise PlanError(
            f"{left} came back to {target} and fails there all the same, so the release is not the "
            f"reason; {_person(target)}"
        )
    return plan_rollback(
        base, target, earlier, to, reason, context.who, context.now, automatic=automatic
    )


def read_reason(given: str | None, analysis_run: Path | None) -> tuple[str, str]:
    """The reason in one line, and in Markdown what else a failed AnalysisRun tells.

    Raises ``PlanError`` or ``AnalysisError`` for a file that cannot be read.
    """
    if analysis_run is None:
        return given or "", ""
    from .analysis import read_analysis, table

    try:
        content = analysis_run.read_bytes()
    except OSError as error:
        raise PlanError(f"{analysis_run} cannot be read: {error.strerror}") from error
    found = read_analysis(content, str(analysis_run))
    return given or found.reason(), table(found)


def _failed(context: Context, target: str, left: str, revision: str | None) -> str:
    """The commit that failed, if it ran the release that still runs."""
    if revision is None:
        raise PlanError("an automatic rollback needs --revision, the commit that failed")
    commit = context.repository.resolve(revision)
    if context.snapshot(commit).rollout(target) is not None:
        # It was about the candidate; the release beside it, which runs now, has done nothing.
        raise NothingToDo(
            f"what was rolled out in {target} at {commit[:12]}, which failed, is gone by now"
        )
    failed = id_in(context.repository.read(commit, release_file(target)))
    if failed != left:
        raise NothingToDo(
            f"{target} ran {failed or 'nothing'} at {commit[:12]}, which failed, and by now runs "
            f"{left}"
        )
    return commit


def _refuse_second(context: Context, branch: str, target: str) -> None:
    """Once for each release and environment.

    A pull request that a person closed is an answer, and a release that failed again after its
    return needs a person. One that is open is continued.
    """
    pulls = context.forge.pull_requests("all")
    known = [p for p in pulls if p.branch == branch and AUTOMATIC in p.labels]
    if not known or any(pull.state == "open" for pull in known):
        return
    if known[0].state == "closed":
        raise NothingToDo(f"{known[0].url} was closed without merging, so {_person(target)}")
    raise PlanError(
        f"{branch.rpartition('/')[2]} was taken back in {target} automatically before "
        f"({known[0].url}); this happens once, now {_person(target)}"
    )


def _refuse_innocent(context: Context, target: str, left: str, commit: str) -> None:
    """The release worked until somebody changed settings: going back would blame the wrong one."""
    repository = context.repository
    changes = repository.log_of(release_file(target), commit)
    began = changes[0].commit
    for earlier in repository.first_parents(commit, began, most=50)[1:]:
        said = [s for s in context.forge.statuses(earlier) if s.context == context_of(target)]
        if not said or said[0].state != "success":
            continue
        folders = (f"{overlay(target)}/", *_SHARED)
        changed = repository.changed_paths(earlier, commit)
        settings = [path for path in changed if path.startswith(folders)]
        if settings:
            raise PlanError(
                f"{left} was healthy in {target} at {earlier[:12]}, before {settings[0]} changed; "
                f"{_person(target)}"
            )
        return


def _person(target: str) -> str:
    return f"a person decides: `make rollback ENV={target} REASON=...`"
