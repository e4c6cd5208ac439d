"""The text of a pull request: evidence, and what the change renders to."""

from .context import Context
from .evidence import pull_request_text
from .plans import Plan
from .rendering import RenderError, difference, find_kustomize, render_at


def describe(context: Context, plan: Plan, details: str = "") -> str:
    """Markdown for the pull request of ``plan`` with ``details`` of an analysis or a report.

    Without kustomize the rendered difference is left out. Raises ``RenderError`` if the overlay
    cannot be rendered with the change: nobody should have to find that out after the merge.
    """
    return pull_request_text(plan, context.base, rendered_difference(context, plan), details)


def rendered_difference(context: Context, plan: Plan) -> str | None:
    """What the plan changes in the rendered overlay; ``None`` without kustomize."""
    kustomize = find_kustomize(context.settings.root, context.settings.kustomize)
    if kustomize is None:
        return None
    repository, base, name = context.repository, context.base.commit, plan.environment
    try:
        before = render_at(repository, kustomize, base, name)
    except RenderError:
        # What is deployed is broken, and this may be what mends it.
        before = ""
    commit = repository.commit_files(base, plan.files, plan.message)
    after = render_at(repository, kustomize, commit, name)
    return difference(before, after, f"{name} at {base[:12]}", f"{name} with this change")
