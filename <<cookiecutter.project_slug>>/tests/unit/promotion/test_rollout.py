"""Canary, A/B test and shadow from start to end, on a repository in memory."""

import pytest
import yaml
from rollout_world import NEW, NOW, OLD, ROLLOUT, World, release

from <<cookiecutter.package_name>>.promotion.blocked import BlockedError, parse_blocked
from <<cookiecutter.package_name>>.promotion.environments import EnvironmentsError
from <<cookiecutter.package_name>>.promotion.hypothesis import Hypothesis, HypothesisError
from <<cookiecutter.package_name>>.promotion.plans import NothingToDo, PlanError
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
from <<cookiecutter.package_name>>.promotion.rollout_files import EMPTY, running
from <<cookiecutter.package_name>>.promotion.rollout_state import RolloutError, Sticky

QUESTION = Hypothesis("paid", 0.2, 0.1, share=30)
EMPTIED = {f"{ROLLOUT}kustomization.yaml": EMPTY}


def world_with_canary(steps: int = 1, **settings) -> World:
    world = World(**settings)
    world.merge(plan_canary_start(world.base, "prod", NOW))
    for _ in range(steps - 1):
        world.merge(plan_canary_step(world.base, "prod"))
    return world


def names(plan):
    return {path.removeprefix(ROLLOUT) for path in plan.files}


def weights(world, name="traffic.yaml"):
    return [entry["value"] for entry in yaml.safe_load(world.rolled(name))]


# Canary


def test_the_start_of_a_canary():
    world = World()
    plan = plan_canary_start(world.base, "prod", NOW)

    assert plan.branch == f"canary/prod/{NEW.id}-5"
    assert (plan.kind, plan.environment, plan.release) == ("canary", "prod", NEW.id)
    assert plan.labels == ("canary", "environment/prod")
    assert f"prod runs {OLD.id}" in plan.message
    assert f"\nRelease: {NEW.id}\nEnvironment: prod\nPromotion-Kind: canary\n" in plan.message
    assert names(plan) == {
        "state.yaml",
        "traffic.yaml",
        "kustomization.yaml",
        "candidate/release.yaml",
        "candidate/kustomization.yaml",
    }
    source = world.files["gitops/overlays/staging/release.yaml"]
    assert plan.files[f"{ROLLOUT}candidate/release.yaml"] == source
    world.merge(plan)
    assert weights(world) == [95, 5]
    assert str(running(world.base, "prod")) == f"a canary of {NEW.id}, 5 % (step 1 of 4)"


def test_a_step_changes_weights_only():
    world = world_with_canary()
    seen = []
    for weight in (25, 50, 100):
        plan = plan_canary_step(world.base, "prod")
        assert names(plan) == {"state.yaml", "traffic.yaml"}
        assert plan.branch == f"canary/prod/{NEW.id}-{weight}"
        world.merge(plan)
        seen.append(weights(world))
    assert seen == [[75, 25], [50, 50], [0, 100]]


def test_a_step_is_the_same_until_it_is_merged():
    world = world_with_canary()
    assert plan_canary_step(world.base, "prod") == plan_canary_step(world.base, "prod")


def test_steps_are_those_of_the_start():
    world = world_with_canary(2)
    text = world.files["gitops/environments.yaml"].replace(b"[5, 25, 50, 100]", b"[1, 100]")
    world.files["gitops/environments.yaml"] = text
    world.merge(plan_canary_step(world.base, "prod"))
    assert weights(world) == [50, 50]


def test_after_the_last_step_only_the_end_is_left():
    world = world_with_canary(4)
    with pytest.raises(PlanError, match="make canary-finish ENV=prod"):
        plan_canary_step(world.base, "prod")


def test_finish():
    world = world_with_canary(4)
    plan = plan_finish(world.base, "prod")
    assert plan.branch == f"finish/prod/{NEW.id}" and plan.kind == "finish"
    world.merge(plan)
    assert world.files["gitops/overlays/prod/release.yaml"] == NEW.to_yaml()
    assert {path for path in world.files if path.startswith(ROLLOUT)} == set(EMPTIED)
    assert world.files[f"{ROLLOUT}kustomization.yaml"] == EMPTY
    with pytest.raises(NothingToDo):
        plan_canary_start(world.base, "prod", NOW)


def test_finish_is_too_early():
    world = world_with_canary(3)
    with pytest.raises(
        PlanError, match="has not all of the traffic of prod yet; `make canary-step"
    ):
        plan_finish(world.base, "prod")


def test_abort():
    world = world_with_canary(2)
    plan = plan_abort(
        world.base, "prod", "error-ratio: Failed,\n value 0.3; query: rate(x)", "ci", NOW, "| a |"
    )
    assert plan.branch == f"abort/prod/{NEW.id}" and plan.kind == "abort"
    assert "Reason: error-ratio: Failed, value 0.3; query: rate(x)\n\n| a |" in plan.message
    world.merge(plan)
    assert world.files["gitops/overlays/prod/release.yaml"] == OLD.to_yaml()
    assert {path for path in world.files if path.startswith(ROLLOUT)} == set(EMPTIED)
    (entry,) = parse_blocked(world.files["gitops/blocked.yaml"], "blocked.yaml")
    assert (entry.release, entry.by) == (NEW.id, "ci")
    assert entry.reason == "error-ratio: Failed, value 0.3; query: rate(x)"
    assert entry.since == "2026-11-24T09:30:00+00:00"
    with pytest.raises(NothingToDo, match="nothing is rolled out in prod"):
        plan_abort(world.base, "prod", "again", "ci", NOW)
    with pytest.raises(BlockedError, match=NEW.id):
        plan_canary_start(world.base, "prod", NOW)


def test_an_automatic_abort_says_so():
    world = world_with_canary()
    plan = plan_abort(world.base, "prod", "bad", "ci", NOW, automatic=True)
    assert "Automatic: true" in plan.message
    assert plan.labels == ("abort", "environment/prod", "automatic-rollback")


def test_abort_of_a_release_that_is_blocked_already():
    world = world_with_canary(2)
    world.block(NEW)
    plan = plan_abort(world.base, "prod", "found bad in dev", "ci", NOW)
    assert "gitops/blocked.yaml" not in plan.files
    for refused in (plan_canary_step, plan_finish):
        with pytest.raises((BlockedError, PlanError)):
            refused(world.base, "prod")


def test_abort_needs_a_reason():
    with pytest.raises(PlanError, match="needs a reason"):
        plan_abort(world_with_canary().base, "prod", " ", "ci", NOW)


def test_a_blocked_release_is_not_finished():
    world = world_with_canary(4)
    world.block(NEW)
    with pytest.raises(BlockedError, match=NEW.id):
        plan_finish(world.base, "prod")


# What cannot be started


def start(world, target="prod"):
    return plan_canary_start(world.base, target, NOW)


def test_the_first_release_is_not_a_canary():
    world = World()
    del world.files["gitops/overlays/prod/release.yaml"]
    with pytest.raises(PlanError, match="promote directly with `make promote TO=prod`"):
        start(world)


def test_no_mesh():
    with pytest.raises(PlanError, match="needs istio or linkerd, and .* mesh: none"):
        start(World(mesh="none", strategy="direct"))


def test_nothing_below():
    world = World()
    with pytest.raises(PlanError, match="dev is the first environment"):
        start(world, "dev")
    del world.files["gitops/overlays/staging/release.yaml"]
    with pytest.raises(PlanError, match="staging has no release yet"):
        start(world)


def test_unknown_environments():
    with pytest.raises(EnvironmentsError, match="there is no environment 'live'"):
        start(World(), "live")
    with pytest.raises(EnvironmentsError, match="there is no environment 'live'"):
        plan_canary_step(World().base, "live")


def test_one_at_a_time():
    world = world_with_canary()
    with pytest.raises(NothingToDo, match="runs in prod already"):
        start(world)
    with pytest.raises(PlanError, match="finish or abort it first"):
        plan_shadow_start(world.base, "prod", 10, NOW)
    world.files["gitops/overlays/staging/release.yaml"] = release("v9").to_yaml()
    with pytest.raises(PlanError, match="finish or abort it first"):
        start(world)


def test_the_same_release():
    world = World()
    world.files["gitops/overlays/staging/release.yaml"] = OLD.to_yaml()
    with pytest.raises(NothingToDo, match=f"prod runs release {OLD.id} already"):
        start(world)


@pytest.mark.parametrize("plan", [plan_canary_step, plan_finish])
def test_nothing_to_go_on_with(plan):
    with pytest.raises(PlanError, match="no canary runs in prod"):
        plan(World().base, "prod")


def test_a_state_that_was_broken_by_hand():
    world = world_with_canary()
    world.files[f"{ROLLOUT}state.yaml"] = b"kind: canary\n"
    with pytest.raises(RolloutError, match="restore it from git"):
        plan_canary_step(world.base, "prod")


def test_a_candidate_that_is_gone():
    world = world_with_canary()
    del world.files[f"{ROLLOUT}candidate/release.yaml"]
    with pytest.raises(PlanError, match=r"candidate/release.yaml is missing"):
        plan_canary_step(world.base, "prod")


# A/B test


def ab_world() -> World:
    world = World()
    world.merge(plan_ab_start(world.base, "prod", QUESTION, Sticky("variant-1"), NOW))
    return world


def test_the_start_of_an_ab_test():
    plan = plan_ab_start(World().base, "prod", QUESTION, Sticky("variant-1"), NOW)
    assert plan.branch == f"ab/prod/{NEW.id}" and plan.kind == "ab"
    needed = QUESTION.needed()
    assert f"{needed['challenger']:,} units of challenger" in plan.message
    world = ab_world()
    test = running(world.base, "prod")
    assert test.hypothesis == QUESTION and test.predictor == "challenger"
    assert weights(world) == [70, 30]
    component = yaml.safe_load(world.rolled("kustomization.yaml"))
    assert component["components"] == ["../../../components/ab-test"]
    assert component["patches"][1]["target"] == {"kind": "VirtualService", "name": "ab-test"}


def test_a_hypothesis_that_nobody_can_test():
    with pytest.raises(HypothesisError, match="choose an effect that matters"):
        tiny = Hypothesis("paid", 0.2, 1e-12)
        plan_ab_start(World().base, "prod", tiny, Sticky("variant-1"), NOW)


def test_the_winner_becomes_the_release():
    world = ab_world()
    plan = plan_ab_winner(world.base, "prod", "**challenger wins**")
    assert plan.kind == "finish" and "**challenger wins**" in plan.message
    world.merge(plan)
    assert world.files["gitops/overlays/prod/release.yaml"] == NEW.to_yaml()
    assert running(world.base, "prod") is None


def test_the_loser_goes_unblocked():
    world = ab_world()
    plan = plan_stop(world.base, "prod", "no difference")
    assert plan.branch == f"ab/prod/{NEW.id}-stop" and plan.kind == "ab"
    assert set(plan.files) == {f"{ROLLOUT}{name}" for name in names(plan)}
    world.merge(plan)
    assert world.files["gitops/overlays/prod/release.yaml"] == OLD.to_yaml()
    plan_canary_start(world.base, "prod", NOW)


def test_commands_for_another_kind():
    world = ab_world()
    with pytest.raises(PlanError, match="not a canary"):
        plan_canary_step(world.base, "prod")
    with pytest.raises(PlanError, match="not an A/B test"):
        plan_ab_winner(world_with_canary(4).base, "prod", "")


# Shadow


def test_a_shadow_takes_nothing_from_the_release():
    world = World()
    plan = plan_shadow_start(world.base, "prod", 20, NOW)
    assert plan.branch == f"shadow/prod/{NEW.id}"
    world.merge(plan)
    assert weights(world) == [100, 20]
    stop = plan_stop(world.base, "prod", "seen enough")
    assert stop.branch == f"shadow/prod/{NEW.id}-stop"
    world.merge(stop)
    assert running(world.base, "prod") is None
    with pytest.raises(NothingToDo):
        plan_stop(world.base, "prod", "")


def test_a_canary_is_not_stopped_in_silence():
    with pytest.raises(PlanError, match="abort it with a reason"):
        plan_stop(world_with_canary().base, "prod", "")


@pytest.mark.parametrize("share", [0, 101])
def test_shares_that_are_none(share):
    with pytest.raises(PlanError, match="from 1 to 100 percent"):
        plan_shadow_start(World().base, "prod", share, NOW)


def test_linkerd_neither_mirrors_nor_sets_cookies():
    world = World(mesh="linkerd")
    with pytest.raises(PlanError, match="a shadow needs istio, and .* mesh: linkerd"):
        plan_shadow_start(world.base, "prod", 10, NOW)
    with pytest.raises(PlanError, match="an A/B test needs istio"):
        plan_ab_start(world.base, "prod", QUESTION, Sticky("variant-1"), NOW)
