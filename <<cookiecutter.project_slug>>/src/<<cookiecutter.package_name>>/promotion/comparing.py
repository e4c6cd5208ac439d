"""What differs between two environments: releases field by field, then the rendered manifests."""

from dataclasses import asdict

from .context import Context
from .places import release_file
from .rendering import difference, find_kustomize, render_at


def compare_environments(context: Context, source: str, target: str) -> str:
    """A text for people; "equal" where nothing differs.

    Raises ``EnvironmentsError`` for an unknown environment and ``ReleaseError`` for a broken file.
    """
    for name in (source, target):
        context.base.environments.get(name)
    lines = _releases(context, source, target)
    kustomize = find_kustomize(context.settings.root, context.settings.kustomize)
    if kustomize is None:
        lines.append("manifests: not rendered, there is no kustomize (scripts/install-kustomize)")
        return "\n".join(lines)
    commit = context.base.commit
    texts = [
        # Names and namespaces hold the environment, and are not what somebody wants to know.
        render_at(context.repository, kustomize, commit, name).replace(f"-{name}", "-ENVIRONMENT")
        for name in (source, target)
    ]
    found = difference(*texts, f"manifests of {source}", f"manifests of {target}")
    return "\n".join([*lines, found or "manifests: equal"])


def _releases(context: Context, source: str, target: str) -> list[str]:
    ours, theirs = context.base.release(source), context.base.release(target)
    if context.base.read(release_file(source)) == context.base.read(release_file(target)):
        return [f"release: equal, {ours.id if ours else 'none yet'}"]
    lines = [f"release: {source} {ours.id if ours else 'none'}"]
    lines.append(f"         {target} {theirs.id if theirs else 'none'}")
    if ours and theirs:
        other = asdict(theirs)
        lines += [
            f"  {name}: {value} | {other[name]}"
            for name, value in asdict(ours).items()
            if value != other[name]
        ]
    return lines
