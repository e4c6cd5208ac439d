"""What a release, a promotion and a rollback change, as data."""

import pytest
from project import ENVIRONMENTS, NOW, record, release

from <<cookiecutter.package_name>>.promotion.blocked import Blocked, BlockedError, add_blocked
from <<cookiecutter.package_name>>.promotion.environments import EnvironmentsError
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, record_file, release_file
from <<cookiecutter.package_name>>.promotion.plans import (
    NothingToDo,
    PlanError,
    Snapshot,
    message,
    plan_promotion,
    plan_release,
    plan_rollback,
)
from <<cookiecutter.package_name>>.promotion.record import RecordError
from <<cookiecutter.package_name>>.promotion.release import ReleaseError

ONE, TWO, THREE = release(1), release(2), release(3)


def snapshot(blocked=(), more=None, **running):
    """A repository in which each environment of ``running`` has that release."""
    files = {"gitops/environments.yaml": ENVIRONMENTS.encode()}
    for environment, of in running.items():
        files[release_file(environment)] = of.to_yaml()
        files[record_file(of.id)] = record(of).to_json()
    for of in blocked:
        entry = Blocked(of.id, "too slow", "2026-11-20T00:00:00Z", "Ann")
        files[BLOCKED] = add_blocked(files.get(BLOCKED), entry, BLOCKED)
    return Snapshot("c" * 40, {**files, **(more or {})}.get)


def test_a_release_comes_with_its_record():
    plan = plan_release(snapshot(), ONE, record(ONE))

    assert plan.files == {
        release_file("dev"): ONE.to_yaml(),
        record_file(ONE.id): record(ONE).to_json(),
    }
    assert (plan.branch, plan.kind) == (f"promote/dev/{ONE.id}", "promotion")
    assert (plan.environment, plan.release) == ("dev", ONE.id)
    assert plan.labels == ("promotion", "environment/dev")
    assert plan.message.endswith(
        f"The first release of dev.\n\nRelease: {ONE.id}\nEnvironment: dev\n"
        "Promotion-Kind: promotion\n"
    )


def test_a_release_that_runs_is_not_made_again():
    with pytest.raises(NothingToDo, match=f"dev runs release {ONE.id} already"):
        plan_release(snapshot(dev=ONE), ONE, record(ONE))


def test_a_record_is_not_written_a_second_time():
    later = record(ONE, created_at="2026-11-24T00:00:00+00:00", created_by="Bob")

    plan = plan_release(snapshot(dev=TWO, test=ONE), ONE, later)

    assert plan.files == {release_file("dev"): ONE.to_yaml()}
    assert f"dev runs {TWO.id}." in plan.message


def test_a_load_test_is_added_to_a_record_that_has_none():
    before = record(ONE, load_test=None)
    known = snapshot(dev=ONE, more={record_file(ONE.id): before.to_json()})

    plan = plan_release(known, ONE, record(ONE, created_by="Bob"))

    assert plan.files == {record_file(ONE.id): record(ONE).to_json()}
    assert plan.title == f"Add evidence to {ONE.id}"
    with pytest.raises(RecordError, match="holds the result of a load test already"):
        plan_release(snapshot(dev=ONE), ONE, record(ONE, load_test={"passed": False}))


def test_a_promotion_copies_one_file():
    plan = plan_promotion(snapshot(dev=TWO, test=ONE), "test")

    assert plan.files == {release_file("test"): TWO.to_yaml()}
    assert plan.title == f"Promote {TWO.id} to test"
    assert plan.branch == f"promote/test/{TWO.id}"
    assert plan_promotion(snapshot(dev=TWO), "test", TWO.id).files == plan.files


def test_a_broken_file_in_the_target_is_replaced():
    broken = {release_file("test"): b"data: [\n"}

    assert plan_promotion(snapshot(dev=TWO, more=broken), "test").files == {
        release_file("test"): TWO.to_yaml()
    }


@pytest.mark.parametrize(
    ("state", "target", "wanted", "error", "words"),
    [
        ({}, "live", None, EnvironmentsError, "no environment 'live'"),
        ({"dev": ONE}, "dev", None, PlanError, "`make release` brings releases there"),
        ({"dev": ONE}, "staging", None, PlanError, "test has no release yet, and staging takes"),
        ({"dev": ONE}, "test", TWO.id, PlanError, f"dev runs {ONE.id} and not {TWO.id}"),
        ({"dev": ONE, "test": ONE}, "test", None, NothingToDo, f"test runs release {ONE.id}"),
        ({"dev": ONE, "blocked": [ONE]}, "test", None, BlockedError, "too slow"),
        ({"more": {release_file("dev"): b"x"}}, "test", None, ReleaseError, "restore it from git"),
        (
            {"dev": ONE, "more": {"gitops/overlays/test/rollout/state.yaml": b"kind: canary"}},
            "test",
            None,
            PlanError,
            "test has a rollout under way",
        ),
        ({"more": {"gitops/environments.yaml": None}}, "test", None, EnvironmentsError, "missing"),
    ],
)
def test_a_promotion_that_cannot_be_says_why(state, target, wanted, error, words):
    with pytest.raises(error, match=words):
        plan_promotion(snapshot(**state), target, wanted)


def test_a_blocked_release_is_not_released_again():
    with pytest.raises(BlockedError, match="too slow"):
        plan_release(snapshot(blocked=[ONE]), ONE, record(ONE))


def rolled(known, *earlier, to=None, reason="p95 is 900 ms", automatic=False):
    files = [of if isinstance(of, bytes) else of.to_yaml() for of in earlier]
    return plan_rollback(known, "prod", files, to, reason, "Ann", NOW, automatic)


def test_a_rollback_restores_and_blocks():
    plan = rolled(snapshot(prod=THREE), TWO, ONE, reason="p95 is\n900 ms")

    assert plan.files[release_file("prod")] == TWO.to_yaml()
    assert Snapshot("x", plan.files.get).blocked == (
        Blocked(THREE.id, "p95 is 900 ms", "2026-11-24T09:30:00+00:00", "Ann"),
    )
    assert plan.branch == f"rollback/prod/{THREE.id}"
    assert plan.title == f"Roll prod back from {THREE.id} to {TWO.id}"
    assert plan.labels == ("rollback", "environment/prod")
    assert f"Promotion-Kind: rollback\nTo: {TWO.id}\n" in plan.message


def test_a_rollback_skips_what_is_blocked_broken_or_the_same():
    known = snapshot(prod=THREE, blocked=[TWO])

    plan = rolled(known, TWO, b"data: [", THREE, ONE)

    assert plan.files[release_file("prod")] == ONE.to_yaml()


def test_a_release_that_is_blocked_already_is_left_without_another_entry():
    assert set(rolled(snapshot(prod=THREE, blocked=[THREE]), ONE).files) == {release_file("prod")}


def test_an_automatic_rollback_says_so():
    plan = rolled(snapshot(prod=THREE), ONE, automatic=True)

    assert plan.labels == ("rollback", "environment/prod", "automatic-rollback")
    assert "Automatic: true\n" in plan.message


def test_a_file_broken_by_hand_can_be_left():
    broken = THREE.to_yaml().replace(b'"v3"', b'"v4"')
    plan = rolled(snapshot(more={release_file("prod"): broken}), TWO)

    assert plan.files[release_file("prod")] == TWO.to_yaml()


@pytest.mark.parametrize(
    ("known", "earlier", "options", "error", "words"),
    [
        (snapshot(), [], {}, PlanError, "prod has no release, so there is nothing"),
        (snapshot(prod=ONE), [], {}, PlanError, "no earlier release that is not blocked"),
        (snapshot(prod=TWO, blocked=[ONE]), [ONE], {}, PlanError, "no earlier release"),
        (snapshot(prod=TWO), [ONE], {"reason": " "}, PlanError, "needs a reason"),
        (snapshot(prod=TWO), [ONE], {"to": TWO.id}, NothingToDo, "runs release"),
        (snapshot(prod=TWO), [ONE], {"to": THREE.id}, PlanError, f"can go back to {ONE.id}"),
        (snapshot(prod=TWO), [], {"to": THREE.id}, PlanError, "can go back to nothing"),
        (snapshot(prod=TWO, blocked=[ONE]), [ONE], {"to": ONE.id}, BlockedError, "too slow"),
        (
            snapshot(prod=TWO, more={"gitops/overlays/prod/rollout/state.yaml": b"kind: x"}),
            [ONE],
            {},
            PlanError,
            "canary-abort",
        ),
    ],
)
def test_a_rollback_that_cannot_be_says_why(known, earlier, options, error, words):
    with pytest.raises(error, match=words):
        rolled(known, *earlier, **options)


def test_an_older_release_can_be_chosen():
    plan = rolled(snapshot(prod=THREE), TWO, ONE, to=ONE.id)

    assert plan.files[release_file("prod")] == ONE.to_yaml()


def test_a_message_is_a_title_a_body_and_trailers():
    assert message("Title", "", "ab", "prod", "v7-x", weight="5") == (
        "Title\n\nRelease: v7-x\nEnvironment: prod\nPromotion-Kind: ab\nWeight: 5\n"
    )
