"""What to change, as plain data: nothing here reads or writes anything itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from .blocked import Blocked, add_blocked, find_blocked, parse_blocked, refuse_blocked
from .environments import Environments, EnvironmentsError, load_environments
from .places import BLOCKED, ENVIRONMENTS, record_file, release_file, rollout_file
from .record import Record, complete, parse_record
from .release import Release, ReleaseError, id_in, parse_release


class PlanError(ValueError):
    """What is asked for cannot be done as things stand; the message says what can."""


class NothingToDo(PlanError):
    """What is asked for is so already: a success, said in words."""


@dataclass(frozen=True)
class Plan:
    """One commit on one branch for one pull request; ``files`` maps a path to bytes or to None.

    ``kind`` is promotion, rollback, canary, abort, finish, ab or shadow; ``release`` the id that
    the branch is about (for a rollback: the one that is left).
    """

    branch: str
    title: str
    message: str
    files: dict[str, bytes | None]
    labels: tuple[str, ...]
    kind: str
    environment: str
    release: str


@dataclass(frozen=True)
class Snapshot:
    """The repository at one commit; ``read`` gives a file's bytes, or ``None`` without one.

    Reading a file that is broken raises the error of its own module, which names file and way out.
    """

    commit: str
    read: Callable[[str], bytes | None] = field(repr=False)

    @cached_property
    def environments(self) -> Environments:
        """Raises ``EnvironmentsError``."""
        content = self.read(ENVIRONMENTS)
        if content is None:
            raise EnvironmentsError(f"{ENVIRONMENTS} is missing at {self.commit[:12]}")
        return load_environments(content, ENVIRONMENTS)

    @cached_property
    def blocked(self) -> tuple[Blocked, ...]:
        """Raises ``BlockedError``."""
        return parse_blocked(self.read(BLOCKED), BLOCKED)

    def release(self, environment: str) -> Release | None:
        """What runs in ``environment``; ``None`` before its first release."""
        content = self.read(release_file(environment))
        return None if content is None else parse_release(content, release_file(environment))

    def record(self, release: str) -> Record | None:
        """The evidence of a release; ``None`` if there is none."""
        content = self.read(record_file(release))
        return None if content is None else parse_record(content, record_file(release))

    def rollout(self, environment: str) -> bytes | None:
        """State of a canary, A/B test or shadow under way; ``None`` if there is none."""
        return self.read(rollout_file(environment, "state.yaml"))


def plan_release(snapshot: Snapshot, release: Release, record: Record) -> Plan:
    """Bring a new release into the first environment, its record beside it.

    Raises ``BlockedError``, ``RecordError`` for evidence that contradicts what is recorded, and
    ``NothingToDo`` if the environment runs it and nothing new is known about it.
    """
    environment = snapshot.environments.first
    refuse_blocked(snapshot.blocked, release.id)
    known = snapshot.record(release.id)
    record = complete(known, record) if known else record
    files: dict[str, bytes | None] = {}
    if known != record:
        files[record_file(release.id)] = record.to_json()
    if snapshot.read(release_file(environment.name)) != release.to_yaml():
        _refuse_rollout(snapshot, environment.name)
        files[release_file(environment.name)] = release.to_yaml()
    if not files:
        raise NothingToDo(f"{environment.name} runs release {release.id} already")
    return _plan("promotion", snapshot, environment.name, release, files)


def plan_promotion(snapshot: Snapshot, target: str, wanted: str | None = None) -> Plan:
    """Copy the release of the environment below ``target`` to it.

    ``wanted`` is the id that is meant, refused if another one is there. Raises ``PlanError``,
    ``EnvironmentsError``, ``ReleaseError`` or ``BlockedError``; ``NothingToDo`` if it is there.
    """
    environment = snapshot.environments.get(target)
    if environment.source is None:
        raise PlanError(f"{target} is the first environment; `make release` brings releases there")
    release = snapshot.release(environment.source)
    if release is None:
        raise PlanError(
            f"{environment.source} has no release yet, and {target} takes its releases from there"
        )
    if wanted not in (None, release.id):
        raise PlanError(
            f"{environment.source} runs {release.id} and not {wanted}; {target} takes its releases "
            f"from {environment.source} only"
        )
    refuse_blocked(snapshot.blocked, release.id)
    # A broken file in the target is replaced by this one, so it is compared and not parsed.
    if snapshot.read(release_file(target)) == release.to_yaml():
        raise NothingToDo(f"{target} runs release {release.id} already")
    _refuse_rollout(snapshot, target)
    files = {release_file(target): snapshot.read(release_file(environment.source))}
    return _plan("promotion", snapshot, target, release, files)


def plan_rollback(
    snapshot: Snapshot,
    target: str,
    earlier: Sequence[bytes],
    to: str | None,
    reason: str,
    by: str,
    now: datetime,
    automatic: bool = False,
) -> Plan:
    """Restore an earlier release of ``target`` and block the one that is left.

    ``earlier`` are the release files that the environment had, newest first; ``to`` is the id to
    go back to, otherwise the newest that is whole and not blocked. Raises ``PlanError``,
    ``EnvironmentsError`` or ``BlockedError``.
    """
    snapshot.environments.get(target)
    present = snapshot.read(release_file(target))
    left = id_in(present)
    if left is None:
        raise PlanError(f"{target} has no release, so there is nothing to roll back")
    if not reason.strip():
        raise PlanError("a rollback needs a reason: it is kept in gitops/blocked.yaml")
    _refuse_rollout(snapshot, target)
    chosen, content = _choose_earlier(snapshot, target, earlier, left, to)
    entry = Blocked(
        left, " ".join(reason.split()), now.astimezone(UTC).isoformat("T", "seconds"), by
    )
    listed = snapshot.read(BLOCKED)
    files: dict[str, bytes | None] = {release_file(target): content}
    if find_blocked(snapshot.blocked, left) is None:
        files[BLOCKED] = add_blocked(listed, entry, BLOCKED)
    title = f"Roll {target} back from {left} to {chosen.id}"
    more = {"to": chosen.id, **({"automatic": "true"} if automatic else {})}
    text = message(title, f"Reason: {reason}", "rollback", target, left, **more)
    labels = ("rollback", f"environment/{target}", *(["automatic-rollback"] if automatic else []))
    return Plan(f"rollback/{target}/{left}", title, text, files, labels, "rollback", target, left)


def _choose_earlier(
    snapshot: Snapshot, target: str, earlier: Sequence[bytes], left: str, to: str | None
) -> tuple[Release, bytes]:
    known = {id_in(content): content for content in reversed(earlier)}
    if to is not None:
        if to == left:
            raise NothingToDo(f"{target} runs release {to} already")
        if to not in known:
            ids = ", ".join(name for name in reversed(known) if name not in (None, left))
            raise PlanError(f"{target} never ran {to}; it can go back to {ids or 'nothing'}")
        refuse_blocked(snapshot.blocked, to)
        return parse_release(known[to], f"{release_file(target)} of {to}"), known[to]
    for content in earlier:
        try:
            release = parse_release(content, release_file(target))
        except ReleaseError:
            continue
        if release.id != left and find_blocked(snapshot.blocked, release.id) is None:
            return release, content
    raise PlanError(
        f"{target} has no earlier release that is not blocked, so there is nothing to roll back to;"
        " promote a good one instead"
    )


def _refuse_rollout(snapshot: Snapshot, environment: str) -> None:
    if snapshot.rollout(environment) is not None:
        raise PlanError(
            f"{environment} has a rollout under way; end it first: `make canary-finish` or "
            f"`make canary-abort ENV={environment}`, or `make ab-decide` for an A/B test"
        )


def _plan(
    kind: str,
    snapshot: Snapshot,
    environment: str,
    release: Release,
    files: dict[str, bytes | None],
) -> Plan:
    before = id_in(snapshot.read(release_file(environment)))
    title = f"Promote {release.id} to {environment}"
    body = f"{environment} runs {before}." if before else f"The first release of {environment}."
    if release_file(environment) not in files:
        title, body = f"Add evidence to {release.id}", "A load test that its record lacked."
    text = message(title, body, kind, environment, release.id)
    labels = (kind, f"environment/{environment}")
    branch = f"promote/{environment}/{release.id}"
    return Plan(branch, title, text, files, labels, kind, environment, release.id)


def message(title: str, body: str, kind: str, environment: str, release: str, **more: str) -> str:
    """A commit message with the trailers by which every later command knows what a commit did."""
    trailers = {"Release": release, "Environment": environment, "Promotion-Kind": kind}
    trailers |= {key.replace("_", "-").capitalize(): value for key, value in more.items()}
    lines = "".join(f"{key}: {' '.join(value.split())}\n" for key, value in trailers.items())
    return f"{title}\n\n{body.strip()}\n\n{lines}" if body.strip() else f"{title}\n\n{lines}"
