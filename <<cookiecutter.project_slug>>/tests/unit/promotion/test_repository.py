"""Git by its plumbing: the work tree is never touched, and of two at once one is told."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from project import Project

from <<cookiecutter.package_name>>.promotion.repository import (
    GitError,
    Repository,
    StaleError,
    Update,
)

TEXT = "Change a file\n\nBody.\n\nRelease: v7-x\nPromotion-Kind: promotion\n"


@pytest.fixture(params=["project", "alone"])
def either(request: pytest.FixtureRequest) -> Project:
    """With a remote, and without one."""
    return request.getfixturevalue(request.param)


def test_a_commit_is_made_without_the_work_tree(either):
    (either.root / "README.md").write_text("being edited\n")
    (either.root / "gitops" / "new.txt").write_text("staged\n")
    either.git("add", "gitops/new.txt")
    before = either.git("status", "--porcelain=v1", "--branch")
    repository = Repository(either.root)
    base = repository.head()

    changes = {"gitops/a/b.yaml": b"\r\nx: 1", "gitops/blocked.yaml": None, "ü ä": b"\x00\xff"}
    made = repository.commit_files(base, changes, TEXT, "Robot <robot@example.com>")

    assert either.git("status", "--porcelain=v1", "--branch") == before
    assert repository.changed_paths(base, made) == ("gitops/a/b.yaml", "gitops/blocked.yaml", "ü ä")
    assert repository.read(made, "gitops/a/b.yaml") == b"\r\nx: 1"
    assert repository.read(made, "ü ä") == b"\x00\xff"
    assert repository.read(made, "gitops/blocked.yaml") is None
    assert repository.reader(base)("README.md") == b"A project.\n"
    assert repository.files(made, "gitops/a") == ("gitops/a/b.yaml",)
    assert repository.message(made) == TEXT.strip()
    assert repository.trailers(made) == {"Release": "v7-x", "Promotion-Kind": "promotion"}
    assert repository.trailers(base) == {}
    assert either.git("log", "-1", "--format=%an %ae %cn", made) == ("Robot robot@example.com Ann")


def test_a_push_expects_what_was_there(either):
    repository = Repository(either.root)
    base = repository.head()
    first, second = (repository.commit_files(base, {"a": x}, "x") for x in (b"1", b"2"))

    repository.push("promote/test/v7", first, None)
    assert repository.branch("promote/test/v7") == first
    with pytest.raises(StaleError, match="somebody else was quicker"):
        repository.push("promote/test/v7", second, None)
    with pytest.raises(StaleError, match=f"is now {first[:12]} and not {base[:12]}"):
        repository.push("promote/test/v7", second, base)
    repository.push("promote/test/v7", second, first)
    repository.push("promote/test/v7", None, second)
    assert repository.branch("promote/test/v7") is None
    with pytest.raises(StaleError, match="is now gone"):
        repository.push("promote/test/v7", first, second)


def test_all_refs_are_changed_or_none(either):
    repository = Repository(either.root)
    base = repository.head()
    made = repository.commit_files(base, {"a": b"1"}, "x")
    blob = repository.write_object(b"data")

    with pytest.raises(StaleError):
        repository.remote.push(
            Update("refs/forge/pulls/1", blob, None), Update("refs/heads/x", made, base)
        )
    assert repository.remote.refs("refs/forge/*") == {}
    repository.remote.push(
        Update("refs/forge/pulls/1", blob, None), Update("refs/heads/x", made, None)
    )
    assert repository.remote.refs("refs/forge/pulls/*") == {"refs/forge/pulls/1": blob}
    assert repository.read_object(blob) == b"data"


def test_what_somebody_else_pushed_is_fetched(project):
    other = project.root.parent / "other"
    project.git("clone", "--quiet", str(project.bare), str(other))
    theirs = Repository(other)
    git_author = {"author": "Bob <bob@example.com>"}
    os.environ.update(GIT_COMMITTER_NAME="Bob", GIT_COMMITTER_EMAIL="bob@example.com")
    try:
        made = theirs.commit_files(
            theirs.head(), {"README.md": b"theirs\n"}, "Theirs", **git_author
        )
    finally:
        del os.environ["GIT_COMMITTER_NAME"], os.environ["GIT_COMMITTER_EMAIL"]
    theirs.push("deploy", made, theirs.head())
    refs = project.git("for-each-ref")

    repository = Repository(project.root)

    assert repository.head() == made
    assert repository.read(made, "README.md") == b"theirs\n"
    assert repository.resolve("deploy") == made
    assert repository.resolve(made[:10]) == made
    assert project.git("for-each-ref") == refs
    (change, _) = repository.log_of("README.md", made)
    assert (change.commit, change.subject) == (made, "Theirs")
    assert change.when.tzinfo is not None
    assert abs((datetime.now(UTC) - change.when).total_seconds()) < 600


def test_history_follows_the_line_of_merges(project):
    repository = Repository(project.root)
    base = repository.head()
    left = repository.commit_files(base, {"a": b"left"}, "Left")
    right = repository.commit_files(base, {"b": b"right"}, "Right")
    tree = repository.merge_tree(left, right)
    merge = repository.commit_tree(tree, (left, right), "Merge")

    assert [change.subject for change in repository.log_of("b", merge)] == ["Merge"]
    assert repository.first_parents(merge, base) == [merge, left, base]
    assert repository.first_parents(merge, most=1) == [merge]
    assert repository.first_parents(base, base) == [base]
    assert repository.is_ancestor(right, merge)
    assert not repository.is_ancestor(merge, right)
    assert not repository.is_ancestor("0" * 40, merge)
    assert repository.merge_base(left, right) == base
    assert repository.merge_tree(left, repository.commit_files(base, {"a": b"x"}, "X")) is None
    alone = repository.commit_tree(tree, (), "Without a parent")
    assert repository.merge_base(alone, base) is None
    assert repository.merge_tree(alone, base) is None


def test_a_symbolic_link_is_not_followed(project):
    (project.root / "gitops" / "link.yaml").symlink_to("environments.yaml")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Link")
    repository = Repository(project.root)

    with pytest.raises(GitError, match="gitops/link.yaml at .* is no ordinary file"):
        repository.read("HEAD", "gitops/link.yaml")


def test_a_project_in_a_folder_of_the_repository(project):
    (project.root / "models" / "risk").mkdir(parents=True)
    (project.root / "models" / "risk" / "a.txt").write_text("1")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Folder")
    project.git("push", "--quiet", "origin", "deploy")
    repository = Repository(project.root / "models" / "risk")
    base = repository.head()

    made = repository.commit_files(base, {"gitops/b.txt": b"2", "a.txt": b"3"}, "x")

    assert repository.changed_paths(base, made) == ("a.txt", "gitops/b.txt")
    assert repository.read(made, "gitops/b.txt") == b"2"
    assert repository.files(made, ".") == ("a.txt", "gitops/b.txt")
    assert [change.subject for change in repository.log_of("a.txt", made)] == ["x", "Folder"]
    whole = Repository(project.root)
    assert whole.changed_paths(base, made) == ("models/risk/a.txt", "models/risk/gitops/b.txt")
    outside = whole.commit_files(base, {"README.md": b"x"}, "x")
    assert repository.changed_paths(base, outside) == ("../../README.md",)


def test_a_worktree_is_a_clone_like_any_other(project):
    place = project.root.parent / "worktree"
    project.git("worktree", "add", "--quiet", str(place))

    assert Repository(place).head() == Repository(project.root).head()


def test_what_a_hook_sets_does_not_lead_elsewhere(project, tmp_path, monkeypatch):
    other = tmp_path / "other"
    project.git("init", "--quiet", str(other))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_PREFIX", "elsewhere/")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    repository = Repository(project.root)

    made = repository.commit_files(repository.head(), {"a": b"1"}, "x")
    repository.push("x", made, None)

    assert [change.subject for change in repository.log_of("a", made)] == ["x"]
    assert not (tmp_path / "index").exists()
    monkeypatch.undo()
    assert project.git("rev-parse", "x", folder=project.bare) == made


def test_hooks_of_the_clone_stay_out(project):
    for name in ("pre-push", "pre-commit", "post-merge"):
        hook = project.root / ".git" / "hooks" / name
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    repository = Repository(project.root)

    repository.push("x", repository.commit_files(repository.head(), {"a": b"1"}, "x"), None)


# What goes wrong


def test_no_repository(tmp_path):
    with pytest.raises(GitError, match="not a git repository.*in the project's repository"):
        Repository(tmp_path)


def test_no_git(project, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(GitError, match="git is not installed"):
        Repository(project.root)


def test_an_author_that_git_does_not_know(project, monkeypatch, tmp_path):
    project.git("config", "--unset", "user.name")
    project.git("config", "--unset", "user.email")
    project.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("EMAIL", raising=False)
    repository = Repository(project.root)

    with pytest.raises(GitError, match="git config user.name"):
        repository.commit_files(repository.head(), {"a": b"1"}, "x")


def test_a_commit_that_must_be_signed(project):
    project.git("config", "commit.gpgSign", "true")
    project.git("config", "gpg.program", "/nowhere/gpg")
    repository = Repository(project.root)

    with pytest.raises(GitError, match="could not make the commit"):
        repository.commit_files(repository.head(), {"a": b"1"}, "x")


def test_an_unknown_name(project):
    with pytest.raises(GitError, match="'nobody' is neither a branch nor a commit"):
        Repository(project.root).resolve("nobody")


# Two processes


RACE = """
import sys
from pathlib import Path
from <<cookiecutter.package_name>>.promotion.repository import Repository, StaleError
root, number = Path(sys.argv[1]), sys.argv[2]
repository, done = Repository(root), 0
while done < 5:
    head = repository.head()
    name = f"{number}-{done}"
    try:
        repository.push("deploy", repository.commit_files(head, {name: b""}, name), head)
        done += 1
    except StaleError:
        pass
"""


def test_two_processes_lose_nothing(project, tmp_path):
    other = tmp_path / "other"
    project.git("clone", "--quiet", str(project.bare), str(other))
    for key, value in (("user.name", "Bob"), ("user.email", "bob@example.com")):
        project.git("config", key, value, folder=other)
    folders = [project.root, other, project.root]
    source = Path(sys.modules[Repository.__module__].__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(source)}

    running = [
        subprocess.Popen([sys.executable, "-c", RACE, str(folder), str(number)], env=environment)
        for number, folder in enumerate(folders)
    ]
    assert [process.wait(120) for process in running] == [0, 0, 0]

    repository = Repository(project.root)
    names = {name for name in repository.files(repository.head(), ".") if "-" in name}
    assert names == {f"{number}-{done}" for number in range(3) for done in range(5)}
