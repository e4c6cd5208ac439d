"""What state.yaml says: there and back, and every way to be wrong named with file and way out."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from <<cookiecutter.package_name>>.promotion.hypothesis import Hypothesis
from <<cookiecutter.package_name>>.promotion.rollout_state import (
    Rollout,
    RolloutError,
    Sticky,
    new_cookie,
    parse_rollout,
)

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CANARY = Rollout("canary", "v8-0a1b2c3d4e5f", "staging", START, steps=(5, 25, 100), step=2)
TEST = Rollout(
    "ab-test",
    "v8-0a1b2c3d4e5f",
    "staging",
    START,
    sticky=Sticky("variant-20261124-093000", 14),
    hypothesis=Hypothesis("paid", 0.2, 0.1, share=30),
)
SHADOW = Rollout("shadow", "v8-0a1b2c3d4e5f", "staging", START, share=10)


@pytest.mark.parametrize(
    "rollout, predictor, weight, words",
    [
        (CANARY, "canary", 25, "a canary of v8-0a1b2c3d4e5f, 25 % (step 2 of 3)"),
        (TEST, "challenger", 30, "an A/B test of v8-0a1b2c3d4e5f, 30 %"),
        (SHADOW, "shadow", 10, "a shadow of v8-0a1b2c3d4e5f, 10 %"),
    ],
)
def test_there_and_back(rollout, predictor, weight, words):
    content = rollout.to_yaml()
    assert parse_rollout(content, "state.yaml") == rollout
    assert parse_rollout(content, "state.yaml").to_yaml() == content
    assert (rollout.predictor, rollout.weight, str(rollout)) == (predictor, weight, words)
    assert content.startswith(b"# Written by the commands canary, ab and shadow.")


def test_every_test_has_a_cookie_of_its_own():
    assert new_cookie(START) == "variant-20261124-093000"
    assert new_cookie(START + timedelta(seconds=1)) != new_cookie(START)


def test_the_last_step():
    assert not CANARY.is_last and not TEST.is_last
    assert Rollout("canary", "v8-0", "staging", START, steps=(50, 100), step=2).is_last


def test_a_time_that_yaml_read_as_one():
    text = CANARY.to_yaml().decode().replace("'2026-11-24T09:30:00+00:00'", "2026-11-24 09:30:00Z")
    assert parse_rollout(text.encode(), "state.yaml") == CANARY


@pytest.mark.parametrize(
    "rollout, changes, message",
    [
        (CANARY, {"kind": "trial"}, "kind is 'trial', not one of canary, ab-test, shadow"),
        (CANARY, {"share": 10}, "a canary has the keys kind, release"),
        (CANARY, {"release": 7}, "release is 7, not a name"),
        (CANARY, {"source": ""}, "source is '', not a name"),
        (CANARY, {"started_at": "today"}, "started_at is 'today', not a time in ISO 8601"),
        (CANARY, {"started_at": "2026-11-24T09:30:00"}, "without a time zone"),
        (CANARY, {"steps": [25, 5, 100]}, "they rise in whole percentages and end with 100"),
        (CANARY, {"steps": [5, 50]}, "they rise in whole percentages"),
        (CANARY, {"steps": [0, 100]}, "they rise in whole percentages"),
        (CANARY, {"steps": "5"}, "they rise in whole percentages"),
        (CANARY, {"step": 4}, "step is 4; it must be from 1 to 3"),
        (CANARY, {"step": True}, "step is True"),
        (SHADOW, {"share": 0}, "share is 0; it must be a whole percentage from 1 to 100"),
        (TEST, {"sticky": "cookie"}, "sticky is 'cookie'; it must have cookie and days"),
        (TEST, {"sticky": {"cookie": "a", "days": 0}}, "kept 0 days; it must be from 1 to 400"),
        (TEST, {"sticky": {"cookie": "a.b", "days": 7}}, "called 'a.b'; use lower-case"),
        (TEST, {"hypothesis": {"power": 2}}, "a hypothesis has exactly"),
    ],
)
def test_what_cannot_be_used(rollout, changes, message):
    content = yaml.safe_dump(yaml.safe_load(rollout.to_yaml()) | changes).encode()
    with pytest.raises(RolloutError) as caught:
        parse_rollout(content, "rollout/state.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("rollout/state.yaml: ")
    assert "restore it from git" in str(caught.value)


@pytest.mark.parametrize("content", [b"kind: [", b"\xff", b"- canary", b""])
def test_what_is_no_state_at_all(content):
    with pytest.raises(RolloutError, match="restore it from git"):
        parse_rollout(content, "state.yaml")
