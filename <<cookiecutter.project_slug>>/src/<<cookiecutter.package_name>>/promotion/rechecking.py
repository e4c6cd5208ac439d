"""Open promotions, judged again: an environment got healthy, a window has opened or closed."""

from .checking import check_branch
from .context import Context, refused
from .findings import Finding
from .forges import PullRequest
from .forges.local import REQUIRED
from .propose import say

# Every pull request of this tool has the label of its environment.
_LABEL = "environment/"


def recheck(context: Context) -> list[tuple[PullRequest, list[Finding]]]:
    """Set the status ``promotion`` of each open promotion to what the rules say by now.

    Returns each with what is refused. A branch that is gone meanwhile is left out; a status that
    would only be repeated is not set. Raises ``ForgeError`` and ``GitError``.
    """
    found = []
    for pull in context.forge.pull_requests():
        if not any(label.startswith(_LABEL) for label in pull.labels):
            continue
        if context.repository.branch(pull.branch) is None:
            continue
        commit, findings = check_branch(context, pull.branch, pull.base)
        bad = refused(findings)
        if _newest(context, commit) != ("failure" if bad else "success"):
            say(context, commit, tuple(findings))
        found.append((pull, bad))
    return found


def _newest(context: Context, commit: str) -> str | None:
    statuses = context.forge.statuses(commit)
    return next((status.state for status in statuses if status.context == REQUIRED), None)
