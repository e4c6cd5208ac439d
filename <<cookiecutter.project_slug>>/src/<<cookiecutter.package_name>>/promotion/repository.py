"""The repository through git's plumbing: the work tree and its index are never touched.

Paths are relative to the project's root, which may be a folder of the repository.
"""

import posixpath
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from . import git
from .git import GitError, StaleError
from .remote import Remote, Update

__all__ = ["Change", "GitError", "Remote", "Repository", "StaleError", "Update"]

_ABSENT = "0" * 40
_FILES = ("100644", "100755")


class Change(NamedTuple):
    """One commit of the default branch that changed a path; ``when`` has a time zone."""

    commit: str
    when: datetime
    author: str
    subject: str


class Repository:
    """The repository around ``root`` and its remote.

    Raises ``GitError`` if ``root`` is in no repository.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        done = git.run(root, "rev-parse", "--show-prefix", accept=(0, 128))
        if done.returncode:
            raise GitError(f"{root}: {git.said(done)}; run the command in the project's repository")
        self._prefix = done.stdout.decode().strip("\n")
        self.remote = Remote(root)

    # Branches as everybody sees them

    def default_branch(self) -> str:
        """The branch that is deployed."""
        return self.remote.default_branch()

    def head(self, branch: str | None = None) -> str:
        """The commit of ``branch``, fetched; of the default branch if none is named.

        Raises ``GitError`` if there is no such branch or the remote cannot be reached.
        """
        name = branch or self.default_branch()
        commit = self.remote.ref(f"refs/heads/{name}")
        if commit is None:
            raise GitError(f"{self.remote.place} has no branch {name!r}; push it or name another")
        return commit

    def branch(self, name: str) -> str | None:
        """The commit of a branch, fetched; ``None`` if there is no such branch."""
        return self.remote.ref(f"refs/heads/{name}")

    def push(self, branch: str, commit: str | None, expect: str | None) -> None:
        """Move ``branch`` from ``expect`` (``None``: it must not exist) to ``commit``.

        Raises ``StaleError`` if it is elsewhere by now, ``GitError`` for anything else.
        """
        self.remote.push(Update(f"refs/heads/{branch}", commit, expect))

    def resolve(self, name: str) -> str:
        """The commit of a branch, tag or commit id. Raises ``GitError``."""
        found = self.branch(name)
        if found is None:
            done = self._git("rev-parse", "--verify", "--quiet", f"{name}^0", accept=(0, 1, 128))
            found = done.stdout.decode().strip()
        if not found:
            raise GitError(f"{name!r} is neither a branch nor a commit that this clone knows")
        return found

    # What there is

    def read(self, commit: str, path: str) -> bytes | None:
        """The file's bytes; ``None`` if there is none. Raises ``GitError`` for a symbolic link."""
        listing = self._git("ls-tree", "-z", "--full-tree", commit, self._inside(path)).stdout
        if not listing:
            return None
        mode, _, name = listing.split(b"\t")[0].decode().split()
        if mode not in _FILES:
            raise GitError(f"{path} at {commit[:12]} is no ordinary file; put one in its place")
        return self.read_object(name)

    def read_object(self, name: str) -> bytes:
        """The bytes of a blob."""
        return self._git("cat-file", "blob", name).stdout

    def reader(self, commit: str) -> Callable[[str], bytes | None]:
        """``read`` at one commit."""
        return lambda path: self.read(commit, path)

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """Paths of all files below ``folder``, sorted."""
        place = self._inside(folder)
        done = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, f"{place}/")
        return self._paths(done.stdout)

    def log_of(self, path: str, commit: str) -> list[Change]:
        """Commits on the first-parent line of ``commit`` that changed ``path``, newest first.

        A merge is the change: its date and author say when and by whom something was deployed.
        """
        form = ("-z", "--first-parent", "--format=%H%x00%cI%x00%an%x00%s")
        done = self._git("log", *form, commit, "--", f":(top,literal){self._inside(path)}")
        fields = done.stdout.decode(errors="replace").split("\0")
        rows = [fields[start : start + 4] for start in range(0, len(fields) - 3, 4)]
        return [Change(c, datetime.fromisoformat(when), who, what) for c, when, who, what in rows]

    def first_parents(self, commit: str, until: str | None = None, most: int = 1000) -> list[str]:
        """``commit`` and its first parents, newest first, down to ``until`` (included)."""
        span = [commit, f"^{until}"] if until else [commit]
        done = self._git("rev-list", "--first-parent", f"--max-count={most}", *span)
        return [*done.stdout.decode().split(), *([until] if until else [])][:most]

    def message(self, commit: str) -> str:
        return git.text(self.root, "log", "-1", "--format=%B", commit)

    def trailers(self, commit: str) -> dict[str, str]:
        """The trailers of a commit's message, as ``Release`` and ``Promotion-Kind``."""
        text = git.text(self.root, "log", "-1", "--format=%(trailers:only,unfold)", commit)
        pairs = [line.partition(":") for line in text.splitlines()]
        return {key.strip(): value.strip() for key, _, value in pairs if value}

    def changed_paths(self, before: str, after: str) -> tuple[str, ...]:
        """Paths that differ between two commits; outside of the project they start with ``../``."""
        done = self._git("diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after)
        return self._paths(done.stdout)

    def merge_base(self, first: str, second: str) -> str | None:
        done = self._git("merge-base", first, second, accept=(0, 1))
        return done.stdout.decode().strip() or None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Whether ``of`` contains ``commit``; False for one that this clone does not know."""
        done = self._git("merge-base", "--is-ancestor", commit, of, accept=(0, 1, 128))
        return done.returncode == 0

    # What is made; no ref is moved by it

    def commit_files(
        self,
        base: str,
        files: Mapping[str, bytes | None],
        message: str,
        author: str | None = None,
    ) -> str:
        """A new commit on ``base`` with ``files`` changed (``None`` removes one).

        ``author`` is "Name <address>"; otherwise git's settings decide. Raises ``GitError``.
        """
        lines = b""
        for path, content in sorted(files.items()):
            blob = _ABSENT if content is None else self.write_object(content)
            mode = "0" if content is None else _FILES[0]
            lines += f"{mode} {blob}\t{self._inside(path)}\0".encode()
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._git("read-tree", base, more=index)
            self._git("update-index", "-z", "--index-info", stdin=lines, more=index)
            tree = self._git("write-tree", more=index).stdout.decode().strip()
        return self.commit_tree(tree, (base,), message, author)

    def commit_tree(
        self, tree: str, parents: Sequence[str], message: str, author: str | None = None
    ) -> str:
        """A commit of ``tree``; signed if `commit.gpgSign` asks for it. Raises ``GitError``."""
        signed = git.config(self.root, "commit.gpgSign", "--type=bool") == "true"
        options = [part for parent in parents for part in ("-p", parent)]
        who = {}
        if author:
            name, _, address = author.partition("<")
            who = {"GIT_AUTHOR_NAME": name.strip(), "GIT_AUTHOR_EMAIL": address.rstrip("> ")}
        command = ("commit-tree", *options, *(["-S"] if signed else []), tree)
        done = self._git(*command, stdin=message.encode(), more=who, accept=range(256))
        if done.returncode:
            raise GitError(
                f"git could not make the commit: {git.said(done)}. If it does not know you, say "
                '`git config user.name "..."` and `git config user.email "..."`'
            )
        return done.stdout.decode().strip()

    def merge_tree(self, base: str, branch: str) -> str | None:
        """The tree of a merge of two commits; ``None`` if both changed the same file."""
        common = self.merge_base(base, branch)
        if common is None:
            return None
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._git("read-tree", "-i", "-m", "--aggressive", common, base, branch, more=index)
            if self._git("ls-files", "--unmerged", more=index).stdout:
                return None
            return self._git("write-tree", more=index).stdout.decode().strip()

    def write_object(self, content: bytes) -> str:
        """Store bytes as a blob and return its name."""
        return self._git("hash-object", "-w", "--stdin", stdin=content).stdout.decode().strip()

    def _git(self, *arguments: str, **options):
        return git.run(self.root, *arguments, **options)

    def _inside(self, path: str) -> str:
        return posixpath.normpath(self._prefix + path)

    def _paths(self, listing: bytes) -> tuple[str, ...]:
        start = self._prefix or "."
        names = [name.decode(errors="surrogateescape") for name in listing.split(b"\0") if name]
        return tuple(sorted(posixpath.relpath(name, start) for name in names))
