"""The overview as text: complete, and no wider than a terminal."""

from dataclasses import replace
from datetime import timedelta

import pytest
from overviews import BAD, NEW, NEWEST, NOW, OLD, ago, everything, overview, place, pull

from <<cookiecutter.package_name>>.promotion.findings import Health
from <<cookiecutter.package_name>>.promotion.overlay_settings import Difference
from <<cookiecutter.package_name>>.promotion.status_table import ago as words
from <<cookiecutter.package_name>>.promotion.status_table import next_command, table

HOSTILE = "\x1b[31mred\x07 \u202eevil " + "x" * 300


def test_every_environment_has_its_line():
    lines = table(everything()).splitlines()

    assert lines[0] == "risk: deploy at dddddddddddd, 2026-11-24 09:30 UTC, forge github"
    assert lines[2].split() == ["ENVIRONMENT", "RELEASE", "SINCE", "(UTC)", "BY", "STATE"]
    assert lines[3].split() == [
        *("dev", NEWEST.id, "2026-11-20", "09:30", "Ann", "healthy,", "42", "min", "ago"),
    ]
    assert lines[4].endswith("failed, 3 d ago")
    assert lines[5].split() == ["staging", "nothing", "yet"]
    assert lines[7].split() == ["canary", "25", "%", NEW.id, "2026-11-24", "07:30", "Sam"]


def test_what_is_wrong_what_waits_and_what_differs_follow():
    text = table(everything())

    for part in (
        "Needs attention\n"
        "  test runs a blocked release: error ratio 0.31\n"
        "  test: the deployment failed: AnalysisRun failed: p95 0.9\n"
        "  staging: release.yaml is broken\n",
        f"Tried\n  prod: a canary of {NEW.id}, 25 % (step 2 of 3), begun 20 h ago\n",
        f"  test: {NEWEST.id} of dev is not proposed: make promote TO=test\n",
        "  prod: #7 Canary to 100 %, for 3 h, by robin\n    https://forge.example.com/7\n",
        "  prod: the window is closed now (tue 09:30): sat 08:00 to 16:00 Etc/UTC\n",
        "Set differently\n  prod against staging: 2 values\n"
        "    settings/scaling.yaml replicas: 2, here 3\n"
        "    settings/scaling.yaml zone: not there, here Etc/UTC\n",
        f"Blocked\n  {BAD.release} by ci: error ratio 0.31",
    ):
        assert part in text


def test_of_a_quiet_repository_only_the_grid_is_left():
    text = table(overview(place("dev", None)))

    assert text.count("\n\n") == 1
    assert len(text.splitlines()) == 4


def test_a_forge_that_was_not_reached_is_told():
    assert "The forge was not reached\n  gh is not logged in" in table(
        overview(place("dev", None), trouble="gh is not logged in")
    )


def test_nothing_is_wider_than_a_terminal_or_reaches_it_raw():
    blocked = replace(BAD, reason=HOSTILE, by=HOSTILE)
    waiting = replace(pull(1, HOSTILE, "https://example.com/" + "y" * 200), author=HOSTILE)
    long = place(
        "environment-with-a-very-long-name",
        "dev",
        release=OLD.id + "x" * 80,
        waiting=(waiting,),
        differs=(Difference(HOSTILE, HOSTILE, HOSTILE, None),),
        health=Health("x", "failure", HOSTILE, "c" * 40, NOW),
    )

    text = table(overview(long, blocked=(blocked,), trouble=HOSTILE))

    assert max(map(len, text.splitlines())) <= 100
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert "evil" in text


def test_many_differences_are_counted():
    many = tuple(Difference("a.yaml", f"key{n}", "1", "2") for n in range(9))
    text = table(overview(place("prod", "staging", differs=many)))

    assert "prod against staging: 9 values" in text
    assert "    and 5 more: make diff FROM=staging TO=prod" in text
    one = table(overview(place("prod", "staging", differs=many[:1])))
    assert "prod against staging: 1 value\n" in one


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"seconds": 20}, "0 min"),
        ({"minutes": 119}, "119 min"),
        ({"hours": 2}, "2 h"),
        ({"hours": 47}, "47 h"),
        ({"days": 2}, "2 d"),
        ({"days": 400}, "400 d"),
        # A clock that is ahead.
        ({"minutes": -5}, "0 min"),
    ],
)
def test_times_are_told_in_the_unit_that_says_most(span, said):
    assert words(NOW - timedelta(**span), NOW) == said


def test_there_is_a_command_only_for_what_is_offered():
    assert next_command(place("test", "dev", offered=NEW.id)) == "make promote TO=test"
    assert next_command(place("test", "dev")) is None


def test_a_failure_without_a_reason_says_so():
    failed = Health("dev", "failure", "", "c" * 40, ago(hours=3))

    assert "dev: the deployment failed: no reason" in table(
        overview(place("dev", None, health=failed))
    )
