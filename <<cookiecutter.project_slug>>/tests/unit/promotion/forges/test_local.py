"""What only the forge without a server does: it keeps the rules itself, and it is in git alone."""

import subprocess
import sys

import pytest

from <<cookiecutter.package_name>>.promotion.forges import ForgeError, choose
from <<cookiecutter.package_name>>.promotion.forges import local as module
from <<cookiecutter.package_name>>.promotion.forges.github import GitHubForge
from <<cookiecutter.package_name>>.promotion.forges.gitlab import GitLabForge
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.git import GitError, StaleError

BRANCH = "promote/test/v7-3f9a1c20d4e1"


def opened(place, content="one", branch=BRANCH):
    head = place.push(branch, "release.yaml", content)
    return place.forge.open(branch, "trunk", "Promote v7", "text", ("promotion",)), head


def test_nothing_is_merged_that_was_not_checked(local):
    pull, head = opened(local)

    with pytest.raises(ForgeError, match="needs the status 'promotion'.*not checked yet"):
        local.forge.merge(pull.number, head)
    local.forge.set_status(head, "promotion", "failure", "health: no")
    with pytest.raises(ForgeError, match="health: no; `check-promotion --branch promote/test"):
        local.forge.merge(pull.number, head)
    local.forge.set_status(head, "promotion", "success", "13 rules kept")
    assert local.forge.merge(pull.number, head).state == "merged"
    assert local.remote(BRANCH) == ""


def test_a_merge_that_was_cut_off_is_finished(local):
    """Without a remote the branch moves first and the pull request is marked then."""
    pull, head = opened(local)
    local.forge.set_status(head, "promotion", "success", "ok")
    merged = local.push("trunk", "other", "x", start=head)

    assert local.forge.merge(pull.number, head).state == "merged"
    assert local.remote("trunk") == merged


def test_two_clones_open_and_merge_at_the_same_time(local, tmp_path):
    """Numbers are given once, and every merge keeps the others' work."""
    other = tmp_path / "other"
    local.git("clone", "--quiet", str(local.bare), str(other))
    for key, value in (("user.name", "Bob"), ("user.email", "bob@example.com")):
        subprocess.run(["git", "-C", str(other), "config", key, value], check=True)
    for number in range(3):
        local.push(f"a/{number}", f"a{number}", "x")
        local.push(f"b/{number}", f"b{number}", "x")
    code = """
import sys
from pathlib import Path
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
forge, kind = LocalForge(Path(sys.argv[1])), sys.argv[2]
for number in range(3):
    pull = forge.open(f"{kind}/{number}", "trunk", kind, "")
    forge.set_status(pull.head, "promotion", "success", "ok")
    forge.merge(pull.number, pull.head)
"""
    source = str(module.__file__).partition("/promotion/")[0].rpartition("/")[0]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), kind],
            env={**module.git.environment(), "PYTHONPATH": source},
            stderr=subprocess.PIPE,
        )
        for folder, kind in ((local.root, "a"), (other, "b"))
    ]
    said = [process.communicate(timeout=120)[1] for process in running]

    assert [process.returncode for process in running] == [0, 0], said
    pulls = local.forge.pull_requests("all")
    assert [pull.number for pull in pulls] == [6, 5, 4, 3, 2, 1]
    assert {pull.state for pull in pulls} == {"merged"}
    files = subprocess.run(
        ["git", "-C", str(local.bare), "ls-tree", "--name-only", "trunk"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert files == ["a0", "a1", "a2", "b0", "b1", "b2"]


@pytest.mark.parametrize("action", ["open", "merge", "status"])
def test_somebody_is_always_quicker(local, monkeypatch, action):
    pull, head = opened(local)
    local.forge.set_status(head, "promotion", "success", "ok")

    def late(self, *updates):
        raise StaleError("somebody else was quicker")

    monkeypatch.setattr(module.LocalForge, "_write", late)
    monkeypatch.setattr(type(local.forge._remote), "push", late)
    with pytest.raises(ForgeError, match="too busy"):
        if action == "open":
            local.forge.open(BRANCH, "trunk", "x", "y")
        elif action == "merge":
            local.forge.merge(pull.number, head)
        else:
            local.forge.set_status(head, "promotion", "success", "ok")


def test_what_does_not_exist(local):
    with pytest.raises(ForgeError, match="has no pull request 7"):
        local.forge.merge(7, "0" * 40)
    with pytest.raises(ForgeError, match="has no branch 'nowhere'; push it first"):
        local.forge.open("nowhere", "trunk", "x", "y")
    pull, head = opened(local)
    local.forge.close(pull.number, "no")
    local.forge.close(pull.number, "no again")
    with pytest.raises(ForgeError, match="is closed"):
        local.forge.merge(pull.number, head)


def test_the_author_is_the_one_of_a_commit(local, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Robot")
    assert opened(local)[0].author == "Robot"
    local.git("config", "--unset", "user.email")
    local.git("config", "user.useConfigOnly", "true")
    monkeypatch.delenv("EMAIL", raising=False)
    assert module.git.author(local.root) == "unknown"


def test_a_branch_that_was_merged_by_hand(local):
    pull, head = opened(local)
    local.push("trunk", "other", "x", start=head)

    assert local.forge.pull_requests() == []
    assert local.forge.pull_requests("merged")[0].number == pull.number
    assert opened(local, "two")[0].number == pull.number + 1


@pytest.mark.parametrize(
    ("url", "name", "kind"),
    [
        (None, None, LocalForge),
        ("/srv/git/x.git", None, LocalForge),
        ("file:///srv/git/x.git", None, LocalForge),
        ("https://github.com/acme/x.git", None, GitHubForge),
        ("git@github.acme.example:acme/x.git", None, GitHubForge),
        ("https://gitlab.example/acme/x.git", "gitlab", GitLabForge),
        ("ssh://git@gitlab.com/acme/x.git", None, GitLabForge),
        ("ssh://git@code.example/acme/x.git", "local", LocalForge),
        ("https://code.example/acme/x", "github", GitHubForge),
    ],
)
def test_the_address_tells_the_forge(place, monkeypatch, url, name, kind):
    monkeypatch.setenv("GITLAB_TOKEN", "a-token")
    assert type(choose(place.root, url, name)) is kind


@pytest.mark.parametrize(
    ("url", "name", "words"),
    [
        ("git@code.example:acme/x.git", None, "which forge code.example is; say PROMOTION_FORGE="),
        ("git@code.example:acme/x.git", "gitea", "no forge 'gitea'; known: github, gitlab, local"),
        (None, "github", "has no remote, so it is not on github"),
    ],
)
def test_a_forge_that_is_not_known(place, url, name, words):
    with pytest.raises(ForgeError, match=words):
        choose(place.root, url, name)


def test_a_dirty_work_tree_stops_a_merge_without_a_remote(local):
    pull, head = opened(local)
    local.git("checkout", "--quiet", "-B", "trunk", "origin/trunk")
    local.git("remote", "remove", "origin")
    local.git("update-ref", f"refs/heads/{BRANCH}", head)
    alone = LocalForge(local.root)
    own = alone.open(BRANCH, "trunk", "Promote v7", "text")
    alone.set_status(head, "promotion", "success", "ok")
    (local.root / "kept").write_text("x")
    local.git("add", "kept")

    with pytest.raises(GitError, match="uncommitted changes"):
        alone.merge(own.number, head)
    assert alone.pull_requests()[0].state == "open"
    local.git("commit", "--quiet", "-m", "Keep")
    assert alone.merge(own.number, head).state == "merged"
    assert (local.root / "release.yaml").read_text() == "one"
    assert (local.root / "kept").exists()
