"""What may be merged: every kind of rollout branch as the tool makes it, and as it must not be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rollout_world import NEW, NOW, OLD, ROLLOUT, World, after, release

from <<cookiecutter.package_name>>.promotion.blocked import Blocked, add_blocked
from <<cookiecutter.package_name>>.promotion.findings import Health
from <<cookiecutter.package_name>>.promotion.hypothesis import Hypothesis
from <<cookiecutter.package_name>>.promotion.rollout import (
    plan_ab_start,
    plan_ab_winner,
    plan_abort,
    plan_canary_start,
    plan_canary_step,
    plan_finish,
    plan_shadow_start,
    plan_stop,
)
from <<cookiecutter.package_name>>.promotion.rollout_files import files_of, running
from <<cookiecutter.package_name>>.promotion.rollout_state import Sticky
from <<cookiecutter.package_name>>.promotion.rules import check

RELEASE = "gitops/overlays/prod/release.yaml"
BLOCKED = "gitops/blocked.yaml"
QUESTION = Hypothesis("paid", 0.2, 0.1)


def at(step: int, **settings) -> World:
    """A world whose canary in prod stands at this step; 0 for none."""
    world = World(**settings)
    if step:
        world.merge(plan_canary_start(world.base, "prod", NOW))
    for _ in range(step - 1):
        world.merge(plan_canary_step(world.base, "prod"))
    return world


def compared() -> World:
    world = World()
    world.merge(plan_ab_start(world.base, "prod", QUESTION, Sticky("variant-1"), NOW))
    return world


def shadowing() -> World:
    world = World()
    world.merge(plan_shadow_start(world.base, "prod", 50, NOW))
    return world


def start(world):
    return plan_canary_start(world.base, "prod", NOW)


def step(world):
    return plan_canary_step(world.base, "prod")


def finish(world):
    return plan_finish(world.base, "prod")


def abort(world):
    return plan_abort(world.base, "prod", "error ratio 0.3", "ci", NOW)


def ab_start(world):
    return plan_ab_start(world.base, "prod", QUESTION, Sticky("variant-1"), NOW)


def refused(findings):
    return {finding.rule: finding.message for finding in findings if not finding.ok}


def only(findings, rule):
    """The message of the one rule that is not kept."""
    found = refused(findings)
    assert list(found) == [rule], found
    return found[rule]


# As the tool makes them


@pytest.mark.parametrize(
    "make",
    [
        lambda: (at(0), start),
        lambda: (at(0, mesh="linkerd"), start),
        lambda: (at(1), step),
        lambda: (at(1, mesh="linkerd"), step),
        lambda: (at(3), step),
        lambda: (at(4), finish),
        lambda: (at(1), abort),
        lambda: (at(4), abort),
        lambda: (
            at(0),
            lambda w: plan_ab_start(w.base, "prod", QUESTION, Sticky("variant-1"), NOW),
        ),
        lambda: (compared(), lambda w: plan_ab_winner(w.base, "prod", "won")),
        lambda: (compared(), lambda w: plan_stop(w.base, "prod", "lost")),
        lambda: (compared(), abort),
        lambda: (at(0), lambda w: plan_shadow_start(w.base, "prod", 50, NOW)),
        lambda: (shadowing(), lambda w: plan_stop(w.base, "prod", "seen")),
    ],
)
def test_what_the_tool_makes_may_be_merged(make):
    world, plan = make()
    findings = check(world.proposal(plan(world)))
    assert refused(findings) == {}
    assert len(findings) > 4


def test_the_kind_is_said():
    def kind(world, plan):
        return next(f.message for f in check(world.proposal(plan)) if f.rule == "rollout")

    assert kind(at(0), start(at(0))) == f"starts a canary of {NEW.id}, 5 % (step 1 of 4)"
    assert kind(at(1), step(at(1))).startswith("advances a canary")
    assert kind(at(4), finish(at(4))).startswith("ends a canary")
    assert kind(at(2), abort(at(2))).startswith("takes a canary")


# A start


def test_a_start_with_a_larger_share_than_the_first():
    world = at(0)
    plan = start(world)
    ahead = replace(running(after_of(world, plan), "prod"), step=3)
    made = files_of("prod", ahead, NEW.to_yaml(), "istio")
    files = plan.files | {path: content for path, content in made.items() if content}
    assert "are not [5, 25, 50, 100] at 1" in only(check(world.proposal(files)), "state")


def after_of(world, plan):
    return replace(world, files=after(world.files, plan.files)).base


@pytest.mark.parametrize(
    "name", ["traffic.yaml", "kustomization.yaml", "candidate/kustomization.yaml"]
)
def test_a_file_that_was_edited_by_hand(name):
    world = at(0)
    plan = start(world)
    path = f"{ROLLOUT}{name}"
    edited = plan.files[path].replace(b"value: 5", b"value: 60") + b"# by hand\n"
    message = only(check(world.proposal(plan.files | {path: edited})), "made by the tool")
    assert path in message and "change nothing by hand" in message


def test_a_candidate_that_the_environment_below_does_not_run():
    world = at(0)
    plan = start(world)
    world.files["gitops/overlays/staging/release.yaml"] = release("v9").to_yaml()
    found = refused(check(world.proposal(plan)))
    assert "staging, the environment before, runs" in found["source"]


def test_a_candidate_that_is_broken():
    world = at(0)
    plan = start(world)
    path = f"{ROLLOUT}candidate/release.yaml"
    broken = plan.files[path].replace(b"run-v8", b"run-v9")
    (finding,) = [f for f in check(world.proposal(plan.files | {path: broken})) if not f.ok]
    assert finding.rule == "rollout" and "something was changed by hand" in finding.message


def test_a_state_of_another_release_and_source():
    world = at(0)
    plan = start(world)
    state = running(after_of(world, plan), "prod")
    other = replace(
        state, release="v9-0", source="dev", started_at=NOW + timedelta(hours=1), step=1
    )
    made = files_of("prod", other, NEW.to_yaml(), "istio")
    files = plan.files | {path: content for path, content in made.items() if content}
    message = only(check(world.proposal(files)), "state")
    assert "release v9-0 is not the candidate" in message
    assert "source dev is not staging" in message
    assert "started_at 2026-11-24 10:30 UTC is in the future" in message


def test_a_start_in_an_empty_environment():
    world = at(0)
    plan = start(world)
    del world.files[RELEASE]
    message = refused(check(world.proposal(plan)))["present release"]
    assert "runs nothing yet; promote directly" in message


def test_a_start_of_what_runs_already():
    world = at(0)
    plan = start(world)
    world.files[RELEASE] = NEW.to_yaml()
    message = refused(check(world.proposal(plan)))["present release"]
    assert f"prod runs {NEW.id} already" in message


@pytest.mark.parametrize(
    "spoil, rule",
    [
        (lambda world: world.block(NEW), "not blocked"),
        (lambda world: world.later(hours=10), "window"),
        (lambda world: setattr(world, "health", "failure"), "health"),
        (lambda world: world.files.pop(f"gitops/releases/{NEW.id}.json"), "record"),
    ],
)
def test_what_holds_a_start_back(spoil, rule):
    world = at(0)
    plan = start(world)
    spoil(world)
    assert rule in refused(check(world.proposal(plan)))


def test_a_start_that_changes_something_else_too():
    world = at(0)
    files = start(world).files | {"gitops/overlays/prod/settings/scaling.yaml": b"replicas: 9\n"}
    assert "scaling.yaml" in only(check(world.proposal(files)), "files")


def test_a_branch_that_is_stale():
    world = at(0)
    proposal = world.proposal(start(world), moved=(RELEASE,))
    assert "changed since the branch was made" in only(check(proposal), "fresh")


# A step


def test_a_step_that_skips_one():
    world = at(1)
    plan = step(world)
    ahead = replace(running(world.base, "prod"), step=3)
    made = files_of("prod", ahead, NEW.to_yaml(), "istio")
    files = {path: made[path] for path in plan.files}
    assert "is not what the tool writes" in only(check(world.proposal(files)), "one step")


def test_a_step_back():
    world = at(3)
    before = replace(running(world.base, "prod"), step=2)
    made = files_of("prod", before, NEW.to_yaml(), "istio")
    files = {
        f"{ROLLOUT}{name}": made[f"{ROLLOUT}{name}"] for name in ("state.yaml", "traffic.yaml")
    }
    assert "one step" in refused(check(world.proposal(files)))


def test_a_step_past_the_end():
    world = at(4)
    files = {
        f"{ROLLOUT}state.yaml": world.rolled("state.yaml").replace("step: 4", "step: 3").encode()
    }
    assert "has all of the traffic" in refused(check(world.proposal(files)))["one step"]


def test_a_step_that_changes_the_candidate():
    world = at(1)
    files = step(world).files | {f"{ROLLOUT}candidate/release.yaml": release("v9").to_yaml()}
    assert "candidate/release.yaml" in refused(check(world.proposal(files)))["files"]


def test_a_step_of_an_environment_that_is_not_well():
    world = at(1)
    sick = Health("prod", "failure", "Metric error-ratio assessed Failed")
    found = check(world.proposal(step(world), health=lambda name: sick))
    assert "Metric error-ratio assessed Failed" in only(found, "health")


@pytest.mark.parametrize(
    "spoil, rule",
    [
        (lambda world: world.block(NEW), "not blocked"),
        (lambda world: world.later(days=4), "window"),
    ],
)
def test_what_holds_a_step_back(spoil, rule):
    world = at(1)
    plan = step(world)
    spoil(world)
    assert rule in refused(check(world.proposal(plan)))


def test_a_hypothesis_is_not_changed_while_it_is_tested():
    world = compared()
    text = world.rolled("state.yaml").replace("alpha: 0.05", "alpha: 0.2")
    found = refused(check(world.proposal({f"{ROLLOUT}state.yaml": text.encode()})))
    assert "not a canary" in found["one step"]


# The end


def test_a_finish_that_comes_too_early():
    world = at(4)
    plan = finish(world)
    early = at(3)
    assert "has not all of the traffic" in only(check(early.proposal(plan)), "made by the tool")


def test_a_finish_with_another_release():
    world = at(4)
    files = finish(world).files | {RELEASE: release("v9").to_yaml()}
    assert RELEASE in only(check(world.proposal(files)), "made by the tool")


def test_a_finish_that_leaves_something_behind():
    world = at(4)
    files = dict(finish(world).files)
    del files[f"{ROLLOUT}traffic.yaml"]
    assert "traffic.yaml" in only(check(world.proposal(files)), "made by the tool")


def test_a_shadow_is_not_promoted():
    world = shadowing()
    files = plan_stop(world.base, "prod", "").files | {RELEASE: NEW.to_yaml()}
    assert "proves too little" in only(check(world.proposal(files)), "made by the tool")


def test_a_finish_of_a_blocked_release():
    world = at(4)
    plan = finish(world)
    world.block(NEW)
    assert "not blocked" in refused(check(world.proposal(plan)))


def test_an_abort_at_night_of_a_sick_environment():
    world = at(2)
    plan = abort(world)
    world.later(hours=13)
    world.health = "failure"
    assert refused(check(world.proposal(plan))) == {}


def test_an_aborted_canary_must_be_blocked():
    world = at(2)
    files = {path: content for path, content in abort(world).files.items() if path != BLOCKED}
    assert "an aborted canary is blocked" in only(check(world.proposal(files)), "blocks")
    world.block(NEW)
    assert refused(check(world.proposal(files))) == {}


def test_an_abort_blocks_nothing_else():
    world = at(2)
    files = abort(world).files
    more = Blocked(OLD.id, "while we are at it", "2026-11-24T09:30:00+00:00", "x")
    wrong = files | {BLOCKED: add_blocked(files[BLOCKED], more, BLOCKED)}
    assert "nothing else" in only(check(world.proposal(wrong)), "blocks")


def test_an_abort_that_slips_in_a_release():
    world = at(2)
    files = abort(world).files | {RELEASE: NEW.to_yaml()}
    assert "files" in refused(check(world.proposal(files)))


# No rollout at all


def test_the_folder_is_the_tools():
    world = at(0)
    files = {f"{ROLLOUT}patch.yaml": b"- op: remove\n"}
    assert "written by the commands only" in only(check(world.proposal(files)), "files")
    files = {f"{ROLLOUT}kustomization.yaml": b"kind: Component\npatches: []\n"}
    assert "is not what the tool writes" in only(check(world.proposal(files)), "files")


def test_mending_the_folder_is_allowed():
    world = at(0)
    path = f"{ROLLOUT}kustomization.yaml"
    good = world.files[path]
    world.files[path] = b"kind: Component\n"
    world.files[f"{ROLLOUT}traffic.yaml"] = b"left over\n"
    files = {path: good, f"{ROLLOUT}traffic.yaml": None}
    assert refused(check(world.proposal(files))) == {}


def test_a_state_that_cannot_be_read():
    world = at(1)
    world.files[f"{ROLLOUT}state.yaml"] = b"kind: canary\n"
    files = {f"{ROLLOUT}traffic.yaml": b"- op: add\n"}
    assert "restore it from git" in only(check(world.proposal(files)), "rollout")


def test_environments_that_are_not_known():
    files = {"gitops/overlays/live/rollout/state.yaml": b""}
    assert "there is no environment 'live'" in only(check(at(0).proposal(files)), "environment")
