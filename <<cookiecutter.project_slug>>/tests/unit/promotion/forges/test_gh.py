"""What a person reads when GitHub cannot be asked, said by the real `gh` where there is one."""

import subprocess

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError, gh
from <<cookiecutter.package_name>>.promotion.forges.github import GitHubForge


def message(place, act=lambda forge: forge.default_branch()) -> str:
    with pytest.raises(ForgeError) as caught:
        act(place.forge)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_without_the_program_it_says_where_to_get_it(place, monkeypatch):
    monkeypatch.setenv("PATH", str(place.root))
    place.forge = GitHubForge(place.root, "https://github.com/acme/risk")

    assert message(place) == (
        "GitHub is reached through its program gh, which is not installed; "
        "https://cli.github.com says how to install it"
    )


@pytest.mark.parametrize("code", [401, 403, 404])
def test_without_a_login_it_says_how_to_log_in(github, monkeypatch, code):
    monkeypatch.delenv("GH_ENTERPRISE_TOKEN")
    host = github.url.split("/")[2]
    github.hub.refuse = [(code, {}, {"message": "Requires authentication"})]

    assert message(github) == (
        f"gh is not logged in: run `gh auth login --hostname {host}`, or set GH_ENTERPRISE_TOKEN"
    )


def test_a_refused_token_is_named_by_the_variable_of_the_host(github):
    github.hub.refuse = [(401, {}, {"message": "Bad credentials"})]

    text = message(github)

    assert "does not take the login (Bad credentials): run `gh auth login --hostname 127." in text
    assert text.endswith("or set GH_ENTERPRISE_TOKEN")


def test_without_a_network_it_says_whom_it_did_not_reach(github):
    github.forge = GitHubForge(github.root, "https://127.0.0.1:1/acme/risk")

    text = message(github)

    assert text.startswith("no answer from 127.0.0.1:1: ")
    assert "connection refused" in text
    assert text.endswith("; check the network and try again")


def test_an_answer_that_takes_too_long_is_not_waited_for(place, monkeypatch):
    script = place.root / "gh"
    script.write_text("#!/bin/sh\nexec sleep 30\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{place.root}:/usr/bin:/bin")
    monkeypatch.setattr(gh, "_SECONDS", 0.2)
    place.forge = GitHubForge(place.root, "https://github.com/acme/risk")

    assert message(place) == "github.com did not answer within 0.2 s; try again"


@pytest.mark.parametrize(
    ("code", "headers", "said", "expected"),
    [
        (403, {"Retry-After": "30"}, "You have exceeded a secondary rate limit", "in 30 s"),
        (403, {"X-RateLimit-Reset": "1793520000"}, "API rate limit exceeded", "after 08:00:00 UTC"),
        (429, {}, "Slow down", "in a few minutes"),
    ],
)
def test_a_limit_says_when_to_try_again(github, code, headers, said, expected):
    github.hub.refuse = [(code, headers, {"message": said})]

    text = message(github)

    assert text.startswith("cannot read its settings in acme/tumour-screening: 127.0.0.1:")
    assert text.endswith(f" limits requests; try again {expected}")


def test_a_repository_that_is_not_there_is_named(github):
    url = github.url.replace("acme/tumour-screening", "acme/risk")
    github.forge = GitHubForge(github.root, url)

    for act in (lambda f: f.default_branch(), lambda f: f.pull_requests()):
        text = message(github, act)
        assert text.startswith("there is no repository acme/risk on 127.0.0.1:")
        assert text.endswith(", or this login may not see it")


def test_a_missing_permission_is_named(github):
    said = "Resource not accessible by integration"
    github.hub.refuse = [(403, {}, {"message": said})]

    def act(forge):
        forge.set_status("1" * 40, "promotion", "success", "")

    assert message(github, act) == (
        f"cannot set the status promotion in acme/tumour-screening: {said}; this login needs to "
        "write contents, pull requests and commit statuses"
    )


@pytest.mark.parametrize("body", ["<html>maintenance</html>", ""])
def test_a_fault_of_the_server_is_told_as_one(github, body):
    github.hub.refuse = [(503, {"Content-Type": "text/html"}, body)]

    text = message(github)

    assert "has a fault (HTTP 503); try again later" in text
    assert "html" not in text


def test_other_refusals_are_passed_on_with_their_details(github):
    errors = [{"field": "head", "code": "invalid"}, {"message": "No commits between them"}, "more"]
    github.hub.refuse = [(200, {}, []), (422, {}, {"message": "Validation", "errors": errors})]

    assert message(github, lambda forge: forge.open("branch", "trunk", "title", "body")) == (
        "cannot open a pull request from branch in acme/tumour-screening: Validation; head is "
        "invalid; No commits between them; more (HTTP 422)"
    )


def test_the_program_runs_where_the_project_is_and_asks_nothing(place, monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options, command=command)
        return subprocess.CompletedProcess(command, 1, "", "")

    monkeypatch.setattr(gh.subprocess, "run", run)
    place.forge = GitHubForge(place.root, "https://ssh.github.com:443/acme/risk")
    place.forge = GitHubForge(place.root, "ssh://git@ssh.github.com:443/acme/risk.git")

    assert message(place).startswith("no answer from github.com: gh ended with 1; ")
    assert seen["cwd"] == place.root
    assert seen["env"]["GH_HOST"] == "github.com"
    assert seen["env"]["GH_PROMPT_DISABLED"] == "1"


def test_a_login_to_github_itself_has_another_variable(place, monkeypatch):
    answer = "HTTP/2.0 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n{}"
    monkeypatch.setattr(
        gh.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, answer)
    )
    place.forge = GitHubForge(place.root, "git@github.com:acme/risk.git")

    assert message(place) == (
        "github.com does not take the login (HTTP 401): run `gh auth login --hostname github.com`, "
        "or set GH_TOKEN"
    )
