"""Forges: where pull requests and commit statuses are. GitHub, GitLab, or a repository alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from .addresses import parse_address

State = Literal["success", "failure", "pending"]
NAMES = ("github", "gitlab", "local")


class ForgeError(RuntimeError):
    """The forge cannot be reached or refuses; the message says what and the way out."""


@dataclass(frozen=True)
class PullRequest:
    """``head`` is the commit of ``branch``; ``state`` is open, merged or closed."""

    number: int
    url: str
    title: str
    body: str
    branch: str
    base: str
    head: str
    state: Literal["open", "merged", "closed"]
    labels: tuple[str, ...]
    author: str
    created_at: datetime


@dataclass(frozen=True)
class Status:
    """What somebody says about a commit, ``at`` a time with time zone."""

    context: str
    state: State
    description: str
    at: datetime


class Forge(Protocol):
    """What the commands need of a forge. Every method raises ``ForgeError`` or ``GitError``."""

    name: str

    def default_branch(self) -> str: ...

    def pull_requests(self, state: str = "open") -> list[PullRequest]:
        """Newest first; ``state`` is open, merged, closed or all."""
        ...

    def open(
        self, branch: str, base: str, title: str, body: str, labels: Sequence[str] = ()
    ) -> PullRequest:
        """Open a pull request; one of this branch that is open already is updated and returned."""
        ...

    def close(self, number: int, comment: str) -> None: ...

    def merge(self, number: int, head: str) -> PullRequest:
        """Merge now if that is allowed; else ask the forge to merge once its checks pass.

        Refused if the branch is no longer at ``head``: what was checked is what is merged.
        """
        ...

    def statuses(self, commit: str) -> list[Status]:
        """Newest first."""
        ...

    def set_status(self, commit: str, context: str, state: State, description: str) -> None: ...


def choose(root: Path, url: str | None, name: str | None = None) -> Forge:
    """The forge at the remote's address ``url``; ``name`` says which where that does not tell.

    Raises ``ForgeError`` for an address or a name that is not known.
    """
    known = name or _known(url)
    if known == "local":
        from .local import LocalForge

        return LocalForge(root)
    if url is None:
        raise ForgeError(f"the repository has no remote, so it is not on {known}; add one")
    if known == "github":
        from .github import GitHubForge

        return GitHubForge(root, url)
    if known == "gitlab":
        from .gitlab import GitLabForge

        return GitLabForge(root, url)
    raise ForgeError(f"there is no forge {known!r}; known: {', '.join(NAMES)}")


def _known(url: str | None) -> str:
    address = parse_address(url) if url else None
    if address is None:
        return "local"
    for name in ("github", "gitlab"):
        if name in address.host:
            return name
    raise ForgeError(
        f"the address does not tell which forge {address.host} is; say "
        f"PROMOTION_FORGE={'|'.join(NAMES)}, where local is a git server and nothing more"
    )
