"""Whether a branch may be merged: every rule answers, so that a person sees all of them at once."""

from importlib import import_module

from .blocked import find_blocked
from .environments import Environment
from .findings import Finding, Proposal, Refused
from .places import (
    BLOCKED,
    environment_of_release,
    environment_of_rollout,
    is_record,
    record_file,
    release_file,
)
from .record import complete, parse_record
from .release import Release, id_in, parse_release
from .shared_rules import (
    BROKEN,
    Rule,
    answers,
    enough_evidence,
    equals_source,
    in_window,
    is_fresh,
    no_rollout,
    not_blocked,
    only_paths,
    record_fits,
    source_is_healthy,
)
from .worth import value_is_kept


def check(proposal: Proposal) -> list[Finding]:
    """Every rule that concerns the branch, with its answer.

    A branch that changes no release and no rollout is none of our business and passes; only that
    evidence is not rewritten is asked of every branch.
    """
    released = {name for path in proposal.paths if (name := environment_of_release(path))}
    rolling = {name for path in proposal.paths if (name := environment_of_rollout(path))}
    touched = sorted(released | rolling)
    findings = answers({"evidence is kept": lambda: _records_kept(proposal)})
    if not touched:
        return [*findings, Finding("kind", True, "not a promotion")]
    if len(touched) > 1:
        said = f"{', '.join(touched)} at once; a promotion is about one environment"
        return [*findings, Finding("one environment", False, f"the branch changes {said}")]
    try:
        environment = proposal.base.environments.get(touched[0])
    except BROKEN as error:
        return [*findings, Finding("environment", False, str(error))]
    if rolling:
        # Loaded when there is one: canaries and A/B tests have rules of their own.
        rollouts = import_module(".rollout_rules", __package__)
        return findings + rollouts.check_rollout(proposal, environment)
    return findings + _check_release(proposal, environment)


def _check_release(proposal: Proposal, environment: Environment) -> list[Finding]:
    path = release_file(environment.name)
    try:
        content = proposal.head.read(path)
        if content is None:
            raise Refused(
                f"{path} is removed; to empty an environment, an administrator of the cluster "
                "deletes its Application"
            )
        release = parse_release(content, path)
    except BROKEN as error:
        return [Finding("release", False, str(error))]
    whole = Finding("release", True, f"{release.id} is whole and immutable")
    if is_rollback(proposal, environment.name):
        return [whole, *answers(_rollback(proposal, environment, release))]
    return [whole, *answers(_promotion(proposal, environment, release))]


def is_rollback(proposal: Proposal, environment: str) -> bool:
    """Whether the branch goes back: it blocks what it leaves, or leaves what is blocked."""
    left = id_in(proposal.base.read(release_file(environment)))
    if BLOCKED in proposal.paths:
        return True
    try:
        blocked = find_blocked(proposal.base.blocked, left or "") is not None
    except BROKEN:
        return False
    return blocked and proposal.head.read(release_file(environment)) in proposal.earlier(
        environment
    )


def _promotion(proposal: Proposal, environment: Environment, release: Release) -> dict[str, Rule]:
    name, path = environment.name, release_file(environment.name)
    allowed = [path] + ([record_file(release.id)] if not environment.source else [])
    return {
        "files": lambda: only_paths(proposal, allowed),
        "new": lambda: _differs(proposal, name, release),
        "source": lambda: equals_source(proposal, environment, release, path),
        "record": lambda: record_fits(proposal, release),
        "evidence": lambda: enough_evidence(proposal, environment, release),
        "expected value": lambda: value_is_kept(proposal, environment, release),
        "health": lambda: source_is_healthy(proposal, environment, release),
        "not blocked": lambda: not_blocked(proposal, release),
        "no rollout": lambda: no_rollout(proposal, name),
        "strategy": lambda: _strategy(proposal, environment),
        "window": lambda: in_window(proposal, environment),
        "fresh": lambda: is_fresh(proposal, name),
    }


def _rollback(proposal: Proposal, environment: Environment, release: Release) -> dict[str, Rule]:
    name = environment.name
    return {
        "files": lambda: only_paths(proposal, [release_file(name), BLOCKED]),
        "earlier": lambda: _ran_before(proposal, name, release),
        "blocks": lambda: _blocks_what_it_leaves(proposal, name),
        "not blocked": lambda: not_blocked(proposal, release),
        "no rollout": lambda: no_rollout(proposal, name),
        "window": lambda: "a rollback may be merged at any time",
        "fresh": lambda: is_fresh(proposal, name),
    }


def _differs(proposal: Proposal, environment: str, release: Release) -> str:
    before = id_in(proposal.base.read(release_file(environment)))
    if before == release.id:
        raise Refused(f"{environment} runs {release.id} already")
    return f"{environment} runs {before or 'nothing'} until now"


def _strategy(proposal: Proposal, environment: Environment) -> str:
    first = proposal.base.read(release_file(environment.name)) is None
    if environment.strategy != "direct" and not first:
        raise Refused(
            f"{environment.name} takes a new release as a canary; "
            f"`make promote TO={environment.name}` starts one"
        )
    return "the first release is deployed at once" if first else environment.strategy


def _ran_before(proposal: Proposal, environment: str, release: Release) -> str:
    if proposal.head.read(release_file(environment)) not in proposal.earlier(environment):
        raise Refused(f"{environment} never ran {release.id} with exactly this file")
    return f"{environment} ran {release.id} before"


def _blocks_what_it_leaves(proposal: Proposal, environment: str) -> str:
    left = id_in(proposal.base.read(release_file(environment))) or ""
    before, after = proposal.base.blocked, proposal.head.blocked
    added = [entry.release for entry in after if entry not in before]
    expected = [] if find_blocked(before, left) else [left]
    if after[: len(before)] != before or added != expected:
        raise Refused(f"{BLOCKED} must gain an entry for {left} and stay as it is otherwise")
    return f"{left} is blocked from now on"


def _records_kept(proposal: Proposal) -> str:
    """A record changes only by getting the load test that it lacked."""
    records = [path for path in proposal.paths if is_record(path)]
    for path in records:
        before, after = proposal.base.read(path), proposal.head.read(path)
        if after is None:
            raise Refused(f"{path} is removed; evidence is kept for as long as git lives")
        new = parse_record(after, path)
        if path != record_file(new.release):
            raise Refused(f"{path} holds the record of {new.release}")
        if before is not None and complete(parse_record(before, path), new) != new:
            raise Refused(f"{path} is changed; evidence is recorded once")
    return f"{len(records)} written" if records else "no record is touched"
