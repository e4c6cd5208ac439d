"""What Argo CD last said about an environment: commit statuses ``argocd/<environment>``."""

from datetime import datetime, timedelta

from .findings import Health
from .forges import Forge
from .places import overlay, release_file, rollout_file
from .repository import Repository

# Clocks of two machines may differ; what is further ahead than this is not believed.
TOLERANCE = timedelta(minutes=5)
# One question to the forge for each commit, so there is an end to asking.
_COMMITS = 200


def context_of(environment: str) -> str:
    """The name of an environment's commit status."""
    return f"argocd/{environment}"


def health_of(
    repository: Repository, forge: Forge, head: str, environment: str, now: datetime
) -> Health:
    """The newest answer about what ``environment`` runs at ``head`` of the default branch.

    Argo CD marks the commit that it synced, which may be younger than the one that changed the
    environment: all commits since its release or its rollout changed are asked, the newest first.
    The order of commits decides and no clock.
    """
    released = repository.log_of(release_file(environment), head)
    if not released:
        return Health(environment, "unknown", f"{environment} has no release yet")
    since = released[0].commit
    tried = repository.log_of(rollout_file(environment, "state.yaml"), head)
    if tried and repository.is_ancestor(since, tried[0].commit):
        # Praise for what ran before says nothing about the share that a candidate has since.
        since = tried[0].commit
    for commit in repository.first_parents(head, since, _COMMITS):
        for status in forge.statuses(commit):
            if status.context != context_of(environment):
                continue
            ahead = status.at - now
            if ahead > TOLERANCE:
                minutes = round(ahead.total_seconds() / 60)
                said = (
                    f"the status {status.context} on {commit[:12]} is dated {minutes} minutes in "
                    "the future; set the clocks of this machine and of Argo CD, then wait for the "
                    "next status"
                )
                return Health(environment, "unknown", said, commit, status.at)
            return Health(environment, status.state, status.description, commit, status.at)
    return Health(
        environment,
        "unknown",
        f"Argo CD has not reported {environment} since {since[:12]}, which changed what runs there "
        f"({overlay(environment)})",
    )
