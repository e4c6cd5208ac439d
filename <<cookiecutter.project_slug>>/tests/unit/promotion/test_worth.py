"""The expected value of a release must not fall: kept, refused, and shown."""

import json
from dataclasses import replace

import pytest
from project import ENVIRONMENTS, record
from rollout_world import NEW, NOW, OLD, World
from test_record import EVALUATION, built
from test_rules import BASE, ONE, TWO, UP, proposal, verdict

from <<cookiecutter.package_name>>.promotion.environments import (
    EnvironmentsError,
    load_environments,
)
from <<cookiecutter.package_name>>.promotion.places import record_file, release_file
from <<cookiecutter.package_name>>.promotion.record import RecordError, parse_record
from <<cookiecutter.package_name>>.promotion.rollout import plan_canary_start
from <<cookiecutter.package_name>>.promotion.rules import check
from <<cookiecutter.package_name>>.promotion.worth import compare, number, worth_table

VALUES = {"tp": 120.0, "fp": -15.0, "tn": 0.0, "fn": -200.0}
SOLID = {"tp": 900, "fp": 100, "tn": 8900, "fn": 100}
POOR = {"tp": 700, "fp": 100, "tn": 8900, "fn": 300}
# Not quite as good, within chance.
ALIKE = {"tp": 895, "fp": 100, "tn": 8900, "fn": 105}


def figure(counts, values=VALUES, **changes):
    mean = sum(counts[name] * values[name] for name in values) * 1000 / sum(counts.values())
    found = {"currency": "EUR", "outcomes": counts, "values": values, "per_1000": mean}
    bounds = {"low": mean - 9, "high": mean + 9, "baseline": values, "baseline_per_1000": -2000.0}
    return found | bounds | changes


def asking(rule="not_significantly_worse", allowed_loss=0):
    evidence = "    evidence: [metrics]\n"
    line = f"    expected_value: {{rule: {rule}, allowed_loss: {allowed_loss}}}\n"
    return ENVIRONMENTS.replace(evidence, evidence + line, 1)


def promoted(ours, theirs, environments=None):
    """TWO on its way to test, where ONE runs."""
    base = BASE | {
        "gitops/environments.yaml": (environments or asking()).encode(),
        record_file(ONE.id): record(ONE, expected_value=theirs).to_json(),
        record_file(TWO.id): record(TWO, expected_value=ours).to_json(),
    }
    return proposal(UP, base=base)


def judged(*arguments):
    """Why the rule refuses it; None where it is kept."""
    return verdict(promoted(*arguments)).get("expected value")


def answer(*arguments):
    found = {item.rule: item.message for item in check(promoted(*arguments))}
    return found["expected value"]


def test_a_release_that_is_worth_as_much_may_pass():
    assert judged(figure(SOLID), figure(SOLID)) is None
    assert judged(figure(SOLID), figure(POOR)) is None
    said = answer(figure(SOLID), figure(POOR))
    assert said.startswith("8,650.00 EUR for 1000 decisions, ")
    assert "2,250.00: gain +6,400.00 [+" in said
    assert said.endswith("at 95 %, allowed loss 0 (not_significantly_worse)")


def test_a_release_that_is_worth_less_is_refused():
    said = judged(figure(POOR), figure(SOLID))

    assert "gain −6,400.00 [−" in said
    assert "Release a better model, or change expected_value of test" in said


def test_a_loss_within_chance_is_doubt_and_the_rule_says_whom_it_serves():
    assert judged(figure(ALIKE), figure(SOLID)) is None
    assert judged(figure(ALIKE), figure(SOLID), asking("not_worse")) is not None
    assert judged(figure(ALIKE), figure(SOLID), asking("not_worse", 5000)) is None


def test_an_allowed_loss_is_allowed():
    assert judged(figure(POOR), figure(SOLID), asking(allowed_loss=7000)) is None
    assert judged(figure(POOR), figure(SOLID), asking(allowed_loss=3000)) is not None


def test_where_nobody_asks_nothing_is_refused():
    assert judged(figure(POOR), figure(SOLID), ENVIRONMENTS) is None
    assert answer(figure(POOR), figure(SOLID), ENVIRONMENTS) == "not asked for"


def test_new_values_alone_make_no_difference():
    """The model is the same; only what a missed case costs was corrected."""
    dear = VALUES | {"fn": -2000.0}

    assert judged(figure(SOLID, dear), figure(SOLID)) is None
    assert "both with the new values" in answer(figure(SOLID, dear), figure(SOLID))
    # By the old values it would pass, by its own, which hold now, it does not.
    fewer_alarms = {"tp": 890, "fp": 0, "tn": 9000, "fn": 110}
    assert judged(figure(fewer_alarms), figure(SOLID)) is None
    dearer = VALUES | {"fn": -20000.0, "fp": -1.0}
    more_missed = {"tp": 860, "fp": 0, "tn": 9000, "fn": 140}
    assert judged(figure(more_missed, dearer), figure(SOLID)) is not None


def test_records_of_before_have_no_figure():
    old = json.loads(record(ONE).to_json())

    assert "expected_value" not in old
    assert parse_record(record(ONE).to_json(), "x") == record(ONE)
    assert judged(figure(SOLID), None) is None
    assert "has none to compare with" in answer(figure(SOLID), None)
    assert "see that observability/kpi.yaml fits" in judged(None, figure(SOLID))
    assert judged(None, None) is None


def test_a_release_takes_the_figure_of_its_bundle():
    assert built({**EVALUATION, "expected_value": figure(SOLID)}).expected_value == figure(SOLID)
    assert built().expected_value is None


@pytest.mark.parametrize(("ours", "is_kept"), [(SOLID, True), (POOR, False)])
def test_a_canary_starts_only_if_it_is_worth_as_much(ours, is_kept):
    world = World()
    path = "gitops/environments.yaml"
    line = b"    expected_value: {rule: not_significantly_worse, allowed_loss: 0}\n    window:"
    world.files[path] = world.files[path].replace(b"    window:", line)
    for of, counts in ((OLD, SOLID), (NEW, ours)):
        where = record_file(of.id)
        found = replace(parse_record(world.files[where], where), expected_value=figure(counts))
        world.files[where] = found.to_json()

    findings = check(world.proposal(plan_canary_start(world.base, "prod", NOW)))

    assert [item.rule for item in findings if not item.ok] == (
        [] if is_kept else ["expected value"]
    )


def test_a_first_release_has_nothing_to_compare_with():
    base = BASE | {"gitops/environments.yaml": asking().encode()}
    del base[release_file("test")]

    found = {item.rule: item for item in check(proposal(UP, base=base))}["expected value"]

    assert found.ok
    assert found.message == "test runs nothing else to compare with"


def test_other_outcomes_cannot_be_compared():
    values = {"within": 1.0, "over": 0.0, "under": 0.0}
    other = figure({"within": 10, "over": 1, "under": 1}, values)

    said = judged(other, figure(SOLID))

    assert "outcomes were fn, fp, tn, tp and are over, under, within now" in said


@pytest.mark.parametrize(
    "change",
    [
        {"outcomes": None},
        {"outcomes": {"tp": 1}},
        {"outcomes": dict.fromkeys(VALUES, 0)},
        {"outcomes": SOLID | {"tp": -1}},
        {"outcomes": SOLID | {"tp": 0.5}},
        {"values": VALUES | {"tp": "much"}},
        {"currency": None},
        {"per_1000": None},
    ],
)
def test_a_figure_that_was_broken_by_hand_is_refused(change):
    broken = figure(SOLID) | change

    assert "is broken" in judged(broken, figure(SOLID))
    assert "is broken" in judged(figure(SOLID), broken)
    assert "is broken" in worth_table(record(TWO, expected_value=broken), None, "test")


def test_pull_requests_show_both_and_the_difference():
    ours = record(TWO, expected_value=figure(SOLID))
    theirs = record(ONE, expected_value=figure(POOR))

    text = worth_table(ours, theirs, "prod")

    assert "| This release | 8,650.00 | 8,641.00 to 8,659.00 |" in text
    assert f"| `{ONE.id}` in prod | 2,250.00 |  |" in text
    assert "| Difference | +6,400.00 | " in text
    assert "| The baseline, for the same rows | −2,000.00 |  |" in text
    assert "On 10,000 test rows" in text
    assert "older than this figure" in worth_table(ours, record(ONE), "prod")
    assert "None is recorded" in worth_table(record(TWO), theirs, "prod")
    dear = record(TWO, expected_value=figure(SOLID, VALUES | {"fn": -1.0}))
    assert "The values have changed since" in worth_table(dear, theirs, "prod")


def test_equal_questions_get_equal_answers():
    ours = record(TWO, expected_value=figure(ALIKE))
    theirs = record(ONE, expected_value=figure(SOLID))

    assert compare(ours, theirs) == compare(ours, theirs)
    assert number(None) == "–"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("5", "expected_value must be a mapping of rule, allowed_loss"),
        ("{rule: better, allowed_loss: 0}", "rule is 'better'; it must be one of not_worse"),
        ("{rule: not_worse}", "allowed_loss is missing"),
        ("{rule: not_worse, allowed_loss: -1}", "line 13: allowed_loss must be an amount"),
        ("{rule: not_worse, allowed_loss: .inf}", "line 13: allowed_loss"),
        ("{rule: not_worse, allowed_loss: true}", "line 13: allowed_loss"),
        ("{rule: not_worse, allowed_loss: 0, by: x}", "by is unknown"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line(value, words):
    text = asking().replace("{rule: not_significantly_worse, allowed_loss: 0}", value)

    with pytest.raises(EnvironmentsError, match=words):
        load_environments(text, "gitops/environments.yaml")


def test_a_record_with_something_else_in_its_place_is_refused():
    with pytest.raises(RecordError, match="expected_value is 5"):
        parse_record(replace(record(TWO), expected_value=5).to_json(), "x")
