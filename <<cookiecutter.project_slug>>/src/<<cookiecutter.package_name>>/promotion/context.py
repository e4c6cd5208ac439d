"""What every command needs: the repository, its forge, and what the default branch holds now."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property

from ..settings import Settings, load_settings
from . import git
from .findings import Finding, Health, Proposal
from .forges import Forge, choose
from .health import health_of
from .places import release_file
from .plans import Snapshot
from .repository import Repository


@dataclass(frozen=True)
class Context:
    """One look at one repository; ``now`` has a time zone."""

    settings: Settings
    repository: Repository
    forge: Forge
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def branch(self) -> str:
        """The default branch: what it holds is what is deployed."""
        return self.repository.default_branch()

    @cached_property
    def base(self) -> Snapshot:
        """The default branch as everybody sees it, fetched once."""
        return self.snapshot(self.repository.head(self.branch))

    @property
    def who(self) -> str:
        """The person or bot that runs the command, as git knows them."""
        return git.author(self.repository.root)

    def snapshot(self, commit: str) -> Snapshot:
        return Snapshot(commit, cache(self.repository.reader(commit)))

    def health(self, environment: str) -> Health:
        """What Argo CD last said about ``environment``."""
        return health_of(self.repository, self.forge, self.base.commit, environment, self.now)

    def earlier(self, environment: str) -> list[bytes]:
        """The release files that ``environment`` had before the present one, newest first."""
        path = release_file(environment)
        changes = self.repository.log_of(path, self.base.commit)
        found = [self.repository.read(change.commit, path) for change in changes]
        return [content for content in found[1:] if content is not None]

    def proposal(self, commit: str, base: Snapshot | None = None) -> Proposal:
        """The branch at ``commit`` against ``base`` (otherwise the default branch).

        Raises ``GitError`` if both have no history in common.
        """
        against = base or self.base
        parted = self.repository.merge_base(against.commit, commit)
        if parted is None:
            raise git.GitError(f"{commit[:12]} has no history in common with {self.branch}")
        return Proposal(
            base=against,
            head=self.snapshot(commit),
            paths=self.repository.changed_paths(parted, commit),
            moved=self.repository.changed_paths(parted, against.commit),
            health=self.health,
            earlier=self.earlier,
            trailers=self.repository.trailers(commit),
            now=self.now,
        )


def open_context() -> Context:
    """The context of this process: settings from the environment, the forge from the remote.

    Raises ``GitError`` or ``ForgeError``.
    """
    settings = load_settings()
    repository = Repository(settings.root)
    forge = choose(repository.root, repository.remote.url, settings.forge)
    return Context(settings, repository, forge)


def refused(findings: list[Finding]) -> list[Finding]:
    """Those that are not kept."""
    return [finding for finding in findings if not finding.ok]
