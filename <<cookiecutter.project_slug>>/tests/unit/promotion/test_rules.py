"""Every rule on a branch: one case in which it is kept and at least one in which it is not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from project import ENVIRONMENTS, NOW, record, release

from <<cookiecutter.package_name>>.promotion.blocked import Blocked, add_blocked
from <<cookiecutter.package_name>>.promotion.findings import Health, Proposal
from <<cookiecutter.package_name>>.promotion.places import BLOCKED, record_file, release_file
from <<cookiecutter.package_name>>.promotion.plans import Snapshot
from <<cookiecutter.package_name>>.promotion.rules import check

ONE, TWO = release(1), release(2)
BASE = {
    "gitops/environments.yaml": ENVIRONMENTS.encode(),
    "gitops/overlays/test/settings.yaml": b"replicas: 1\n",
    release_file("dev"): TWO.to_yaml(),
    release_file("test"): ONE.to_yaml(),
    record_file(ONE.id): record(ONE).to_json(),
    record_file(TWO.id): record(TWO).to_json(),
}


def proposal(changes, base=BASE, state="success", earlier=(), moved=(), now=NOW):
    head = {path: content for path, content in (base | changes).items() if content is not None}
    return Proposal(
        base=Snapshot("b" * 40, base.get),
        head=Snapshot("h" * 40, head.get),
        paths=tuple(sorted(changes)),
        moved=tuple(moved),
        health=lambda name: Health(name, state, "as it said", "c" * 40),
        earlier=lambda name: [of.to_yaml() for of in earlier],
        trailers={},
        now=now,
    )


def verdict(found):
    """The rules that are refused, and what they say."""
    return {item.rule: item.message for item in check(found) if not item.ok}


def blocking(of, base=BASE):
    entry = Blocked(of.id, "slow", "2026-11-24T09:30:00Z", "Ann")
    return add_blocked(base.get(BLOCKED), entry, BLOCKED)


UP = {release_file("test"): TWO.to_yaml()}


def test_a_good_promotion_keeps_every_rule():
    findings = check(proposal(UP))

    assert [finding.rule for finding in findings if not finding.ok] == []
    assert [finding.rule for finding in findings] == [
        "evidence is kept",
        "release",
        "files",
        "new",
        "source",
        "record",
        "evidence",
        "expected value",
        "health",
        "not blocked",
        "no rollout",
        "strategy",
        "window",
        "fresh",
    ]
    assert str(findings[1]) == f"  [     ok] release: {TWO.id} is whole and immutable"


def test_the_first_release_comes_with_its_record():
    base = {"gitops/environments.yaml": ENVIRONMENTS.encode()}
    changes = {release_file("dev"): ONE.to_yaml(), record_file(ONE.id): record(ONE).to_json()}

    assert verdict(proposal(changes, base)) == {}
    del changes[record_file(ONE.id)]
    assert "`make release` writes it" in verdict(proposal(changes, base))["record"]
    wrong = {**changes, record_file(ONE.id): record(ONE, run="other").to_json()}
    assert "run differ" in verdict(proposal(wrong, base))["record"]


@pytest.mark.parametrize(
    "changes",
    [
        {"gitops/overlays/test/settings.yaml": b"replicas: 3\n"},
        {"gitops/environments.yaml": b"mesh: ["},
        {"README.md": b"new", "src/model.py": b"new"},
        {BLOCKED: blocking(ONE)},
    ],
)
def test_what_is_no_promotion_passes(changes):
    findings = check(proposal(changes))

    assert all(finding.ok for finding in findings)
    assert findings[-1].message == "not a promotion"


def test_settings_and_a_release_do_not_mix():
    changes = {**UP, "gitops/overlays/test/settings.yaml": b"replicas: 3\n", "README.md": b"x"}

    assert verdict(proposal(changes)) == {
        "files": "the branch also changes README.md, gitops/overlays/test/settings.yaml; put that "
        "into a pull request of its own"
    }


def test_a_branch_cannot_relax_its_own_rules():
    relaxed = ENVIRONMENTS.replace("source: dev", "source: null").encode()
    changes = {**UP, "gitops/environments.yaml": relaxed}

    assert list(verdict(proposal(changes, state="failure"))) == ["files", "health"]


def test_one_environment_at_a_time():
    changes = {**UP, release_file("staging"): ONE.to_yaml()}

    assert "staging, test at once" in verdict(proposal(changes))["one environment"]


def test_an_overlay_that_is_no_environment():
    changes = {release_file("live"): TWO.to_yaml()}

    assert "no environment 'live'" in verdict(proposal(changes))["environment"]


def test_a_release_file_is_not_removed():
    assert "is removed" in verdict(proposal({release_file("test"): None}))["release"]


def test_a_release_file_broken_by_hand():
    changes = {release_file("test"): TWO.to_yaml().replace(b'"v2"', b'"v3"')}

    assert "something was changed by hand" in verdict(proposal(changes))["release"]


def test_environments_are_not_skipped():
    changes = {release_file("staging"): TWO.to_yaml()}

    assert "test, the environment before, runs v1-" in verdict(proposal(changes))["source"]
    changes = {release_file("prod"): TWO.to_yaml()}
    assert "staging, the environment before, runs nothing" in verdict(proposal(changes))["source"]


def test_equal_means_equal_bytes():
    changes = {release_file("test"): b"# Mine.\n" + TWO.to_yaml().split(b"\n", 1)[1]}

    assert list(verdict(proposal(changes))) == ["source"]


def test_what_runs_already_is_not_new():
    base = {**BASE, release_file("test"): b"# Old.\n" + TWO.to_yaml().split(b"\n", 1)[1]}

    assert f"test runs {TWO.id} already" in verdict(proposal(UP, base))["new"]


@pytest.mark.parametrize("state", ["failure", "pending", "unknown"])
def test_the_environment_below_must_be_healthy(state):
    assert f"({state}): as it said" in verdict(proposal(UP, state=state))["health"]


def test_evidence_that_the_environment_asks_for():
    base = {**BASE, release_file("test"): TWO.to_yaml(), release_file("staging"): TWO.to_yaml()}
    base[record_file(TWO.id)] = record(TWO, load_test=None).to_json()
    changes = {release_file("prod"): TWO.to_yaml()}

    assert "load_test: not recorded" in verdict(proposal(changes, base))["evidence"]
    base[record_file(TWO.id)] = None
    found = verdict(proposal(changes, base))
    assert found["evidence"] == "there is no record"
    assert list(found) == ["record", "evidence"]


def test_a_load_test_added_meanwhile_counts_for_an_open_branch():
    base = {**BASE, release_file("test"): TWO.to_yaml(), release_file("staging"): TWO.to_yaml()}
    found = proposal({release_file("prod"): TWO.to_yaml()}, base)
    older = {record_file(TWO.id): record(TWO, load_test=None).to_json()}
    head = Snapshot("h" * 40, {**base, **older, release_file("prod"): TWO.to_yaml()}.get)

    assert verdict(replace(found, head=head)) == {}


def test_a_blocked_release_goes_nowhere():
    base = {**BASE, BLOCKED: blocking(TWO)}

    assert "slow" in verdict(proposal(UP, base))["not blocked"]


def test_a_list_that_cannot_be_read_blocks_everything():
    base = {**BASE, BLOCKED: b"blocked: none\n"}

    assert BLOCKED in verdict(proposal(UP, base))["not blocked"]


def test_the_clock():
    base = {**BASE, release_file("staging"): TWO.to_yaml()}
    changes = {release_file("prod"): TWO.to_yaml()}
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)

    assert verdict(proposal(changes, base)) == {}
    assert list(verdict(proposal(changes, base, now=friday))) == ["window"]


@pytest.mark.parametrize(
    "moved", ["gitops/overlays/test/settings.yaml", "gitops/overlays/test/release.yaml"]
)
def test_a_stale_branch(moved):
    assert moved in verdict(proposal(UP, moved=[moved]))["fresh"]


def test_a_branch_does_not_grow_stale_by_other_changes():
    moved = ["README.md", "gitops/overlays/prod/release.yaml"]

    assert verdict(proposal(UP, moved=moved)) == {}


def test_a_rollout_under_way_comes_first():
    base = {**BASE, "gitops/overlays/test/rollout/state.yaml": b"kind: canary\n"}

    assert "has a rollout under way" in verdict(proposal(UP, base))["no rollout"]


def test_a_canary_environment_takes_only_its_first_release_directly():
    text = ENVIRONMENTS.replace("mesh: none", "mesh: istio").replace(
        "source: dev", "source: dev\n    strategy: canary"
    )
    base = {**BASE, "gitops/environments.yaml": text.encode()}

    assert "as a canary" in verdict(proposal(UP, base))["strategy"]
    del base[release_file("test")]
    assert verdict(proposal(UP, base)) == {}


# Rollbacks

RAN_TWO = {**BASE, release_file("test"): TWO.to_yaml()}
BACK = {release_file("test"): ONE.to_yaml(), BLOCKED: blocking(TWO)}


def test_a_good_rollback_keeps_every_rule():
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)
    findings = check(proposal(BACK, RAN_TWO, state="failure", earlier=[ONE], now=friday))

    assert [finding.rule for finding in findings if not finding.ok] == []
    assert [finding.rule for finding in findings] == [
        "evidence is kept",
        "release",
        "files",
        "earlier",
        "blocks",
        "not blocked",
        "no rollout",
        "window",
        "fresh",
    ]


def test_a_rollback_goes_only_where_the_environment_was():
    assert "test never ran" in verdict(proposal(BACK, RAN_TWO))["earlier"]


def test_a_rollback_blocks_what_it_leaves_and_nothing_else():
    for wrong in (
        blocking(ONE),
        b"blocked: []\n",
        blocking(ONE, {BLOCKED: blocking(TWO)}),
    ):
        changes = {**BACK, BLOCKED: wrong}
        found = verdict(proposal(changes, RAN_TWO, earlier=[ONE]))
        assert f"must gain an entry for {TWO.id}" in found["blocks"]


def test_a_rollback_of_what_is_blocked_already():
    base = {**RAN_TWO, BLOCKED: blocking(TWO)}
    changes = {release_file("test"): ONE.to_yaml()}

    assert verdict(proposal(changes, base, earlier=[ONE])) == {}


def test_a_rollback_onto_a_blocked_release():
    base = {**RAN_TWO, BLOCKED: blocking(ONE)}
    changes = {**BACK, BLOCKED: blocking(TWO, base)}

    assert list(verdict(proposal(changes, base, earlier=[ONE]))) == ["not blocked"]


def test_a_rollback_hides_nothing():
    changes = {**BACK, "gitops/overlays/test/settings.yaml": b"replicas: 9\n"}

    assert list(verdict(proposal(changes, RAN_TWO, earlier=[ONE]))) == ["files"]


def test_a_promotion_does_not_unblock_itself():
    base = {**BASE, BLOCKED: blocking(TWO)}

    found = verdict(proposal({**UP, BLOCKED: b"blocked: []\n"}, base))
    assert {"not blocked", "blocks", "earlier"} <= set(found)


# Records


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (None, "is removed"),
        (record(TWO, created_by="Bob").to_json(), "recorded once"),
        (record(TWO, load_test=None).to_json(), "recorded once"),
        (record(ONE).to_json(), "holds the record of v1-"),
        (b"{}", "no record of a release"),
    ],
)
def test_evidence_is_not_rewritten(after, words):
    found = verdict(proposal({record_file(TWO.id): after}))

    assert words in found["evidence is kept"]


def test_a_load_test_may_be_added():
    base = {**BASE, record_file(TWO.id): record(TWO, load_test=None).to_json()}

    assert verdict(proposal({record_file(TWO.id): record(TWO).to_json()}, base)) == {}


def test_a_record_without_a_release_is_read_too():
    third = release(3)

    assert verdict(proposal({record_file(third.id): record(third).to_json()})) == {}


def test_a_broken_list_of_environments_refuses_every_promotion():
    base = {**BASE, "gitops/environments.yaml": b"mesh: ["}

    assert "gitops/environments.yaml" in verdict(proposal(UP, base))["environment"]


def test_the_rules_of_rollouts_are_asked_for_rollouts():
    path = "gitops/overlays/test/rollout/state.yaml"
    found = proposal({**UP, path: b"kind: nonsense\n"})

    assert "rollout" in verdict(found)
    other = replace(found, paths=(path, release_file("prod")))
    assert "prod, test at once" in verdict(other)["one environment"]
