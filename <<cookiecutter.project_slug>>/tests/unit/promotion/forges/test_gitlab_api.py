"""Where the API is, which token is sent to whom, and what a refusal says."""

import pytest
from gitlab_server import TOKEN

from <<cookiecutter.package_name>>.promotion.forges import ForgeError
from <<cookiecutter.package_name>>.promotion.forges.gitlab import GitLabForge
from <<cookiecutter.package_name>>.promotion.forges.gitlab_api import find_project

OWN = {"GITLAB_URL": "https://example.com/git/"}
JOB = {
    "CI_API_V4_URL": "https://example.com/git/api/v4",
    "CI_PROJECT_PATH": "acme/risk/model",
}


@pytest.mark.parametrize(
    ("remote", "variables", "api", "project"),
    [
        ("https://gitlab.com/acme/model.git", {}, "https://gitlab.com/api/v4", "acme/model"),
        ("git@gitlab.com:acme/risk/model.git", {}, "https://gitlab.com/api/v4", "acme/risk/model"),
        ("ssh://git@altssh.gitlab.com:443/acme/model", {}, "https://gitlab.com/api/v4", None),
        (
            "ssh://git@gitlab.example.com:2222/acme/model",
            {},
            "https://gitlab.example.com/api/v4",
            0,
        ),
        ("http://127.0.0.1:8080/acme/model", {}, "http://127.0.0.1:8080/api/v4", "acme/model"),
        # Only the web address has the server's path in it.
        ("https://example.com/git/acme/model.git", OWN, "https://example.com/git/api/v4", None),
        ("git@ssh.example.com:acme/model.git", OWN, "https://example.com/git/api/v4", None),
        # In a job, whatever address the runner clones from.
        ("http://relay:8080/acme/risk/model.git", JOB, JOB["CI_API_V4_URL"], "acme/risk/model"),
        ("https://x:y" + "@example.com/git/acme/risk/model.git", JOB, JOB["CI_API_V4_URL"], 1),
        # A job that works on another project than its own.
        ("https://gitlab.com/acme/other.git", JOB, "https://gitlab.com/api/v4", "acme/other"),
    ],
)
def test_the_api_of_a_remote_is_found(remote, variables, api, project):
    expected = {None: "acme/model", 0: "acme/model", 1: "acme/risk/model"}.get(project, project)

    assert find_project(remote, variables) == (api, expected)


@pytest.mark.parametrize("remote", ["/srv/git/model.git", "https://gitlab.com/model"])
def test_another_address_is_refused_with_an_example(remote):
    with pytest.raises(ForgeError, match="must look like https://gitlab.com/GROUP/NAME"):
        find_project(remote, {})


@pytest.mark.parametrize("own", ["example.com/git", "ssh://example.com", "https://"])
def test_a_server_that_is_no_web_address_is_refused(own):
    with pytest.raises(ForgeError, match="GITLAB_URL is .* it must be the server's address"):
        find_project("git@example.com:acme/model.git", {"GITLAB_URL": own})


def message(place) -> str:
    with pytest.raises(ForgeError) as caught:
        GitLabForge(place.root, place.url).default_branch()
    text = str(caught.value)
    assert "\n" not in text and TOKEN not in text
    return text


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"GITLAB_TOKEN": TOKEN, "CI_JOB_TOKEN": "other"}, "private-token"),
        ({"CI_JOB_TOKEN": TOKEN}, "job-token"),
    ],
)
def test_a_token_of_a_person_goes_before_the_one_of_the_job(gitlab, monkeypatch, variables, header):
    monkeypatch.delenv("GITLAB_TOKEN")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert GitLabForge(gitlab.root, gitlab.url).default_branch() == "trunk"
    sent = gitlab.hub.headers[-1]
    assert [name for name in ("private-token", "job-token") if name in sent] == [header]


def test_a_wrong_token_is_told(gitlab, monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", "stale")

    assert "does not take the login (401 Unauthorized): set GITLAB_TOKEN" in message(gitlab)


def test_a_project_that_is_hidden_or_elsewhere_is_told(gitlab, monkeypatch):
    monkeypatch.delenv("GITLAB_TOKEN")

    text = message(gitlab)

    assert text.startswith("there is no project acme/risk/tumour-screening on 127.0.0.1:")
    assert "set GITLAB_TOKEN, and GITLAB_URL" in text


def test_without_a_network_it_says_whom_it_did_not_reach(gitlab, monkeypatch):
    monkeypatch.setenv("GITLAB_URL", "http://127.0.0.1:1/git")

    text = message(gitlab)

    assert text.startswith("no answer from 127.0.0.1:1: ")
    assert "refused" in text


def test_the_token_does_not_follow_a_redirect(gitlab):
    elsewhere = {"Location": "https://elsewhere.example.com/"}
    gitlab.hub.refuse = [(301, elsewhere, {"message": "Moved Permanently"})]

    text = message(gitlab)

    assert "has moved; set the new address with `git remote set-url`" in text
    assert len(gitlab.hub.requests) == 1


@pytest.mark.parametrize(
    ("code", "headers", "body", "expected"),
    [
        (429, {"Retry-After": "7"}, {}, "limits requests; try again in 7 s"),
        (429, {"RateLimit-Reset": "1793520000"}, {}, "try again after 08:00:00 UTC"),
        (403, {}, {"error": "insufficient_scope"}, "insufficient_scope; GITLAB_TOKEN needs the"),
        (502, {}, "<html>Bad gateway</html>", "has a fault (HTTP 502); try again later"),
        (400, {}, {"message": {"base": ["is bad", "very"]}}, "base: is bad; base: very (HTTP 400)"),
        (404, {}, {"error": "404 Not Found"}, "cannot read its settings in acme/risk"),
    ],
)
def test_a_refusal_says_what_was_not_done_and_the_way_out(gitlab, code, headers, body, expected):
    gitlab.hub.refuse = [(code, headers, body)]

    assert expected in message(gitlab)


def test_the_certificate_of_an_own_server_is_taken_from_the_runner(
    gitlab, certificate, monkeypatch
):
    from forge_servers import serving
    from gitlab_server import GitLabServer

    with serving(GitLabServer, gitlab.hub, certificate) as port:
        monkeypatch.setenv("GITLAB_URL", f"https://127.0.0.1:{port}/git")
        gitlab.url = f"https://127.0.0.1:{port}/git/{gitlab.hub.full_name}.git"
        assert "certificate verify failed" in message(gitlab)
        monkeypatch.setenv("CI_SERVER_TLS_CA_FILE", str(certificate[0]))
        assert GitLabForge(gitlab.root, gitlab.url).default_branch() == "trunk"
