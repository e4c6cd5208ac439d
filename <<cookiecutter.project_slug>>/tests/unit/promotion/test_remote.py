"""The remote: which one it is, which of its branches is deployed, and how it refuses."""

import stat
import time

import pytest

from <<cookiecutter.package_name>>.promotion import git
from <<cookiecutter.package_name>>.promotion.repository import GitError, Repository, StaleError

# Which branch is deployed


def test_the_default_branch_is_what_the_remote_says(project):
    project.git("symbolic-ref", "HEAD", "refs/heads/other", folder=project.bare)
    project.git("push", "--quiet", "origin", "deploy:other")

    assert Repository(project.root).default_branch() == "other"


def test_a_remote_that_does_not_say(project):
    project.git("symbolic-ref", "HEAD", "refs/heads/gone", folder=project.bare)
    repository = Repository(project.root)
    assert repository.default_branch() == "deploy"

    project.git("push", "--quiet", "origin", "deploy:main")
    assert repository.default_branch() == "main"
    project.git("push", "--quiet", "origin", "deploy:master", ":deploy")
    with pytest.raises(GitError, match="git config promotion.defaultBranch NAME"):
        repository.default_branch()
    project.git("config", "promotion.defaultBranch", "master")
    assert repository.default_branch() == "master"
    project.git("config", "promotion.defaultBranch", "nowhere")
    with pytest.raises(GitError, match="has no branch 'nowhere'; push it"):
        repository.head()


def test_an_empty_remote(project, tmp_path):
    empty = tmp_path / "empty.git"
    project.git("init", "--quiet", "--bare", str(empty))
    project.git("remote", "set-url", "origin", str(empty))

    with pytest.raises(GitError, match="push it if nothing was pushed yet"):
        Repository(project.root).head()


def test_alone_the_branch_with_a_usual_name_counts(alone):
    repository = Repository(alone.root)
    assert (repository.remote.url, repository.remote.place) == (None, str(alone.root))
    assert repository.default_branch() == "deploy"

    alone.git("branch", "main")
    alone.git("branch", "feature/refs/heads/main")
    assert repository.default_branch() == "main"
    assert repository.remote.refs("refs/heads/main").keys() == {"refs/heads/main"}


def test_one_of_several_remotes(project):
    address = "https://robot:word@forge.example/team/x.git"  # not a secret
    project.git("remote", "add", "fork", address)
    assert Repository(project.root).remote.name == "origin"

    project.git("remote", "rename", "origin", "upstream")
    with pytest.raises(GitError, match="has the remotes fork, upstream"):
        Repository(project.root)
    project.git("config", "promotion.remote", "fork")
    remote = Repository(project.root).remote
    assert remote.name == "fork"
    assert remote.place == "https://forge.example/team/x.git"
    project.git("config", "promotion.remote", "upstream")
    assert Repository(project.root).remote.place == str(project.bare)
    project.git("remote", "remove", "fork")
    project.git("config", "--unset", "promotion.remote")
    assert Repository(project.root).remote.name == "upstream"


def test_a_shallow_clone_gets_its_history(project, tmp_path):
    project.commit({"README.md": b"2\n"})
    project.commit({"README.md": b"3\n"})
    shallow = tmp_path / "shallow"
    url = f"file://{project.bare}"
    project.git("clone", "--quiet", "--depth=1", url, str(shallow))

    repository = Repository(shallow)
    project.git("push", "--quiet", "origin", "deploy:refs/forge/x")
    repository.remote.refs("refs/forge/*")

    assert len(repository.log_of("README.md", repository.head())) == 3


@pytest.fixture
def meanwhile(project, tmp_path, monkeypatch):
    """Run something once before the clone ``other`` fetches, or before each look of it."""
    other = tmp_path / "other"
    project.git("clone", "--quiet", str(project.bare), str(other))

    def prepare(action, commands=("fetch",), times=1):
        run, left = git.run, iter(range(times))

        def after(folder, command, *arguments, **options):
            if folder == other and command in commands and next(left, None) is not None:
                action()
            return run(folder, command, *arguments, **options)

        monkeypatch.setattr(git, "run", after)
        return Repository(other).remote

    return prepare


def written(project, text):
    """A blob at a ref, which has no history that would bring former ones along."""
    (project.root / "blob").write_text(text)
    blob = project.git("hash-object", "-w", "blob").strip()
    project.git("push", "--quiet", "--force", "origin", f"{blob}:refs/forge/x")
    return blob


def test_what_changes_while_it_is_read_is_read_again(project, meanwhile):
    written(project, "one")
    remote = meanwhile(lambda: written(project, "two"))

    assert remote.refs("refs/forge/*") == {"refs/forge/x": written(project, "two")}


def test_so_is_what_goes_away(project, meanwhile):
    written(project, "one")
    project.git("push", "--quiet", "origin", "deploy:refs/forge/y")
    remote = meanwhile(lambda: project.git("push", "--quiet", "origin", ":refs/forge/x"))

    assert remote.refs("refs/forge/*").keys() == {"refs/forge/y"}


def test_what_changes_all_the_time_is_not_read_for_ever(project, meanwhile):
    texts = iter(range(1000))
    written(project, str(next(texts)))
    looks = ("ls-remote", "fetch")
    remote = meanwhile(lambda: written(project, str(next(texts))), looks, times=1000)

    with pytest.raises(StaleError, match="changes while it is read; run the same command"):
        remote.refs("refs/forge/*")
    assert next(texts) < 40


# What goes wrong


def test_no_network(project):
    address = "http://robot:word@127.0.0.1:9/team/x.git"  # not a secret
    project.git("remote", "set-url", "origin", address)

    with pytest.raises(GitError, match="`git ls-remote` failed.*127.0.0.1") as raised:
        Repository(project.root).head()
    assert "word" not in str(raised.value)


def test_a_remote_that_does_not_answer(project, monkeypatch):
    project.git("remote", "set-url", "origin", "ext::sleep 30")
    project.git("config", "protocol.ext.allow", "always")
    monkeypatch.setattr(git.run, "__kwdefaults__", {**git.run.__kwdefaults__, "seconds": 0.5})
    began = time.monotonic()

    with pytest.raises(GitError, match="did not end within 0.5 s; check the network"):
        Repository(project.root).head()
    assert time.monotonic() - began < 10


def test_a_remote_that_refuses(project):
    hook = project.bare / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'protected by a rule' >&2\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    repository = Repository(project.root)
    made = repository.commit_files(repository.head(), {"a": b"1"}, "x")

    with pytest.raises(
        GitError, match="did not take refs/heads/x.*hook declined.*protection"
    ) as no:
        repository.push("x", made, None)
    assert not isinstance(no.value, StaleError)


# Without a remote the branch may be checked out


def test_the_work_tree_follows_its_branch(alone):
    repository = Repository(alone.root)
    base = repository.head()
    made = repository.commit_files(base, {"README.md": b"new\n", "a": b"1"}, "x")
    (alone.root / "untracked").write_text("mine")

    repository.push("deploy", made, base)

    assert (alone.root / "README.md").read_text() == "new\n"
    assert alone.git("status", "--porcelain") == "?? untracked"
    with pytest.raises(StaleError):
        repository.push("deploy", repository.commit_files(base, {"b": b"1"}, "x"), base)


@pytest.fixture
def unpushed(alone):
    """A repository, its head, and a commit that adds the file `a`."""
    repository = Repository(alone.root)
    base = repository.head()
    return repository, base, repository.commit_files(base, {"a": b"1"}, "x")


def test_a_dirty_work_tree_is_not_moved(alone, unpushed):
    repository, base, made = unpushed
    (alone.root / "README.md").write_text("being edited\n")

    with pytest.raises(GitError, match="with uncommitted changes; commit or stash"):
        repository.push("deploy", made, base)
    assert repository.head() == base


def test_an_untracked_file_in_the_way_is_kept(alone, unpushed):
    repository, base, made = unpushed
    (alone.root / "a").write_text("mine")

    with pytest.raises(GitError, match="cannot be moved.*would be overwritten"):
        repository.push("deploy", made, base)
    assert (alone.root / "a").read_text() == "mine"


def test_a_branch_that_is_checked_out_is_not_deleted(alone):
    repository = Repository(alone.root)

    with pytest.raises(GitError, match="is checked out in .*; switch to another branch"):
        repository.push("deploy", None, repository.head())
