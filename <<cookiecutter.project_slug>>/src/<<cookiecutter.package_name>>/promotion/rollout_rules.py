"""Whether a branch that starts, advances or ends a rollout may be merged.

The files of a rollout follow from its state, so the check makes them again and compares: a weight,
a route or a candidate that was edited by hand is found whatever it says.
"""

from collections.abc import Callable, Mapping

from .blocked import find_blocked
from .environments import Environment
from .findings import Finding, Proposal, Refused
from .health import TOLERANCE
from .hypothesis import HypothesisError
from .places import BLOCKED, release_file, rollout_file
from .plans import PlanError
from .release import Release, parse_release
from .rollout import plan_ab_winner, plan_canary_step, plan_finish
from .rollout_files import CANDIDATE, EMPTY, KUSTOMIZATION, NAMES, WEIGHTS, emptied, files_of
from .rollout_files import running as state_of
from .rollout_state import Rollout, RolloutError
from .shared_rules import (
    BROKEN,
    Rule,
    answers,
    enough_evidence,
    equals_source,
    in_window,
    is_fresh,
    not_blocked,
    only_paths,
    record_fits,
    source_is_healthy,
)
from .worth import value_is_kept

_UNUSABLE = (PlanError, RolloutError, HypothesisError)


def check_rollout(proposal: Proposal, environment: Environment) -> list[Finding]:
    """Every rule for a branch that changes ``rollout/`` of ``environment``, with its answer."""
    try:
        before = state_of(proposal.base, environment.name)
        after = state_of(proposal.head, environment.name)
        kind, rules = _rules(proposal, environment, before, after)
    except (*BROKEN, *_UNUSABLE) as error:
        return [Finding("rollout", False, str(error))]
    return [Finding("rollout", True, kind), *answers(_careful(rules))]


def _rules(
    proposal: Proposal, environment: Environment, before: Rollout | None, after: Rollout | None
) -> tuple[str, dict[str, Rule]]:
    if before is None and after is None:
        return "nothing is rolled out", {"files": lambda: _stays_empty(proposal, environment.name)}
    if before is None:
        return f"starts {after}", _start(proposal, environment, after)
    if after is not None:
        return f"advances {before}", _step(proposal, environment, before, after)
    if release_file(environment.name) in proposal.paths:
        return f"ends {before} with its release", _finish(proposal, environment, before)
    return f"takes {before} away", _abort(proposal, environment, before)


def _start(proposal: Proposal, environment: Environment, after: Rollout) -> dict[str, Rule]:
    name = environment.name
    path = rollout_file(name, CANDIDATE)
    release = parse_release(proposal.head.read(path) or b"", path)
    return {
        "files": lambda: only_paths(proposal, [rollout_file(name, item) for item in NAMES]),
        "made by the tool": lambda: _as_made(
            proposal,
            files_of(name, after, release.to_yaml(), proposal.base.environments.mesh),
        ),
        "state": lambda: _first_state(proposal, environment, after, release),
        "present release": lambda: _has_a_release(proposal, name, path),
        "source": lambda: equals_source(proposal, environment, release, path),
        "record": lambda: record_fits(proposal, release),
        "evidence": lambda: enough_evidence(proposal, environment, release),
        "expected value": lambda: value_is_kept(proposal, environment, release),
        "health": lambda: source_is_healthy(proposal, environment, release),
        "not blocked": lambda: not_blocked(proposal, release),
        "window": lambda: in_window(proposal, environment),
        "fresh": lambda: is_fresh(proposal, name),
    }


def _step(
    proposal: Proposal, environment: Environment, before: Rollout, after: Rollout
) -> dict[str, Rule]:
    name = environment.name
    return {
        "files": lambda: only_paths(proposal, [rollout_file(name, item) for item in WEIGHTS]),
        "one step": lambda: _one_step(proposal, name, before, after),
        "health": lambda: _is_healthy(proposal, name),
        "not blocked": lambda: not_blocked(proposal, _candidate(proposal, name)),
        "window": lambda: in_window(proposal, environment),
        "fresh": lambda: is_fresh(proposal, name),
    }


def _finish(proposal: Proposal, environment: Environment, before: Rollout) -> dict[str, Rule]:
    name = environment.name
    allowed = [release_file(name), *(rollout_file(name, item) for item in NAMES)]
    return {
        "files": lambda: only_paths(proposal, allowed),
        "made by the tool": lambda: _finished(proposal, name, before),
        "record": lambda: record_fits(proposal, _candidate(proposal, name)),
        "evidence": lambda: enough_evidence(proposal, environment, _candidate(proposal, name)),
        "health": lambda: _is_healthy(proposal, name),
        "not blocked": lambda: not_blocked(proposal, _candidate(proposal, name)),
        "window": lambda: in_window(proposal, environment),
        "fresh": lambda: is_fresh(proposal, name),
    }


def _abort(proposal: Proposal, environment: Environment, before: Rollout) -> dict[str, Rule]:
    name = environment.name
    allowed = [BLOCKED, *(rollout_file(name, item) for item in NAMES)]
    return {
        "files": lambda: only_paths(proposal, allowed),
        "made by the tool": lambda: _as_made(proposal, emptied(proposal.base, name)),
        "blocks": lambda: _blocks(proposal, before),
        "window": lambda: "traffic may go back to the present release at any time",
        "fresh": lambda: is_fresh(proposal, name),
    }


def _careful(rules: dict[str, Rule]) -> dict[str, Rule]:
    """Errors of a rollout's own files are findings too."""

    def asked(rule: Rule) -> Callable[[], str]:
        def answer() -> str:
            try:
                return rule()
            except _UNUSABLE as error:
                raise Refused(str(error)) from error

        return answer

    return {name: asked(rule) for name, rule in rules.items()}


def _as_made(proposal: Proposal, files: Mapping[str, bytes | None]) -> str:
    wrong = [path for path, content in files.items() if proposal.head.read(path) != content]
    if wrong:
        raise Refused(
            f"{', '.join(wrong)} is not what the tool writes for this state; run the command that "
            "opened the branch again and change nothing by hand"
        )
    return "every file follows from the state"


def _stays_empty(proposal: Proposal, name: str) -> str:
    expected: dict[str, bytes | None] = {rollout_file(name, item): None for item in NAMES}
    expected[rollout_file(name, KUSTOMIZATION)] = EMPTY
    unknown = [path for path in proposal.paths if path.startswith(f"{rollout_file(name, '')}")]
    others = [path for path in unknown if path not in expected and proposal.head.read(path)]
    if others:
        raise Refused(f"{', '.join(others)}: this folder is written by the commands only")
    return _as_made(proposal, expected)


def _first_state(
    proposal: Proposal, environment: Environment, after: Rollout, release: Release
) -> str:
    steps = proposal.base.environments.canary_steps
    wrong = []
    if after.release != release.id:
        wrong.append(f"release {after.release} is not the candidate {release.id}")
    if after.source != environment.source:
        wrong.append(f"source {after.source} is not {environment.source}")
    if after.kind == "canary" and (after.steps, after.step) != (steps, 1):
        wrong.append(f"steps {list(after.steps)} at {after.step} are not {list(steps)} at 1")
    if after.started_at > proposal.now + TOLERANCE:
        wrong.append(f"started_at {after.started_at:%Y-%m-%d %H:%M} UTC is in the future")
    if wrong:
        raise Refused("; ".join(wrong))
    if after.hypothesis is None:
        return f"{after.weight} % at the start"
    needed = after.hypothesis.needed()
    return f"needs {' and '.join(f'{count:,} units of {name}' for name, count in needed.items())}"


def _has_a_release(proposal: Proposal, name: str, path: str) -> str:
    present = proposal.base.release(name)
    if present is None:
        raise Refused(f"{name} runs nothing yet; promote directly")
    if proposal.head.read(path) == proposal.base.read(release_file(name)):
        raise Refused(f"{name} runs {present.id} already")
    return f"{name} runs {present.id}"


def _one_step(proposal: Proposal, name: str, before: Rollout, after: Rollout) -> str:
    said = _as_made(proposal, plan_canary_step(proposal.base, name).files)
    return f"from {before.weight} to {after.weight} %; {said}"


def _finished(proposal: Proposal, name: str, before: Rollout) -> str:
    if before.kind == "shadow":
        raise Refused("a shadow answers nobody, so it proves too little; stop it and promote")
    if before.kind == "canary":
        return _as_made(proposal, plan_finish(proposal.base, name).files)
    return _as_made(proposal, plan_ab_winner(proposal.base, name, "").files)


def _is_healthy(proposal: Proposal, name: str) -> str:
    health = proposal.health(name)
    if health.state != "success":
        raise Refused(
            f"{name} is not known to be healthy with the rollout as it is ({health.state}): "
            f"{health.description}"
        )
    return f"{name} is healthy at {(health.commit or '')[:12]}: {health.description}"


def _blocks(proposal: Proposal, before: Rollout) -> str:
    old, new = proposal.base.blocked, proposal.head.blocked
    added = [entry.release for entry in new if entry not in old]
    if new[: len(old)] != old or added not in ([], [before.release]):
        raise Refused(f"{BLOCKED} may gain an entry for {before.release} and nothing else")
    if find_blocked(new, before.release) is None:
        if before.kind == "canary":
            raise Refused(f"an aborted canary is blocked: {BLOCKED} lacks {before.release}")
        return f"{before.release} may be promoted later"
    return f"{before.release} is blocked from now on"


def _candidate(proposal: Proposal, name: str) -> Release:
    path = rollout_file(name, CANDIDATE)
    return parse_release(proposal.base.read(path) or b"", path)
