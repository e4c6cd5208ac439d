"""Which commit made it, asked of a real repository."""

import subprocess
from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.provenance import UNKNOWN, commit_of


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    return tmp_path


def test_a_clean_work_tree_is_its_commit(repository):
    (repository / "untracked").write_text("whatever")

    assert commit_of(repository) == git(repository, "rev-parse", "HEAD")


def test_a_changed_file_makes_it_dirty(repository):
    (repository / "file").write_text("two")

    assert commit_of(repository) == git(repository, "rev-parse", "HEAD") + "-dirty"


def test_what_is_given_wins(repository):
    assert commit_of(repository, "c0ffee") == "c0ffee"


def test_without_repository_commit_or_git_it_is_unknown(repository, tmp_path_factory, monkeypatch):
    empty = tmp_path_factory.mktemp("empty")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(empty.parent))
    assert commit_of(empty) == UNKNOWN
    git(empty, "init", "--quiet")
    assert commit_of(empty) == UNKNOWN

    monkeypatch.setenv("PATH", str(empty))
    assert commit_of(repository) == UNKNOWN
