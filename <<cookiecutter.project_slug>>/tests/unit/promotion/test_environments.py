"""The order of promotion: read strictly, with line numbers in every complaint."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from project import ENVIRONMENTS

from <<cookiecutter.package_name>>.promotion.environments import (
    EnvironmentsError,
    load_environments,
    window_open,
)

WHERE = "gitops/environments.yaml"


def test_the_whole_file_is_understood():
    found = load_environments(ENVIRONMENTS, WHERE)

    assert found.names == ("dev", "test", "staging", "prod")
    assert (found.mesh, found.canary_steps) == ("none", (10, 100))
    assert found.first is found.get("dev")
    assert [item.name for item in found.after("test")] == ["staging"]
    assert found.after("prod") == ()
    prod = found.get("prod")
    assert (prod.source, prod.strategy, prod.auto_merge) == ("staging", "direct", False)
    assert prod.evidence == ("metrics", "drift", "quality", "load_test")
    assert str(prod.window) == "mon, tue, wed, thu 08:00 to 16:00 Etc/UTC"


def test_an_unknown_environment_is_answered_with_the_known_ones():
    with pytest.raises(EnvironmentsError, match="no environment 'live'.* dev, test, staging, prod"):
        load_environments(ENVIRONMENTS, WHERE).get("live")


def edited(old: str, new: str) -> str:
    assert old in ENVIRONMENTS
    return ENVIRONMENTS.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (edited("mesh: none", "mesh: consul"), "line 1: mesh is 'consul'"),
        (edited("mesh: none\n", ""), "line 1: mesh is missing in the file"),
        (edited("mesh: none", "mash: none"), "line 1: mash is unknown"),
        (edited("[10, 100]", "[10, 50]"), "line 3: steps must be rising"),
        (edited("[10, 100]", "[10, 10, 100]"), "line 3: steps"),
        (edited("[10, 100]", "[0, 100]"), "line 3: steps"),
        (edited("[10, 100]", "['10', 100]"), "line 3: steps"),
        (edited("[10, 100]", "[]"), "line 3: steps"),
        (edited("canary:\n  steps: [10, 100]", "canary: []"), "canary must be a mapping of steps"),
        (edited("name: dev", "name: Dev"), "line 5: name must be lower-case"),
        (edited("name: test", "name: dev"), "line 8: name 'dev' is listed twice"),
        (edited("source: null", "source: prod"), "line 6: source of dev, the first"),
        (edited("source: dev", "source: null"), "line 9: source of test must be one listed above"),
        (edited("source: dev", "source: prod"), "line 9: .*listed above: dev"),
        (edited("auto_merge: true", 'auto_merge: "yes"'), "line 7: auto_merge must be true"),
        (edited("evidence: [metrics]", "evidence: [luck]"), "line 12: evidence must be a list of"),
        (edited("evidence: [metrics]", "evidence: metrics"), "line 12: evidence"),
        (edited("evidence: [metrics]", "strategy: canary"), "line 12: .* needs a mesh"),
        (edited("evidence: [metrics]", "strategy: blue"), "line 12: strategy is 'blue'"),
        (edited("days: [mon,", "days: [monday,"), "line 21: days"),
        (edited("days: [mon, tue, wed, thu]", "days: []"), "line 21: days"),
        (edited('"16:00"', "16:00"), "line 23: to must be a time in quotes"),
        (edited('"16:00"', '"24:00"'), "line 23: to"),
        (edited('"16:00"', '"08:00"'), "line 23: to must differ"),
        (edited("Etc/UTC", "Etc/Nowhere"), "line 24: time_zone 'Etc/Nowhere'"),
        (edited("Etc/UTC", "/etc/passwd"), "line 24: time_zone"),
        (edited("Etc/UTC", "5"), "line 24: time_zone"),
        (edited("    window:\n", "    window: often\n    x:\n"), "line 21: x is unknown"),
        (edited("      days: [mon, tue, wed, thu]\n", ""), "line 21: days is missing"),
        (edited("  - name: dev\n", "  - name: dev\n    name: dov\n"), "'name' is given twice"),
        (edited("  - name: dev\n", "  - 5: dev\n"), "line 5: the key 5"),
        ("mesh: [", "not valid"),
        ("", "the file must be a mapping"),
        ("mesh: none\ncanary: {steps: [100]}\nenvironments: []\n", "line 3: environments must be"),
        ("mesh: none\ncanary: {steps: [100]}\nenvironments: [dev]\n", "an environment must be"),
    ],
)
def test_every_mistake_is_named_with_its_line(text, words):
    with pytest.raises(EnvironmentsError, match=words) as raised:
        load_environments(text, WHERE)

    assert str(raised.value).startswith(WHERE)


def test_a_canary_needs_an_environment_below():
    text = edited("mesh: none", "mesh: istio").replace(
        "source: null", "source: null\n    strategy: canary"
    )

    with pytest.raises(EnvironmentsError, match="line 7: .*the first environment cannot have"):
        load_environments(text, WHERE)


def test_a_mesh_allows_a_canary():
    text = edited("mesh: none", "mesh: istio").replace(
        "evidence: [metrics]\n", "strategy: canary\n"
    )

    assert load_environments(text.encode(), WHERE).get("test").strategy == "canary"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-24T08:00+00:00", True),
        ("2026-11-24T07:59:59+00:00", False),
        ("2026-11-24T15:59:59+00:00", True),
        ("2026-11-24T16:00+00:00", False),
        # Friday, and a Thursday evening that is Friday somewhere else.
        ("2026-11-27T10:00+00:00", False),
        ("2026-11-27T00:30+09:00", True),
    ],
)
def test_the_window_opens_and_closes(moment, is_open):
    prod = load_environments(ENVIRONMENTS, WHERE).get("prod")

    assert window_open(prod, datetime.fromisoformat(moment))[0] is is_open


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_starts():
    text = edited('"08:00"', '"22:00"').replace('"16:00"', '"02:00"')
    text = text.replace("[mon, tue, wed, thu]", "[mon]").replace("Etc/UTC", "Europe/Berlin")
    prod = load_environments(text, WHERE).get("prod")
    berlin = timezone(timedelta(hours=1))

    for day, hour, is_open in ((23, 21, False), (23, 23, True), (24, 1, True), (24, 3, False)):
        moment = datetime(2026, 11, day, hour, tzinfo=berlin).astimezone(UTC)
        assert window_open(prod, moment)[0] is is_open
    assert "closed now (tue 03:00): mon 22:00 to 02:00" in window_open(prod, moment)[1]


def test_without_a_window_any_time_will_do():
    dev = load_environments(ENVIRONMENTS, WHERE).first

    assert window_open(dev, datetime(2026, 12, 26, tzinfo=UTC)) == (True, "no window: any time")
