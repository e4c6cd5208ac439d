"""Canary, A/B test and shadow as commits: what each step changes, as plain data.

All start alike: the release of the environment below runs beside the present one. They end in one
of two ways: the candidate becomes the environment's release, or it goes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from .blocked import Blocked, add_blocked, find_blocked, refuse_blocked
from .hypothesis import Hypothesis
from .places import BLOCKED, release_file, rollout_file
from .plans import NothingToDo, Plan, PlanError, Snapshot, message
from .release import Release
from .rollout_files import CANDIDATE, changed, emptied, files_of, running
from .rollout_state import MESHES, ONE, WORDS, Kind, Rollout, Sticky


def plan_canary_start(snapshot: Snapshot, target: str, now: datetime) -> Plan:
    """Give the release of the environment below the first share of ``target``'s traffic.

    Raises ``PlanError``, ``EnvironmentsError``, ``ReleaseError`` or ``BlockedError``;
    ``NothingToDo`` if this canary runs, or ``target`` runs the release already.
    """
    release = _candidate(snapshot, target, "canary")
    steps = snapshot.environments.canary_steps
    source = snapshot.environments.get(target).source or ""
    canary = Rollout("canary", release.id, source, now, steps=steps, step=1)
    return _start(snapshot, target, canary)


def plan_ab_start(
    snapshot: Snapshot, target: str, hypothesis: Hypothesis, sticky: Sticky, now: datetime
) -> Plan:
    """Split ``target``'s callers between the present release and that of the environment below.

    The hypothesis is committed with it, so what is tested cannot follow from what was seen.
    Errors as ``plan_canary_start``, and ``HypothesisError`` for a test that cannot be reached.
    """
    release = _candidate(snapshot, target, "ab-test")
    needed = hypothesis.needed()
    source = snapshot.environments.get(target).source or ""
    test = Rollout("ab-test", release.id, source, now, sticky=sticky, hypothesis=hypothesis)
    units = " and ".join(f"{count:,} units of {variant}" for variant, count in needed.items())
    return _start(
        snapshot,
        target,
        test,
        f"{hypothesis.outcome}: {hypothesis.test}, {hypothesis.minimum_effect:g} or more is worth "
        f"a change, alpha {hypothesis.alpha:g}, power {hypothesis.power:g}; needs {units}.",
    )


def plan_shadow_start(snapshot: Snapshot, target: str, share: int, now: datetime) -> Plan:
    """Send copies of ``share`` percent of ``target``'s requests to the release from below.

    Errors as ``plan_canary_start``.
    """
    if not 1 <= share <= 100:
        raise PlanError(f"a shadow gets from 1 to 100 percent of the requests, not {share}")
    release = _candidate(snapshot, target, "shadow")
    source = snapshot.environments.get(target).source or ""
    shadow = Rollout("shadow", release.id, source, now, share=share)
    return _start(snapshot, target, shadow, "Its answers are thrown away; nobody sees them.")


def plan_canary_step(snapshot: Snapshot, target: str) -> Plan:
    """Raise the canary's weight by one step; only weights change, so no pod restarts.

    Equal whenever it is asked for until it is merged. Raises ``PlanError``, also at the last step.
    """
    canary = _running(snapshot, target, "canary")
    refuse_blocked(snapshot.blocked, canary.release)
    if canary.is_last:
        raise PlanError(
            f"{canary} has all of the traffic of {target}; "
            f"`make canary-finish ENV={target}` makes it the release"
        )
    after = replace(canary, step=canary.step + 1)
    files = changed(snapshot, files_of(target, after, _bytes(snapshot, target), _mesh(snapshot)))
    title = f"Canary of {after.release} in {target} from {canary.weight} to {after.weight} %"
    body = f"Step {after.step} of {len(after.steps)}. Only weights change; no pod restarts."
    branch = f"canary/{target}/{after.release}-{after.weight}"
    return _plan(branch, title, body, files, "canary", target, after, weight=f"{after.weight}")


def plan_finish(snapshot: Snapshot, target: str) -> Plan:
    """Make a canary that has all of the traffic the release of ``target``.

    Raises ``PlanError`` before the last step, and if no canary runs.
    """
    canary = _running(snapshot, target, "canary")
    if not canary.is_last:
        raise PlanError(
            f"{canary} has not all of the traffic of {target} yet; "
            f"`make canary-step ENV={target}` goes on"
        )
    return _finish(snapshot, target, canary, f"Finish the canary of {canary.release} in {target}")


def plan_abort(
    snapshot: Snapshot,
    target: str,
    reason: str,
    by: str,
    now: datetime,
    details: str = "",
    automatic: bool = False,
) -> Plan:
    """Take the canary away and block its release, with ``reason`` in one line.

    A canary failed if it is aborted; a shadow or an A/B test that is stopped has proven nothing
    and is not blocked (``plan_stop``). Raises ``PlanError``; ``NothingToDo`` without a rollout.
    """
    if not reason.strip():
        raise PlanError("an abort needs a reason: it is kept in gitops/blocked.yaml")
    rollout = running(snapshot, target)
    if rollout is None:
        raise NothingToDo(f"nothing is rolled out in {target}")
    line = " ".join(reason.split())
    files = emptied(snapshot, target)
    if find_blocked(snapshot.blocked, rollout.release) is None:
        since = now.astimezone(UTC).isoformat("T", "seconds")
        entry = Blocked(rollout.release, line, since, by)
        files[BLOCKED] = add_blocked(snapshot.read(BLOCKED), entry, BLOCKED)
    title = f"Abort the {WORDS[rollout.kind]} of {rollout.release} in {target}"
    body = f"Reason: {line}\n\n{details}" if details else f"Reason: {line}"
    branch = f"abort/{target}/{rollout.release}"
    more = {"automatic": "true"} if automatic else {}
    labels = ["automatic-rollback"] if automatic else []
    return _plan(branch, title, body, files, "abort", target, rollout, labels, **more)


def plan_stop(snapshot: Snapshot, target: str, why: str) -> Plan:
    """Take a shadow or an A/B test away; the release is not blocked.

    Raises ``NothingToDo`` without one, ``PlanError`` for a canary.
    """
    rollout = running(snapshot, target)
    if rollout is None:
        raise NothingToDo(f"nothing is rolled out in {target}")
    if rollout.kind == "canary":
        raise PlanError(f"{rollout} runs in {target}; finish it, or abort it with a reason")
    title = f"Stop the {WORDS[rollout.kind]} of {rollout.release} in {target}"
    kind = "ab" if rollout.kind == "ab-test" else "shadow"
    branch = f"{kind}/{target}/{rollout.release}-stop"
    return _plan(branch, title, why, emptied(snapshot, target), kind, target, rollout)


def plan_ab_winner(snapshot: Snapshot, target: str, report: str) -> Plan:
    """Make the challenger of an A/B test the release of ``target``. Raises ``PlanError``."""
    test = _running(snapshot, target, "ab-test")
    refuse_blocked(snapshot.blocked, test.release)
    title = f"Challenger {test.release} wins the A/B test in {target}"
    return _finish(snapshot, target, test, title, report)


def _finish(snapshot: Snapshot, target: str, rollout: Rollout, title: str, body: str = "") -> Plan:
    refuse_blocked(snapshot.blocked, rollout.release)
    files = {release_file(target): _bytes(snapshot, target), **emptied(snapshot, target)}
    branch = f"finish/{target}/{rollout.release}"
    return _plan(branch, title, body, files, "finish", target, rollout)


def _start(snapshot: Snapshot, target: str, rollout: Rollout, body: str = "") -> Plan:
    content = snapshot.read(release_file(rollout.source)) or b""
    files = changed(snapshot, files_of(target, rollout, content, _mesh(snapshot)))
    present = snapshot.release(target)
    title = f"Start {str(rollout).partition(' (')[0]} in {target}"
    text = f"{target} runs {present.id if present else 'nothing'}. {body}".strip()
    folder = {"canary": "canary", "ab-test": "ab", "shadow": "shadow"}[rollout.kind]
    suffix = f"-{rollout.weight}" if rollout.kind == "canary" else ""
    branch = f"{folder}/{target}/{rollout.release}{suffix}"
    return _plan(branch, title, text, files, folder, target, rollout, weight=f"{rollout.weight}")


def _candidate(snapshot: Snapshot, target: str, kind: Kind) -> Release:
    """The release that can be tried in ``target``, or why there is none."""
    environment = snapshot.environments.get(target)
    if environment.source is None:
        raise PlanError(f"{target} is the first environment: nothing comes from below")
    if _mesh(snapshot) not in MESHES[kind]:
        raise PlanError(
            f"{ONE[kind]} needs {' or '.join(MESHES[kind])}, and gitops/environments.yaml says "
            f"mesh: {_mesh(snapshot)}; promote directly with `make promote TO={target}`"
        )
    release = snapshot.release(environment.source)
    if release is None:
        raise PlanError(f"{environment.source} has no release yet, so there is nothing to try")
    present = running(snapshot, target)
    if present is not None:
        said = f"{present} runs in {target} already"
        if (present.kind, present.release) == (kind, release.id):
            raise NothingToDo(said)
        raise PlanError(f"{said}; finish or abort it first")
    if snapshot.read(release_file(target)) is None:
        raise PlanError(
            f"{target} runs nothing yet, so there is nothing to share traffic with; promote "
            f"directly with `make promote TO={target}`"
        )
    if snapshot.read(release_file(target)) == snapshot.read(release_file(environment.source)):
        raise NothingToDo(f"{target} runs release {release.id} already")
    refuse_blocked(snapshot.blocked, release.id)
    return release


def _running(snapshot: Snapshot, target: str, kind: Kind) -> Rollout:
    """The rollout of ``target``, which must be of this kind."""
    snapshot.environments.get(target)
    rollout = running(snapshot, target)
    if rollout is None:
        raise PlanError(f"no {WORDS[kind]} runs in {target}")
    if rollout.kind != kind:
        raise PlanError(f"{rollout} runs in {target}, not {ONE[kind]}")
    return rollout


def _bytes(snapshot: Snapshot, target: str) -> bytes:
    """The candidate's release file, which belongs to the state."""
    path = rollout_file(target, CANDIDATE)
    content = snapshot.read(path)
    if content is None:
        raise PlanError(f"{path} is missing although a rollout runs; restore it from git")
    return content


def _mesh(snapshot: Snapshot) -> str:
    return snapshot.environments.mesh


def _plan(
    branch: str,
    title: str,
    body: str,
    files: dict[str, bytes | None],
    kind: str,
    target: str,
    rollout: Rollout,
    labels: Sequence[str] = (),
    **trailers: str,
) -> Plan:
    text = message(title, body, kind, target, rollout.release, **trailers)
    tags = (kind, f"environment/{target}", *labels)
    return Plan(branch, title, text, files, tags, kind, target, rollout.release)
