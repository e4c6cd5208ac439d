"""Steps and aborts on a real repository with its forge: once, in time, and never twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import rollout_world
from project import Project, release

from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, release_file, rollout_file
from <<cookiecutter.package_name>>.promotion.plans import NothingToDo, PlanError
from <<cookiecutter.package_name>>.promotion.propose import propose
from <<cookiecutter.package_name>>.promotion.rollout import plan_canary_start, plan_shadow_start
from <<cookiecutter.package_name>>.promotion.rollout_commands import (
    abort_plan,
    step_plan,
)
from <<cookiecutter.package_name>>.promotion.rollout_files import EMPTY, running

OLD, NEW = release(7), release(8)


def environments(**changes: str) -> bytes:
    settings = {"mesh": "istio", "steps": "[5, 25, 100]", "strategy": "canary"}
    text = rollout_world.ENVIRONMENTS.format(**{**settings, "auto_rollback": "true", **changes})
    return text.encode()


@pytest.fixture
def shop(project: Project) -> Project:
    """prod runs v7 and has a mesh; staging runs v8 and is healthy."""
    # The forge dates what it keeps by the clock of the machine.
    project.now = datetime.now(UTC)
    project.commit(
        {
            "gitops/environments.yaml": environments(),
            rollout_file("prod", "kustomization.yaml"): EMPTY,
        }
    )
    project.deploy("prod", OLD)
    project.deploy("staging", NEW)
    project.report("staging")
    return project


@pytest.fixture
def canary(shop: Project) -> Project:
    """The canary has its first share, and Argo CD has not reported yet."""
    started = shop.now - timedelta(hours=1)
    merge(shop, lambda context: plan_canary_start(context.base, "prod", started))
    return shop


def merge(project: Project, make) -> None:
    """Merge what a plan changes, past every rule."""
    plan = make(project.context())
    project.commit(dict(plan.files), plan.message)


def open_pull(project: Project, make):
    context = project.context()
    return propose(context, make(context), "text").pull


def step(context):
    return step_plan(context, "prod", automatic=False, finish=False)


def automatic_step(context, finish=False):
    return step_plan(context, "prod", automatic=True, finish=finish)


def abort(context, **options):
    return abort_plan(context, "prod", "error-ratio: Failed, value 0.3", **options)


def pulls(project: Project, state: str = "open"):
    return [pull.branch for pull in LocalForge(project.root).pull_requests(state)]


# An automatic step


def test_it_waits_for_the_report_on_the_rollout_as_it_is(canary):
    # Praise for what ran before the canary is none for the canary.
    canary.report("prod", commit=canary.git("rev-parse", f"{canary.head}~1"))
    assert canary.context().health("prod").state == "unknown"
    with pytest.raises(NothingToDo, match="has not reported prod since .* changed what runs"):
        automatic_step(canary.context())
    canary.report("prod", "pending")
    with pytest.raises(NothingToDo, match=r"not known to be healthy \(pending\)"):
        automatic_step(canary.context())
    canary.report("prod", "failure")
    with pytest.raises(NothingToDo, match=r"\(failure\)"):
        automatic_step(canary.context())
    canary.report("prod")
    assert automatic_step(canary.context()).branch == f"canary/prod/{NEW.id}-25"


def test_a_later_commit_may_carry_the_report(canary):
    canary.commit({"README.md": b"Something else.\n"})
    canary.report("prod")
    assert automatic_step(canary.context()).branch.endswith("-25")


def test_all_steps_to_the_end(canary):
    for weight in (25, 100):
        canary.report("prod")
        plan = automatic_step(canary.context())
        assert plan.branch.endswith(f"-{weight}")
        merge(canary, automatic_step)
    with pytest.raises(NothingToDo, match="a person finishes it"):
        automatic_step(canary.context())
    with pytest.raises(NothingToDo, match="not known to be healthy"):
        automatic_step(canary.context(), finish=True)
    canary.report("prod")
    merge(canary, lambda context: automatic_step(context, finish=True))
    assert canary.runs("prod") == NEW.id
    with pytest.raises(NothingToDo, match="nothing runs in prod"):
        automatic_step(canary.context())


def test_it_is_opened_once(canary):
    canary.report("prod")
    pull = open_pull(canary, automatic_step)
    with pytest.raises(NothingToDo, match="is open already") as answer:
        automatic_step(canary.context())
    assert pull.url in str(answer.value)


def test_two_at_once_open_one(canary):
    canary.report("prod")

    def attempt(_):
        try:
            return open_pull(canary, automatic_step).number
        except (NothingToDo, PlanError) as answer:
            return str(answer)

    with ThreadPoolExecutor(2) as two:
        list(two.map(attempt, range(2)))
    assert pulls(canary) == [f"canary/prod/{NEW.id}-25"]


def test_one_that_a_person_closed_stays_closed(canary):
    canary.report("prod")
    pull = open_pull(canary, automatic_step)
    LocalForge(canary.root).close(pull.number, "Not before the holidays.")
    with pytest.raises(NothingToDo, match="closed without merging, so a person decides"):
        automatic_step(canary.context())
    assert step(canary.context()).branch == pull.branch


def test_one_that_is_stale_is_brought_up_to_date(canary):
    canary.report("prod")
    pull = open_pull(canary, automatic_step)
    canary.commit({"gitops/overlays/prod/settings.yaml": b"replicas: 2\n"})
    canary.report("prod")
    again = open_pull(canary, automatic_step)
    assert again.number == pull.number and again.head != pull.head


def test_it_does_nothing_for_other_kinds(shop):
    merge(shop, lambda context: plan_shadow_start(context.base, "prod", 10, context.now))
    shop.report("prod")
    with pytest.raises(NothingToDo, match="a shadow of .* runs in prod, so there is no canary"):
        automatic_step(shop.context())


def test_it_does_nothing_for_a_blocked_release(canary):
    entry = rollout_world.Blocked(NEW.id, "bad in dev", "2026-11-24T09:00:00+00:00", "Ann")
    canary.commit({BLOCKED: rollout_world.add_blocked(None, entry, BLOCKED)})
    canary.report("prod")
    with pytest.raises(NothingToDo, match="is blocked .bad in dev.; the canary must go"):
        automatic_step(canary.context())


def test_it_does_not_overtake_an_abort(canary):
    canary.report("prod")
    open_pull(canary, abort)
    with pytest.raises(NothingToDo, match="the end of the canary waits to be merged"):
        automatic_step(canary.context())


# An abort


def test_an_abort_closes_what_would_go_on(canary):
    open_pull(canary, step)
    pull = open_pull(canary, abort)
    assert pulls(canary) == [f"abort/prod/{NEW.id}"]
    context = canary.context()
    proposal = context.proposal(pull.head)
    assert running(proposal.head, "prod") is None
    assert proposal.head.read(release_file("prod")) == OLD.to_yaml()


def test_an_abort_is_opened_once_whoever_asks(canary):
    failed = canary.head

    def attempt(number):
        later = canary.now + timedelta(seconds=number)
        context = canary.context(now=later)
        return propose(context, abort(context, automatic=True, revision=failed), "text").pull.number

    with ThreadPoolExecutor(2) as two:
        numbers = list(two.map(attempt, range(4)))
    assert len(set(numbers)) == 1
    assert pulls(canary, "all") == [f"abort/prod/{NEW.id}"]


def test_an_abort_after_the_abort(canary):
    failed = canary.head
    merge(canary, abort)
    with pytest.raises(NothingToDo, match="nothing is rolled out in prod"):
        abort(canary.context())
    with pytest.raises(NothingToDo):
        abort(canary.context(), automatic=True, revision=failed)


def test_an_automatic_abort_is_allowed_by_the_environment(canary):
    canary.commit({"gitops/environments.yaml": environments(auto_rollback="false")})
    with pytest.raises(PlanError, match="auto_rollback: false"):
        abort(canary.context(), automatic=True, revision=canary.head)
    assert abort(canary.context()).kind == "abort"


def test_an_automatic_abort_is_about_what_failed(canary):
    with pytest.raises(PlanError, match="--revision"):
        abort(canary.context(), automatic=True)
    before = canary.git("rev-parse", f"{canary.head}~1")
    with pytest.raises(NothingToDo, match="had no rollout in prod, and by now it has a canary"):
        abort(canary.context(), automatic=True, revision=before)


def test_a_late_failure_of_an_earlier_trial_of_the_same_release(canary):
    failed = canary.head
    merge(canary, abort)
    canary.commit({BLOCKED: b"blocked: []\n"})
    merge(canary, lambda context: plan_canary_start(context.base, "prod", context.now))
    with pytest.raises(NothingToDo, match="which failed, had a canary"):
        abort(canary.context(), automatic=True, revision=failed)


def test_an_abort_that_a_person_closed_is_an_answer(canary):
    pull = open_pull(canary, abort)
    LocalForge(canary.root).close(pull.number, "The sensor was wrong.")
    with pytest.raises(NothingToDo, match="a person decides"):
        abort(canary.context(), automatic=True, revision=canary.head)
    assert abort(canary.context()).branch == pull.branch
