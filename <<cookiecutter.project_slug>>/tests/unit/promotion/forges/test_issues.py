"""Issues on every forge: one that is open of each title."""

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges.issues import (
    GitHubIssues,
    GitLabIssues,
    LocalIssues,
    choose_issues,
)

LABELS = ("model-monitoring", "drift")
KINDS = {"github": GitHubIssues, "gitlab": GitLabIssues, "local": LocalIssues}


@pytest.fixture
def issues(each):
    return choose_issues(each.root, each.url or None, each.forge.name)


def test_an_issue_is_opened_with_its_labels(each, issues):
    assert isinstance(issues, KINDS[each.forge.name])
    opened = issues.open_issue("v7 drifts", "- age: 0.5\n", LABELS)

    assert opened.title == "v7 drifts" and opened.body.strip() == "- age: 0.5"
    assert opened.state == "open" and set(opened.labels) == set(LABELS)
    assert opened.url
    assert issues.issues(LABELS[0]) == [opened]
    assert issues.issues("other") == []


def test_a_second_finding_changes_the_text_and_opens_none(issues):
    first = issues.open_issue("v7 drifts", "- age: 0.5\n", LABELS)
    again = issues.open_issue("v7 drifts", "- age: 0.7\n", LABELS)
    other = issues.open_issue("v8 drifts", "- age: 0.5\n", LABELS)

    assert again.number == first.number != other.number
    assert again.body.strip() == "- age: 0.7"
    assert {issue.number for issue in issues.issues(LABELS[0])} == {first.number, other.number}


def test_a_pull_request_is_no_issue(each, issues):
    each.push("feature", "file", "content")
    each.forge.open("feature", "trunk", "v7 drifts", "text", LABELS)

    opened = issues.open_issue("v7 drifts", "text", LABELS)

    assert issues.issues(LABELS[0]) == [opened]


# A repository alone refuses nobody.
@pytest.mark.parametrize("each", ["github", "gitlab"], indirect=True)
def test_a_refusal_is_told(each, issues):
    each.hub.refuse = [(200, {}, []), (403, {}, {"message": "Issues are off"})]

    with pytest.raises(ForgeError, match="open an issue.*Issues are off"):
        issues.open_issue("v7 drifts", "text", LABELS)
