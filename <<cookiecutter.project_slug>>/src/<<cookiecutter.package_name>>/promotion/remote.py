"""Refs that everybody sees: those of the remote, or of this repository where it has none.

Every change names the value that it expects, so that of two who change the same ref one is told.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from . import git
from .git import GitError, StaleError

_ABSENT = "0" * 40
_USUAL = ("main", "master", "trunk")
# Listing refs and fetching what they hold are two steps, between which others may push.
_READS = 10


class Update(NamedTuple):
    """A ref's new value (``None`` deletes it) and the one it must have now (``None``: none)."""

    ref: str
    new: str | None
    expect: str | None


class Remote:
    """The refs of the repository at ``root``; ``name`` is that of its remote or ``None``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = self._choose()
        self._whole = False

    @property
    def url(self) -> str | None:
        """The address, ``None`` without a remote."""
        return git.text(self._root, "remote", "get-url", self.name) if self.name else None

    @property
    def place(self) -> str:
        """For messages, without the credentials that an address may hold."""
        url = self.url
        if url is None:
            return str(self._root)
        scheme, separator, rest = url.partition("://")
        return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else url

    def default_branch(self) -> str:
        """The branch that is deployed.

        `git config promotion.defaultBranch` wins; then what the remote says; then a usual name.
        Raises ``GitError`` if none of them tells.
        """
        chosen = git.config(self._root, "promotion.defaultBranch")
        if chosen:
            return chosen
        if self.name:
            listed = git.text(self._root, "ls-remote", "--symref", self.name, "HEAD")
            for line in listed.splitlines():
                if line.startswith("ref: refs/heads/"):
                    return line.split()[1].removeprefix("refs/heads/")
        present = {ref.removeprefix("refs/heads/") for ref in self._list("refs/heads/*")}
        usual = [name for name in _USUAL if name in present]
        if len(usual) == 1:
            return usual[0]
        done = git.run(self._root, "symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1))
        current = done.stdout.decode().strip()
        if not usual and current in present:
            return current
        raise GitError(
            f"{self.place} does not tell which branch is deployed; push it if nothing was pushed "
            "yet, or say `git config promotion.defaultBranch NAME`"
        )

    def ref(self, ref: str) -> str | None:
        """What ``ref`` holds now, its objects fetched; ``None`` if there is no such ref."""
        return self.refs(ref).get(ref)

    def refs(self, pattern: str) -> dict[str, str]:
        """All refs that ``pattern`` names, at its end perhaps ``/*``, their objects fetched.

        Raises ``StaleError`` if others change them again and again meanwhile.
        """
        found = self._list(pattern)
        for _ in range(_READS):
            try:
                self._fetch(found)
                return found
            except GitError:
                listed = self._list(pattern)
                if listed == found:
                    raise
                found = listed
        raise StaleError(f"{self.place} changes while it is read; run the same command again")

    def push(self, *updates: Update) -> None:
        """Change all refs or none.

        Raises ``StaleError`` if one has not the expected value, ``GitError`` for anything else.
        """
        if self.name:
            self._push(updates)
        else:
            self._update(updates)

    def _choose(self) -> str | None:
        names = git.text(self._root, "remote").split()
        chosen = git.config(self._root, "promotion.remote")
        if chosen or len(names) < 2 or "origin" in names:
            return chosen or ("origin" if "origin" in names else (names or [None])[0])
        raise GitError(
            f"{self._root} has the remotes {', '.join(names)} and none is called origin; say "
            "`git config promotion.remote NAME`"
        )

    def _list(self, pattern: str) -> dict[str, str]:
        if self.name:
            listed = git.text(self._root, "ls-remote", "--refs", self.name, pattern)
        else:
            place = pattern.removesuffix("*").rstrip("/")
            listed = git.text(
                self._root, "for-each-ref", "--format=%(objectname) %(refname)", place
            )
        # A pattern also finds refs that end like it: refs/other/refs/heads/main.
        start = pattern.removesuffix("*")
        pairs = [line.split() for line in listed.splitlines()]
        return {
            name: value
            for value, name in pairs
            if name == pattern or (start != pattern and name.startswith(start))
        }

    def _fetch(self, found: dict[str, str]) -> None:
        if not self.name or not found:
            return
        shallow = not self._whole and _is_shallow(self._root)
        self._whole = not shallow
        missing = self._missing(found)
        if not missing and not shallow:
            return
        # No ref of this clone is written, so two processes never wait for each other's locks.
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        # History answers what ran when: a shallow clone, as CI makes it, would answer wrongly.
        options += ["--refmap=", *(["--unshallow"] if shallow else [])]
        git.run(self._root, "fetch", *options, self.name, *(missing if missing else found))
        if self._missing(found):
            raise StaleError(f"branches of {self.place} changed while they were read; try again")

    def _missing(self, found: dict[str, str]) -> list[str]:
        asked = "".join(f"{value}\n" for value in found.values()).encode()
        # Otherwise a partial clone would fetch while it is asked what it has.
        local_only = {"GIT_NO_LAZY_FETCH": "1"}
        done = git.run(self._root, "cat-file", "--batch-check", stdin=asked, more=local_only)
        states = done.stdout.decode().splitlines()
        return [ref for ref, state in zip(found, states, strict=True) if state.endswith(" missing")]

    def _push(self, updates: Sequence[Update]) -> None:
        leases = [f"--force-with-lease={u.ref}:{u.expect or ''}" for u in updates]
        several = ["--atomic"] if len(updates) > 1 else []
        # The hooks of this clone are for what a person pushes from the work tree.
        options = ["--porcelain", "--no-verify", *several, *leases]
        names = [f"{u.new or ''}:{u.ref}" for u in updates]
        done = git.run(self._root, "push", *options, self.name, *names, accept=range(256))
        if done.returncode == 0:
            return
        self._refuse_stale(updates)
        refused = [line for line in done.stdout.decode().splitlines() if line.startswith("!")]
        reason = "; ".join(line.split("\t")[-1] for line in refused) or git.said(done)
        raise GitError(
            f"{self.place} did not take {', '.join(u.ref for u in updates)}: {reason}; check your "
            "rights, the branch protection and the network, then run the same command again"
        )

    def _update(self, updates: Sequence[Update]) -> None:
        rest = []
        for update in updates:
            folder = self._checked_out_in(update.ref)
            if folder is None:
                rest.append(update)
            else:
                self._fast_forward(folder, update)
        lines = "".join(
            f"update {u.ref}\0{u.new or _ABSENT}\0{u.expect or _ABSENT}\0"
            if u.new
            else f"delete {u.ref}\0{u.expect or ''}\0"
            for u in rest
        )
        command = ("update-ref", "-z", "--stdin")
        done = git.run(self._root, *command, stdin=lines.encode(), accept=range(256))
        if done.returncode:
            self._refuse_stale(rest)
            raise GitError(f"{self._root}: {git.said(done)}; run the same command again")

    def _refuse_stale(self, updates: Sequence[Update]) -> None:
        for update in updates:
            found = self._list(update.ref).get(update.ref)
            if found != update.expect:
                raise StaleError(
                    f"{update.ref.removeprefix('refs/heads/')} of {self.place} is now "
                    f"{(found or 'gone')[:12]} and not {(update.expect or 'absent')[:12]}: "
                    "somebody else was quicker; run the same command again"
                )

    def _checked_out_in(self, ref: str) -> Path | None:
        """The work tree, if one, that shows the branch: its files have to follow."""
        listed = git.text(self._root, "worktree", "list", "--porcelain")
        for block in listed.split("\n\n"):
            lines = block.splitlines()
            if f"branch {ref}" in lines:
                return Path(lines[0].removeprefix("worktree "))
        return None

    def _fast_forward(self, folder: Path, update: Update) -> None:
        branch = update.ref.removeprefix("refs/heads/")
        if update.new is None:
            raise GitError(f"{branch} is checked out in {folder}; switch to another branch there")
        if git.text(folder, "status", "--porcelain", "--untracked-files=no"):
            raise GitError(
                f"{branch} is checked out in {folder} with uncommitted changes; commit or stash "
                "them, then run the same command again"
            )
        self._refuse_stale([update])
        hooks = ("-c", f"core.hooksPath={os.devnull}")
        done = git.run(
            folder, *hooks, "merge", "--ff-only", "--quiet", update.new, accept=range(256)
        )
        if done.returncode:
            self._refuse_stale([update])
            raise GitError(f"{branch} cannot be moved in {folder}: {git.said(done)}")


def _is_shallow(root: Path) -> bool:
    return git.text(root, "rev-parse", "--is-shallow-repository") == "true"
