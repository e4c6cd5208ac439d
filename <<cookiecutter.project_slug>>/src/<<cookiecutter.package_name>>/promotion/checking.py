"""All rules for one branch, also those that need the manifests rendered."""

from .context import Context
from .findings import Finding, Proposal, Refused
from .places import environment_of_release, environment_of_rollout
from .rendering import RenderError, beyond_release, find_kustomize, render_at
from .rules import check


def check_branch(
    context: Context, branch: str, base: str | None = None
) -> tuple[str, list[Finding]]:
    """The commit of ``branch`` and every rule's answer for its way into ``base``.

    Raises ``GitError`` for a branch that does not exist.
    """
    commit = context.repository.resolve(branch)
    against = context.snapshot(context.repository.resolve(base)) if base else context.base
    proposal = context.proposal(commit, against)
    findings = check(proposal)
    names = {
        environment_of_release(path) or environment_of_rollout(path) for path in proposal.paths
    }
    names.discard(None)
    # With another finding there is nothing to render, or the wrong thing.
    if len(names) == 1 and all(finding.ok for finding in findings):
        findings.append(_rendered(context, proposal, names.pop() or ""))
    return commit, findings


def _rendered(context: Context, proposal: Proposal, environment: str) -> Finding:
    """The overlay can be rendered, and a promotion changes only what a release may set."""
    try:
        return Finding("rendered", True, _render(context, proposal, environment))
    except (Refused, RenderError) as error:
        return Finding("rendered", False, str(error))


def _render(context: Context, proposal: Proposal, environment: str) -> str:
    kustomize = find_kustomize(context.settings.root, context.settings.kustomize)
    if kustomize is None:
        return "not rendered: there is no kustomize here (scripts/install-kustomize)"
    after = render_at(context.repository, kustomize, proposal.head.commit, environment)
    is_rollout = any(environment_of_rollout(path) for path in proposal.paths)
    before = render_at(context.repository, kustomize, proposal.base.commit, environment)
    if not before or is_rollout:
        return "kustomize takes it"
    beyond = beyond_release(before, after)
    if beyond:
        raise Refused(
            f"the release also changes {', '.join(beyond[:5])}, which belongs to the environment; "
            "find out with `make diff` what copies it there"
        )
    return "only what a release sets is changed"
