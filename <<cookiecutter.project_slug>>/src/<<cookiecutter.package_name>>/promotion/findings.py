"""What the rules look at and what they answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .places import record_file
from .plans import Snapshot
from .record import Record


@dataclass(frozen=True)
class Finding:
    """One rule's answer: its name, whether it is kept, and why in words."""

    rule: str
    ok: bool
    message: str

    def __str__(self) -> str:
        return f"  [{'ok' if self.ok else 'refused':>7}] {self.rule}: {self.message}"


@dataclass(frozen=True)
class Health:
    """What Argo CD last said about the release that ``environment`` runs at the base.

    ``state`` is unknown if it said nothing, or if what it said cannot be believed.
    """

    environment: str
    state: Literal["success", "failure", "pending", "unknown"]
    description: str
    commit: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Proposal:
    """A branch that somebody wants to merge.

    ``base`` is the head of the default branch, ``head`` that of the branch. ``paths`` is what the
    branch changes since both parted, ``moved`` what the default branch changed since then.
    ``health`` maps an environment to its health; ``earlier`` to the release files that it had
    before the present one, newest first (both are asked only where a rule needs them).
    """

    base: Snapshot
    head: Snapshot
    paths: tuple[str, ...]
    moved: tuple[str, ...]
    health: Callable[[str], Health]
    earlier: Callable[[str], list[bytes]]
    trailers: Mapping[str, str]
    now: datetime

    def record(self, release: str) -> Record | None:
        """The evidence as it will be after the merge: a load test may be added to it meanwhile."""
        if record_file(release) in self.paths:
            return self.head.record(release)
        return self.base.record(release) or self.head.record(release)


class Refused(ValueError):
    """A rule is not kept; the message says why and the way out."""
