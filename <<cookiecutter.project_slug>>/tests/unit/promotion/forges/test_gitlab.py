"""What only GitLab does: merge requests that check themselves, states that do not repeat."""

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges import gitlab as module

BRANCH = "promote/prod/v7-3f9a1c20d4e1"


def opened(place):
    head = place.push(BRANCH, "release.yaml", "one")
    return place.forge.open(BRANCH, "trunk", "Promote v7 to prod", "text"), head


def test_it_merges_later_when_a_required_check_is_not_there_yet(gitlab):
    gitlab.hub.required = {"promotion"}
    pull, head = opened(gitlab)
    before = gitlab.remote("trunk")

    assert gitlab.forge.merge(pull.number, head).state == "open"
    assert gitlab.remote("trunk") == before
    gitlab.forge.set_status(head, "promotion", "success", "all rules hold")

    assert gitlab.parents("trunk") == [before, head]
    assert gitlab.forge.pull_requests("merged")[0].number == pull.number


def test_where_it_does_not_merge_later_it_says_what_is_missing(gitlab):
    gitlab.hub.required, gitlab.hub.takes_over = {"promotion"}, False
    pull, head = opened(gitlab)

    with pytest.raises(ForgeError) as caught:
        gitlab.forge.merge(pull.number, head)

    assert str(caught.value) == (
        "merge request !1 cannot be merged (ci must pass), and GitLab does not do it later by "
        f"itself (405 Method Not Allowed); see what it needs: {pull.url}"
    )


def test_it_waits_until_gitlab_knows_whether_it_can_be_merged(gitlab):
    pull, head = opened(gitlab)
    gitlab.hub.unsettled = 3

    assert gitlab.forge.merge(pull.number, head).state == "merged"


def test_it_does_not_wait_for_ever(gitlab, monkeypatch):
    monkeypatch.setattr(module, "_SETTLE_SECONDS", 0)
    gitlab.hub.takes_over = False
    pull, head = opened(gitlab)
    gitlab.hub.required, gitlab.hub.unsettled = {"promotion"}, 1000

    with pytest.raises(ForgeError, match=r"cannot be merged \(checking\)"):
        gitlab.forge.merge(pull.number, head)


def test_a_head_that_moves_between_question_and_merge_is_refused(gitlab):
    pull, head = opened(gitlab)
    from gitlab_server import shown

    item = shown(gitlab.hub, gitlab.hub.find(1))
    said = {"message": "SHA does not match HEAD of source branch"}
    gitlab.hub.refuse = [(200, {}, item), (200, {}, item), (409, {}, said)]

    with pytest.raises(ForgeError, match="cannot merge !1 in acme.*SHA does not match"):
        gitlab.forge.merge(pull.number, head)


def test_a_fork_cannot_pretend_to_be_a_promotion(gitlab):
    head = gitlab.push(BRANCH, "release.yaml", "one")
    gitlab.hub.add(BRANCH, "trunk", "looks fine", "text", source="mallory/risk")

    assert gitlab.forge.pull_requests("all") == []
    gitlab.hub.pulls[0]["state"] = "closed"
    pull = gitlab.forge.open(BRANCH, "trunk", "Promote v7 to prod", "text")

    assert (pull.number, pull.head) == (2, head)
    assert gitlab.hub.pulls[0]["title"] == "looks fine"


def test_somebody_faster_is_no_mistake(gitlab):
    pull, _ = opened(gitlab)
    gitlab.hub.refuse = [(200, {}, [])]

    again = gitlab.forge.open(BRANCH, "trunk", "Promote v7 to prod", "newer text")

    assert (again.number, again.body) == (pull.number, "newer text")


def test_one_that_did_not_change_is_not_written_again(gitlab):
    opened(gitlab)
    before = len(gitlab.hub.requests)

    gitlab.forge.open(BRANCH, "trunk", "Promote v7 to prod", "text")

    assert [verb for verb, _, _ in gitlab.hub.requests[before:]] == ["GET"]


def test_while_gitlab_merges_it_counts_as_open(gitlab):
    opened(gitlab)
    gitlab.hub.pulls[0]["state"] = "locked"

    assert [pull.state for pull in gitlab.forge.pull_requests("all")] == ["open"]


def test_the_branch_goes_with_the_merge(gitlab):
    opened(gitlab)

    created = next(body for verb, path, body in gitlab.hub.requests if verb == "POST")

    assert created["remove_source_branch"] is True


def test_long_lists_are_read_page_by_page(gitlab):
    head = gitlab.push(BRANCH, "release.yaml", "one")
    for number in range(150):
        gitlab.hub.add(f"promote/dev/v{number}", "trunk", "title", "", head=head, state="closed")

    found = gitlab.forge.pull_requests("closed")

    assert [pull.number for pull in found] == list(range(150, 0, -1))
    assert {pull.body for pull in found} == {""}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        *(("running", "pending"), ("created", "pending"), ("canceled", "failure")),
        *(("skipped", "success"), ("failed", "failure"), ("manual", "pending")),
    ],
)
def test_states_of_jobs_are_told_in_three_words(gitlab, theirs, ours):
    head = gitlab.push(BRANCH, "release.yaml", "one")
    gitlab.hub.set_status(head, "verify", theirs, None)

    (status,) = gitlab.forge.statuses(head)

    assert (status.state, status.description) == (ours, "")


def test_a_status_that_gitlab_refuses_is_an_error(gitlab):
    head = gitlab.push(BRANCH, "release.yaml", "one")
    said = {"message": "Cannot transition status via :run from :success"}
    gitlab.hub.refuse = [(400, {}, said)]

    with pytest.raises(ForgeError, match="cannot set the status promotion in acme"):
        gitlab.forge.set_status(head, "promotion", "pending", "waits")


def test_a_refused_list_of_statuses_is_an_error(gitlab):
    gitlab.hub.refuse = [(500, {}, {"message": "oops"})]

    with pytest.raises(ForgeError, match="read the statuses of 111111111111"):
        gitlab.forge.statuses("1" * 40)
