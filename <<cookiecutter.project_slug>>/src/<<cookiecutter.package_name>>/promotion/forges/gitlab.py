"""Merge requests and commit statuses on GitLab."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import ForgeError, PullRequest, Status
from .gitlab_api import connect

_PAGE = 100
# The newest 500 merge requests; what is older, git itself tells.
_PAGES = 5
_DESCRIPTION = 140
_STATES = {"open": "opened", "closed": "closed", "merged": "merged", "all": "all"}
_OURS = {"success": "success", "skipped": "success", "failed": "failure", "canceled": "failure"}
_THEIRS = {"success": "success", "failure": "failed", "pending": "pending"}
# GitLab finds out in the background whether a merge request can be merged.
_SETTLE_SECONDS = 20
_SETTLING = ("unchecked", "checking", "preparing", "approvals_syncing", "cannot_be_merged_recheck")
_READY = ("mergeable", "can_be_merged")
# What waiting does not mend.
_HOPELESS = {
    "conflict": "it conflicts with",
    "cannot_be_merged": "it conflicts with",
    "broken_status": "it conflicts with",
    "need_rebase": "it is behind",
}


class GitLabForge:
    """One project on gitlab.com or on an own server, by the remote's address."""

    name = "gitlab"

    def __init__(self, root: Path, remote: str) -> None:
        """Raises ``ForgeError`` if ``remote`` does not name a project on a host."""
        # Everything is asked over the network; nothing of the checkout at ``root`` matters.
        self._api = connect(remote)

    def default_branch(self) -> str:
        return self._do("GET", "", None, "read its settings")["default_branch"]

    def pull_requests(self, state: str = "open") -> list[PullRequest]:
        """Newest first; ``state`` is open, merged, closed or all. Those of forks are left out."""
        query = f"state={_STATES[state]}&order_by=created_at&sort=desc"
        return [_read(item) for item in self._list("/merge_requests", query) if _is_ours(item)]

    def open(
        self, branch: str, base: str, title: str, body: str, labels: Sequence[str] = ()
    ) -> PullRequest:
        """Open a merge request, or bring the open one of this branch up to date."""
        text = {"title": title, "description": body, "target_branch": base}
        item = self._open_one(branch) or self._create(branch, text)
        changes = {key: value for key, value in text.items() if item[key] != value}
        if missing := [label for label in labels if label not in item["labels"]]:
            changes["add_labels"] = ",".join(missing)
        if changes:
            path = f"/merge_requests/{item['iid']}"
            item = self._do("PUT", path, changes, f"update merge request !{item['iid']}")
        return _read(item)

    def close(self, number: int, comment: str) -> None:
        """Say why and close it; one that is closed or merged already is left as it is."""
        path, what = f"/merge_requests/{number}", f"close merge request !{number}"
        if self._get(number)["state"] == "opened":
            self._do("POST", f"{path}/notes", {"body": comment}, what)
            self._do("PUT", path, {"state_event": "close"}, what)

    def merge(self, number: int, head: str) -> PullRequest:
        """Merge at commit ``head`` now, or let GitLab do it once all that it requires is there."""
        pull = _read(self._get(number))
        if pull.state == "merged":
            return pull
        if pull.state == "closed":
            raise ForgeError(f"merge request !{number} is closed and cannot be merged: {pull.url}")
        if pull.head != head:
            raise ForgeError(
                f"merge request !{number} is at {pull.head[:12]} and not at {head[:12]}: somebody "
                f"has pushed to {pull.branch}; look at it and run the command again"
            )
        found = self._settled(number)
        if found in _HOPELESS:
            raise ForgeError(
                f"merge request !{number} cannot be merged: {_HOPELESS[found]} {pull.base}; close "
                f"it and run the command again, which starts from the present state: {pull.url}"
            )
        body: dict[str, Any] = {"sha": head}
        if found not in _READY:
            # The second name is what servers before 17.11 know.
            body |= {"auto_merge": True, "merge_when_pipeline_succeeds": True}
        answer = self._api.call("PUT", f"/merge_requests/{number}/merge", body)
        if answer.code in (405, 406, 422):
            raise ForgeError(
                f"merge request !{number} cannot be merged ({found.replace('_', ' ')}), and GitLab "
                f"does not do it later by itself ({answer.message}); see what it needs: {pull.url}"
            )
        if answer.code != 200:
            raise self._api.refusal(answer, f"merge !{number}")
        return _read(answer.body)

    def statuses(self, commit: str) -> list[Status]:
        """Newest first; empty for a commit that GitLab does not have."""
        path = f"/repository/commits/{commit}/statuses?all=true&per_page={_PAGE}"
        answer = self._api.call("GET", path)
        if answer.code == 404 and "Commit" in answer.message:
            return []
        if answer.code != 200:
            raise self._api.refusal(answer, f"read the statuses of {commit[:12]}")
        newest = sorted(answer.body, key=lambda item: (_when(item), item["id"]), reverse=True)
        return [_read_status(item) for item in newest]

    def set_status(self, commit: str, context: str, state: str, description: str) -> None:
        text = description[:_DESCRIPTION]
        body = {"state": _THEIRS[state], "name": context, "description": text}
        answer = self._api.call("POST", f"/statuses/{commit}", body)
        # A state can be given twice, except "pending", which GitLab takes for a mistake.
        if answer.code == 400 and "transition" in answer.message:
            newest = next((s for s in self.statuses(commit) if s.context == context), None)
            if newest is not None and newest.state == state:
                return
        if answer.code not in (200, 201):
            raise self._api.refusal(answer, f"set the status {context}")

    def _create(self, branch: str, text: dict[str, Any]) -> dict[str, Any]:
        new = {**text, "source_branch": branch, "remove_source_branch": True}
        answer = self._api.call("POST", "/merge_requests", new)
        if answer.code == 201:
            return answer.body
        # Somebody was faster since it was asked for.
        again = self._open_one(branch) if answer.code == 409 else None
        if again is None:
            raise self._api.refusal(answer, f"open a merge request from {branch}")
        return again

    def _settled(self, number: int) -> str:
        end = time.monotonic() + _SETTLE_SECONDS
        while True:
            item = self._get(number)
            found = item.get("detailed_merge_status") or item["merge_status"]
            if found not in _SETTLING or time.monotonic() > end:
                return found
            time.sleep(0.5)

    def _open_one(self, branch: str) -> dict[str, Any] | None:
        query = f"state=opened&source_branch={quote(branch, safe='')}"
        return next(filter(_is_ours, self._list("/merge_requests", query)), None)

    def _get(self, number: int) -> dict[str, Any]:
        return self._do("GET", f"/merge_requests/{number}", None, f"read merge request !{number}")

    def _list(self, path: str, query: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            place = f"{path}?{query}&per_page={_PAGE}&page={page}"
            items = self._do("GET", place, None, "list merge requests")
            yield from items
            if len(items) < _PAGE:
                return

    def _do(self, method: str, path: str, body: dict[str, Any] | None, what: str) -> Any:
        answer = self._api.call(method, path, body)
        if answer.code not in (200, 201):
            raise self._api.refusal(answer, what)
        return answer.body


def _is_ours(item: dict[str, Any]) -> bool:
    # Anybody can open a merge request from a fork whose branch has one of our names.
    return item["source_project_id"] == item["target_project_id"]


def _read(item: dict[str, Any]) -> PullRequest:
    return PullRequest(
        number=item["iid"],
        url=item["web_url"],
        title=item["title"],
        body=item["description"] or "",
        branch=item["source_branch"],
        base=item["target_branch"],
        head=item["sha"],
        # Locked is what GitLab says while it merges.
        state="open" if item["state"] in ("opened", "locked") else item["state"],
        labels=tuple(item["labels"]),
        author=item["author"]["username"],
        created_at=datetime.fromisoformat(item["created_at"]),
    )


def _when(item: dict[str, Any]) -> datetime:
    times = (item.get("finished_at"), item.get("started_at"), item["created_at"])
    return datetime.fromisoformat(next(time for time in times if time))


def _read_status(item: dict[str, Any]) -> Status:
    state = _OURS.get(item["status"], "pending")
    return Status(item["name"], state, item["description"] or "", _when(item))
