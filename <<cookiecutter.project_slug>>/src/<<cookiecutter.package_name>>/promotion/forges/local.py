"""A forge without a server: pull requests and statuses in refs of the repository's remote.

They are JSON in blobs below ``refs/forge/``, changed only from a value that was read before, so
that two people on two machines cannot overwrite each other. It works with every git server, and
in the repository itself if it has no remote.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import git
from ..repository import Repository, StaleError, Update
from . import ForgeError, PullRequest, State, Status

_PULLS = "refs/forge/pulls/"
_STATUSES = "refs/forge/statuses/"
# The status that a pull request needs before it is merged.
REQUIRED = "promotion"
_ATTEMPTS = 10


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class LocalForge:
    """Pull requests of the repository at ``root``; ``now`` is its clock."""

    name = "local"

    def __init__(self, root: Path, now: Callable[[], datetime] = _now) -> None:
        self._root = root
        self._now = now
        self._repository = Repository(root)
        self._remote = self._repository.remote

    def default_branch(self) -> str:
        return self._repository.default_branch()

    def pull_requests(self, state: str = "open") -> list[PullRequest]:
        """Newest first; ``state`` is open, merged, closed or all."""
        refs = self._remote.refs(f"{_PULLS}*")
        numbers = sorted((int(ref.removeprefix(_PULLS)) for ref in refs), reverse=True)
        found = [self._read(number, refs[f"{_PULLS}{number}"]) for number in numbers]
        found = [self._seen(pull) for pull in found]
        return [pull for pull in found if state == "all" or pull.state == state]

    def open(
        self, branch: str, base: str, title: str, body: str, labels: Sequence[str] = ()
    ) -> PullRequest:
        """Open a pull request, or update and return the open one of this branch."""
        head = self._head_of(branch)
        for _ in range(_ATTEMPTS):
            refs = self._remote.refs(f"{_PULLS}*")
            known = [self._read(int(ref.removeprefix(_PULLS)), blob) for ref, blob in refs.items()]
            mine = [pull for pull in known if pull.branch == branch]
            mine = [pull for pull in mine if self._seen(pull).state == "open"]
            if mine:
                number, author, since = mine[0].number, mine[0].author, mine[0].created_at
            else:
                number = max((pull.number for pull in known), default=0) + 1
                author, since = git.author(self._root), self._now()
            place = self._remote.place
            pull = PullRequest(
                number,
                f"{place}#{number}",
                title,
                body,
                branch,
                base,
                head,
                "open",
                tuple(labels),
                author,
                since,
            )
            try:
                self._write(pull, refs.get(f"{_PULLS}{number}"))
                return pull
            except StaleError:
                continue
        raise ForgeError(f"{place} is too busy to open a pull request; run the command again")

    def close(self, number: int, comment: str) -> None:
        """Close without merging; ``comment`` is added to the text. The branch stays."""
        pull, blob = self._get(number)
        if pull.state != "open":
            return
        body = f"{pull.body.rstrip()}\n\n{comment}\n"
        self._write(replace(pull, state="closed", body=body), blob)

    def merge(self, number: int, head: str) -> PullRequest:
        """Merge as forges do: a merge commit, and the branch is removed.

        Raises ``ForgeError`` unless the branch is still at ``head``, its status ``promotion`` is
        success and nothing conflicts. A repository without a remote needs a clean work tree.
        """
        for _ in range(_ATTEMPTS):
            pull, blob = self._get(number)
            if pull.state == "merged":
                return pull
            self._refuse_unmergeable(pull, head)
            base = self._head_of(pull.base)
            commit = self._merged(pull, base, head)
            merged = replace(pull, state="merged", head=head)
            try:
                self._remote.push(
                    Update(f"refs/heads/{pull.base}", commit, base),
                    Update(f"{_PULLS}{number}", self._store(merged), blob),
                    Update(f"refs/heads/{pull.branch}", None, head),
                )
                return merged
            except StaleError:
                continue
        raise ForgeError(f"{self._remote.place} is too busy to merge; run the command again")

    def statuses(self, commit: str) -> list[Status]:
        """Newest first."""
        entries, _ = self._statuses(commit)
        found = [
            Status(entry["context"], entry["state"], entry["description"], _time(entry["at"]))
            for entry in entries
        ]
        return found[::-1]

    def set_status(self, commit: str, context: str, state: State, description: str) -> None:
        """Add a status to a commit."""
        at = self._now().isoformat(timespec="seconds")
        entry = {"context": context, "state": state, "description": description, "at": at}
        for _ in range(_ATTEMPTS):
            entries, blob = self._statuses(commit)
            content = self._repository.write_object(_json([*entries, entry]))
            try:
                self._remote.push(Update(f"{_STATUSES}{commit}", content, blob))
                return
            except StaleError:
                continue
        raise ForgeError(f"{self._remote.place} is too busy for a status; run the command again")

    def _seen(self, pull: PullRequest) -> PullRequest:
        """A pull request whose commit reached its base by another way than ours is merged."""
        if pull.state != "open":
            return pull
        base = self._repository.branch(pull.base)
        reached = base is not None and self._repository.is_ancestor(pull.head, base)
        return replace(pull, state="merged") if reached else pull

    def _refuse_unmergeable(self, pull: PullRequest, head: str) -> None:
        if pull.state != "open":
            raise ForgeError(f"pull request {pull.number} is {pull.state}")
        present = self._head_of(pull.branch)
        if present != head:
            raise ForgeError(
                f"pull request {pull.number} is at {present[:12]} and not at {head[:12]} that was "
                "checked; run the same command again"
            )
        required = [status for status in self.statuses(head) if status.context == REQUIRED]
        if not required or required[0].state != "success":
            said = required[0].description if required else "it was not checked yet"
            raise ForgeError(
                f"pull request {pull.number} needs the status {REQUIRED!r} on {head[:12]}: {said}; "
                f"`check-promotion --branch {pull.branch} --set-status` sets it"
            )

    def _merged(self, pull: PullRequest, base: str, head: str) -> str:
        # So it is if an earlier attempt was cut off after its first half.
        if self._repository.is_ancestor(head, base):
            return base
        tree = self._repository.merge_tree(base, head)
        if tree is None:
            raise ForgeError(
                f"pull request {pull.number} conflicts with {pull.base}: both changed the same "
                "file; make it again with the command that opened it"
            )
        message = f"Merge pull request #{pull.number}: {pull.title}\n"
        return self._repository.commit_tree(tree, (base, head), message)

    def _head_of(self, branch: str) -> str:
        found = self._repository.branch(branch)
        if found is None:
            raise ForgeError(
                f"{self._remote.place} has no branch {branch!r}; push it first, or run the same "
                "command again if somebody else has just merged it"
            )
        return found

    def _get(self, number: int) -> tuple[PullRequest, str]:
        blob = self._remote.ref(f"{_PULLS}{number}")
        if blob is None:
            raise ForgeError(f"{self._remote.place} has no pull request {number}")
        return self._read(number, blob), blob

    def _read(self, number: int, blob: str) -> PullRequest:
        entry = json.loads(self._repository.read_object(blob))
        entry |= {"labels": tuple(entry["labels"]), "created_at": _time(entry["created_at"])}
        return PullRequest(**entry)

    def _write(self, pull: PullRequest, expect: str | None) -> None:
        self._remote.push(Update(f"{_PULLS}{pull.number}", self._store(pull), expect))

    def _store(self, pull: PullRequest) -> str:
        content = asdict(pull) | {"created_at": pull.created_at.isoformat()}
        return self._repository.write_object(_json(content))

    def _statuses(self, commit: str) -> tuple[list[dict[str, Any]], str | None]:
        blob = self._remote.ref(f"{_STATUSES}{commit}")
        return (json.loads(self._repository.read_object(blob)) if blob else []), blob


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
