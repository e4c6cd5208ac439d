"""What only GitHub does: forks, automatic merges, merge methods, deleted accounts."""

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges.github import GitHubForge

BRANCH = "promote/prod/v7-3f9a1c20d4e1"


def opened(place):
    head = place.push(BRANCH, "release.yaml", "one")
    return place.forge.open(BRANCH, "trunk", "Promote v7 to prod", "text"), head


@pytest.mark.parametrize("url", ["/srv/git/risk.git", "https://github.com/acme", "a@b:c/d/e"])
def test_another_address_is_refused_with_an_example(tmp_path, url):
    with pytest.raises(ForgeError, match="must look like https://github.com/OWNER/NAME"):
        GitHubForge(tmp_path, url)


def test_it_merges_later_when_a_required_check_is_not_there_yet(github):
    github.hub.required = {"promotion"}
    pull, head = opened(github)
    before = github.remote("trunk")

    assert github.forge.merge(pull.number, head).state == "open"
    assert github.remote("trunk") == before
    github.forge.set_status(head, "promotion", "success", "all rules hold")

    assert github.parents("trunk") == [before, head]
    assert github.forge.pull_requests("merged")[0].number == pull.number


def test_where_automatic_merges_are_off_it_says_what_is_missing(github):
    github.hub.required, github.hub.takes_over = {"promotion"}, False
    pull, head = opened(github)

    with pytest.raises(ForgeError) as caught:
        github.forge.merge(pull.number, head)

    assert str(caught.value) == (
        f'pull request #1 cannot be merged yet (Required status check "promotion" is expected.), '
        "and GitHub does not do it later by itself (Auto merge is not allowed for this "
        "repository); allow auto-merge in the settings of acme/tumour-screening, or merge it by "
        f"hand: {pull.url}"
    )


def test_it_waits_until_github_knows_whether_there_are_conflicts(github):
    pull, head = opened(github)
    github.push("trunk", "release.yaml", "another")
    github.hub.unsettled = 3

    with pytest.raises(ForgeError, match="conflicts with trunk; close it and run the command"):
        github.forge.merge(pull.number, head)

    assert github.hub.unsettled == 0


def test_a_base_that_moved_in_the_same_moment_is_tried_once_more(github):
    pull, head = opened(github)
    about = {"allow_merge_commit": True}
    moved = (405, {}, {"message": "Base branch was modified. Review and try the merge again."})
    github.hub.refuse = [
        (200, {}, {**_get(github, 1)}),
        (200, {}, about),
        moved,
    ]

    assert github.forge.merge(pull.number, head).state == "merged"


def _get(place, number):
    place.forge.pull_requests()
    from github_server import shown

    return shown(place.hub, place.hub.find(number))


@pytest.mark.parametrize(
    ("allowed", "method"),
    [
        (("allow_merge_commit", "allow_squash_merge"), "merge"),
        (("allow_squash_merge", "allow_rebase_merge"), "squash"),
        (("allow_rebase_merge",), "rebase"),
    ],
)
def test_it_merges_by_a_method_that_the_repository_allows(github, allowed, method):
    github.hub.settings = dict.fromkeys(allowed, True)
    pull, head = opened(github)

    github.forge.merge(pull.number, head)

    (body,) = [body for verb, path, body in github.hub.requests if verb == "PUT"]
    assert body == {"sha": head, "merge_method": method}


def test_a_head_that_moves_between_question_and_merge_is_refused(github):
    pull, head = opened(github)
    about = {"allow_merge_commit": True}
    said = {"message": "Head branch was modified. Review and try the merge again."}
    github.hub.refuse = [(200, {}, _get(github, 1)), (200, {}, about), (409, {}, said)]

    with pytest.raises(ForgeError, match="cannot merge pull request #1 in acme.*Head branch was"):
        github.forge.merge(pull.number, head)


def test_a_fork_cannot_pretend_to_be_a_promotion(github):
    """Its branch may have the same name; it is neither listed, nor updated, nor merged."""
    head = github.push(BRANCH, "release.yaml", "one")
    for source in ("mallory/tumour-screening", None):
        github.hub.add(BRANCH, "trunk", "looks fine", "text", source=source)

    assert github.forge.pull_requests("all") == []
    github.hub.pulls[0]["state"] = github.hub.pulls[1]["state"] = "closed"
    pull = github.forge.open(BRANCH, "trunk", "Promote v7 to prod", "text")

    assert (pull.number, pull.head) == (3, head)
    assert github.hub.pulls[0]["title"] == "looks fine"


def test_somebody_faster_is_no_mistake(github):
    pull, _ = opened(github)
    # The list that it looks at first does not have it yet.
    github.hub.refuse = [(200, {}, [])]

    again = github.forge.open(BRANCH, "trunk", "Promote v7 to prod", "newer text")

    assert (again.number, again.body) == (pull.number, "newer text")


def test_an_account_that_is_gone_is_a_ghost(github):
    opened(github)
    github.hub.add(BRANCH, "trunk", "second", "", state="merged")

    assert [pull.author for pull in github.forge.pull_requests("all")] == ["ghost", "robin"]
    assert github.forge.pull_requests("merged")[0].body == ""


def test_long_lists_are_read_page_by_page(github):
    head = github.push(BRANCH, "release.yaml", "one")
    for number in range(150):
        github.hub.add(
            f"promote/dev/v{number}", "trunk", "title", "text", head=head, state="closed"
        )

    found = github.forge.pull_requests("closed")

    assert [pull.number for pull in found] == list(range(150, 0, -1))
    assert sum("/pulls?" in path for _, path, _ in github.hub.requests) == 2


def test_errors_of_other_systems_count_as_failures(github):
    head = github.push(BRANCH, "release.yaml", "one")
    github.hub.set_status(head, "argocd/prod", "error", None)

    (status,) = github.forge.statuses(head)

    assert (status.state, status.description) == ("failure", "")


def test_a_description_is_cut_to_what_github_takes(github):
    head = github.push(BRANCH, "release.yaml", "one")

    github.forge.set_status(head, "promotion", "failure", "x" * 500)

    assert github.forge.statuses(head)[0].description == "x" * 140


def test_a_refused_list_of_statuses_is_an_error(github):
    github.hub.refuse = [(500, {}, {"message": "oops"})]

    with pytest.raises(ForgeError, match="read the statuses of 111111111111 in acme"):
        github.forge.statuses("1" * 40)
