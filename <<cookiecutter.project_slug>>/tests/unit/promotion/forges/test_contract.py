"""What every forge does alike: the commands do not ask which one it is."""

from datetime import UTC, datetime

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.git import GitError

BRANCH = "promote/test/v7-3f9a1c20d4e1"
TEXT = (
    '| Metric | Value |\n| --- | ---: |\n| roc_auc | 0.98 `a|b` |\n\nPrüfung: ✓ "quoted" \\ & <b>\n'
)
REFUSED = (ForgeError, GitError)


def opened(place, branch=BRANCH, content="one"):
    head = place.push(branch, "release.yaml", content)
    return place.forge.open(branch, "trunk", "Promote v7 to test", TEXT, ("promotion",)), head


def checked(place, head):
    place.forge.set_status(head, "promotion", "success", "all rules hold")


def test_the_default_branch_is_what_the_repository_says(each):
    assert each.forge.default_branch() == "trunk"


def test_a_new_pull_request_is_as_it_was_asked_for(each):
    pull, head = opened(each)

    assert (pull.branch, pull.base, pull.head) == (BRANCH, "trunk", head)
    assert (pull.title, pull.body.strip()) == ("Promote v7 to test", TEXT.strip())
    assert (pull.state, pull.labels) == ("open", ("promotion",))
    assert pull.author and pull.url
    assert pull.created_at.tzinfo is not None
    assert each.forge.pull_requests() == [pull]


def test_opening_again_brings_it_up_to_date(each):
    first, _ = opened(each)
    head = each.push(BRANCH, "release.yaml", "two")

    again = each.forge.open(BRANCH, "trunk", "Promote v8 to test", "other", ("promotion", "fast"))

    assert (again.number, again.title, again.body, again.head) == (
        first.number,
        "Promote v8 to test",
        "other",
        head,
    )
    assert set(again.labels) == {"promotion", "fast"}
    assert each.forge.pull_requests() == [again]


def test_several_are_listed_newest_first(each):
    pulls = [opened(each, f"promote/{name}/v1", name)[0] for name in ("test", "staging", "prod")]

    assert [pull.branch for pull in each.forge.pull_requests()] == [
        pull.branch for pull in reversed(pulls)
    ]


def test_one_without_a_branch_is_refused(each):
    with pytest.raises(REFUSED, match="promote/test/nothing"):
        each.forge.open("promote/test/nothing", "trunk", "title", "body")

    assert each.forge.pull_requests("all") == []


def test_a_closed_one_is_out_of_the_way(each):
    pull, _ = opened(each)

    each.forge.close(pull.number, "replaced by v8")
    each.forge.close(pull.number, "replaced once more")

    assert each.forge.pull_requests() == []
    (closed,) = each.forge.pull_requests("all")
    assert (closed.number, closed.state) == (pull.number, "closed")
    again, _ = opened(each, content="two")
    assert again.number != pull.number
    assert [pull.state for pull in each.forge.pull_requests("all")] == ["open", "closed"]


def test_merging_makes_a_merge_commit_and_removes_the_branch(each):
    pull, head = opened(each)
    checked(each, head)
    before = each.remote("trunk")

    merged = each.forge.merge(pull.number, head)

    assert (merged.number, merged.state, merged.head) == (pull.number, "merged", head)
    assert each.parents("trunk") == [before, head]
    assert each.remote(BRANCH) == ""
    assert each.forge.pull_requests() == []
    assert [pull.state for pull in each.forge.pull_requests("all")] == ["merged"]


def test_merging_again_changes_nothing(each):
    pull, head = opened(each)
    checked(each, head)
    each.forge.merge(pull.number, head)
    after = each.remote("trunk")

    assert each.forge.merge(pull.number, head).state == "merged"
    assert each.remote("trunk") == after


def test_what_is_merged_is_what_was_checked(each):
    pull, checked_head = opened(each)
    checked(each, checked_head)
    before, newer = each.remote("trunk"), each.push(BRANCH, "release.yaml", "edited meanwhile")
    checked(each, newer)

    with pytest.raises(REFUSED, match=f"{newer[:12]} and not at {checked_head[:12]}"):
        each.forge.merge(pull.number, checked_head)

    assert each.remote("trunk") == before
    assert each.forge.pull_requests()[0].number == pull.number


def test_a_conflict_is_refused(each):
    pull, head = opened(each)
    checked(each, head)
    before = each.push("trunk", "release.yaml", "somebody else was faster")

    with pytest.raises(REFUSED, match="conflicts with trunk"):
        each.forge.merge(pull.number, head)

    assert each.remote("trunk") == before


def test_a_closed_one_cannot_be_merged(each):
    pull, head = opened(each)
    checked(each, head)
    each.forge.close(pull.number, "no")

    with pytest.raises(REFUSED, match="closed"):
        each.forge.merge(pull.number, head)


@pytest.mark.parametrize("act", ["close", "merge"])
def test_one_that_does_not_exist_is_refused(each, act):
    with pytest.raises(REFUSED, match="41"):
        getattr(each.forge, act)(41, "0" * 40)


def test_the_newest_status_comes_first(each):
    head = each.push(BRANCH, "release.yaml", "one")
    each.forge.set_status(head, "argocd/test", "pending", "syncing")
    each.forge.set_status(head, "promotion", "failure", "staging is not healthy")
    each.forge.set_status(head, "argocd/test", "success", "healthy since 08:00")

    found = each.forge.statuses(head)

    assert [(s.context, s.state, s.description) for s in found] == [
        ("argocd/test", "success", "healthy since 08:00"),
        ("promotion", "failure", "staging is not healthy"),
        ("argocd/test", "pending", "syncing"),
    ]
    assert all(status.at.tzinfo for status in found)
    assert found[0].at <= datetime.now(UTC)


@pytest.mark.parametrize("state", ["pending", "success", "failure"])
def test_the_same_state_can_be_set_twice(each, state):
    head = each.push(BRANCH, "release.yaml", "one")

    for _ in range(2):
        each.forge.set_status(head, "promotion", state, "as before")

    assert each.forge.statuses(head)[0].state == state


def test_nobody_has_said_anything_of_an_unknown_commit(each):
    assert each.forge.statuses("1" * 40) == []
