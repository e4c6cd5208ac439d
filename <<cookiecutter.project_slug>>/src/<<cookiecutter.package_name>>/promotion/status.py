"""What runs where, since when and by whom, what waits and what differs: from git and the forge."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from .blocked import Blocked, find_blocked
from .context import Context
from .environments import Environment, window_open
from .findings import Health
from .forges import Forge, ForgeError, PullRequest, Status
from .health import health_of
from .overlay_settings import Difference, differences
from .places import overlay, release_file, rollout_file
from .release import ReleaseError, id_in
from .repository import Change
from .rollout_files import STATE, running
from .rollout_state import Rollout, RolloutError, parse_rollout

_HISTORY = 6
_AT_ONCE = 8
_COMMITS = 200


@dataclass(frozen=True)
class Deployment:
    """A release that an environment got (``None``: it lost the one it had), and by what commit."""

    release: str | None
    change: Change


@dataclass(frozen=True)
class Place:
    """One environment. ``history`` is newest first and begins with what runs now; ``trials`` are
    the changes of canaries and the like, newest first, without a release where one ended.

    ``offered`` is a release that the source has and that nobody has proposed here yet; ``trouble``
    says what is wrong with files of this environment.
    """

    environment: Environment
    release: str | None
    health: Health
    history: tuple[Deployment, ...] = ()
    rollout: Rollout | None = None
    trials: tuple[Deployment, ...] = ()
    waiting: tuple[PullRequest, ...] = ()
    offered: str | None = None
    blocked: Blocked | None = None
    window: tuple[bool, str] | None = None
    differs: tuple[Difference, ...] = ()
    trouble: str | None = None

    @property
    def name(self) -> str:
        return self.environment.name

    @property
    def since(self) -> Change | None:
        """The commit by which the present release came."""
        return self.history[0].change if self.release and self.history else None


@dataclass(frozen=True)
class Overview:
    """All environments at one commit of the default branch, seen at a time with time zone."""

    model: str
    branch: str
    commit: str
    at: datetime
    forge: str
    places: tuple[Place, ...]
    blocked: tuple[Blocked, ...] = ()
    trouble: str | None = None
    remote: str | None = field(default=None)


def look(context: Context) -> Overview:
    """Ask git, and the forge if it can be reached: without it the rest is still told.

    Raises ``GitError``, and ``EnvironmentsError`` or ``BlockedError`` for the files of all.
    """
    base, forge, trouble = context.base, context.forge, None
    pulls: list[PullRequest] = []
    try:
        pulls = forge.pull_requests()
    except ForgeError as error:
        trouble = str(error)
    commits = context.repository.first_parents(base.commit, most=_COMMITS)
    asked = None if trouble else _Asked(forge, commits)
    places = []
    for environment in base.environments.items:
        try:
            places.append(_place(context, environment, pulls, asked))
        except ForgeError as error:
            trouble, asked = str(error), None
            places.append(_place(context, environment, pulls, None))
    return Overview(
        model=context.settings.model_name,
        branch=context.branch,
        commit=base.commit,
        at=context.now,
        forge=forge.name,
        places=tuple(places),
        blocked=base.blocked,
        trouble=trouble,
        remote=context.repository.remote.place,
    )


class _Asked:
    """A forge's answers about commits, asked several at a time and each once."""

    def __init__(self, forge: Forge, commits: Sequence[str]) -> None:
        self._forge, self._commits = forge, commits
        self._known: dict[str, list[Status]] = {}

    def statuses(self, commit: str) -> list[Status]:
        if commit not in self._known:
            start = self._commits.index(commit) if commit in self._commits else None
            some = [commit] if start is None else self._commits[start : start + _AT_ONCE]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                self._known.update(zip(some, pool.map(self._forge.statuses, some), strict=True))
        return self._known[commit]


def _place(
    context: Context,
    environment: Environment,
    pulls: Sequence[PullRequest],
    asked: _Asked | None,
) -> Place:
    base, name, trouble = context.base, environment.name, None
    release = id_in(base.read(release_file(name)))
    rollout = None
    try:
        base.release(name)
        rollout = running(base, name)
    except (ReleaseError, RolloutError) as error:
        trouble = str(error)
    health = Health(name, "unknown", "the forge was not reached")
    if asked is not None:
        health = health_of(context.repository, asked, base.commit, name, context.now)
    waiting = tuple(pull for pull in pulls if pull.branch.split("/")[1:2] == [name])
    return Place(
        environment=environment,
        release=release,
        health=health,
        history=_history(context, release_file(name), id_in),
        rollout=rollout,
        trials=_history(context, rollout_file(name, STATE), _tried),
        waiting=waiting,
        offered=_offered(context, environment, release, rollout, waiting),
        blocked=find_blocked(base.blocked, release or ""),
        window=window_open(environment, context.now) if environment.window else None,
        differs=tuple(_differs(context, environment)),
        trouble=trouble,
    )


def _history(
    context: Context, path: str, read: Callable[[bytes | None], str | None]
) -> tuple[Deployment, ...]:
    repository = context.repository
    changes = repository.log_of(path, context.base.commit)[:_HISTORY]
    return tuple(Deployment(read(repository.read(c.commit, path)), c) for c in changes)


def _tried(state: bytes | None) -> str | None:
    """The release in the state of a rollout; None where it ended, or for a broken file."""
    try:
        return parse_rollout(state, STATE).release if state else None
    except RolloutError:
        return None


def _offered(
    context: Context,
    environment: Environment,
    release: str | None,
    rollout: Rollout | None,
    waiting: Sequence[PullRequest],
) -> str | None:
    if environment.source is None:
        return None
    found = id_in(context.base.read(release_file(environment.source)))
    known = {release, rollout.release if rollout else None}
    if found is None or found in known or find_blocked(context.base.blocked, found):
        return None
    return None if any(found in pull.branch for pull in waiting) else found


def _differs(context: Context, environment: Environment) -> list[Difference]:
    """Against the environment that releases come from."""
    if environment.source is None:
        return []
    here, there = (_own_files(context, name) for name in (environment.name, environment.source))
    return differences(environment.source, there, environment.name, here)


def _own_files(context: Context, name: str) -> dict[str, bytes]:
    """What belongs to the environment: neither its release nor what is rolled out."""
    folder = f"{overlay(name)}/"
    paths = context.repository.files(context.base.commit, overlay(name))
    skipped = (release_file(name), f"{folder}rollout/")
    own = [path for path in paths if not path.startswith(skipped)]
    return {path.removeprefix(folder): context.base.read(path) or b"" for path in own}
