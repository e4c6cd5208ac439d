"""What comes next after an environment is healthy, for reports in time, late and twice."""

import pytest
from rollout_world import NEW, NOW, OLD, World, release

from <<cookiecutter.package_name>>.promotion.advance import next_commands
from <<cookiecutter.package_name>>.promotion.environments import EnvironmentsError
from <<cookiecutter.package_name>>.promotion.places import release_file
from <<cookiecutter.package_name>>.promotion.plans import NothingToDo
from <<cookiecutter.package_name>>.promotion.rollout import plan_canary_start, plan_shadow_start

STEP = [["canary", "step", "--env", "prod", "--automatic", "--finish"]]


@pytest.fixture
def world():
    return World()


def refusal(world, environment, deployed=None):
    with pytest.raises(NothingToDo) as caught:
        next_commands(world.base, deployed or world.base, environment)
    return str(caught.value)


def test_a_healthy_environment_offers_its_release_to_the_next(world):
    assert next_commands(world.base, world.base, "staging") == [
        ["promote", "--to", "prod", "--release", NEW.id, "--replace"]
    ]


def test_the_next_one_may_have_it_already(world):
    assert refusal(world, "dev") == f"staging runs {NEW.id} already"


def test_the_last_environment_has_no_next(world):
    assert refusal(world, "prod") == "prod is the last environment"


def test_an_environment_without_a_release_offers_nothing(world):
    del world.files[release_file("dev")]

    assert refusal(world, "dev") == "dev has no release"


def test_an_unknown_environment_is_refused(world):
    with pytest.raises(EnvironmentsError, match="there is no environment 'moon'"):
        next_commands(world.base, world.base, "moon")


def test_a_report_about_what_is_gone_opens_nothing(world):
    before = world.base
    world.files[release_file("staging")] = release("v9").to_yaml()

    assert "has changed since; its next report counts" in refusal(world, "staging", before)


def test_a_blocked_release_goes_nowhere(world):
    world.block(NEW)

    assert refusal(world, "staging") == f"{NEW.id} in staging is blocked: error ratio"


def test_a_healthy_canary_takes_its_next_step(world):
    before = world.base
    world.merge(plan_canary_start(world.base, "prod", NOW))

    assert next_commands(world.base, world.base, "prod") == STEP
    # A report from before it began says nothing about it.
    assert "has changed since" in refusal(world, "prod", before)


def test_a_canary_that_runs_is_not_overtaken(world):
    world.merge(plan_canary_start(world.base, "prod", NOW))
    world.files[release_file("staging")] = release("v9").to_yaml()

    assert f"prod has a rollout under way: a canary of {NEW.id}" in refusal(world, "staging")


def test_a_shadow_ends_when_a_person_says_so(world):
    world.merge(plan_shadow_start(world.base, "prod", 100, NOW))

    assert "a person decides how it ends" in refusal(world, "prod")
    assert OLD.id not in refusal(world, "prod")
