"""Pull requests and commit statuses on GitHub."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import ForgeError, PullRequest, Status
from .addresses import parse_address
from .answers import Answer
from .gh import Gh

_PAGE = 100
# The newest 500 pull requests; what is older, git itself tells.
_PAGES = 5
_DESCRIPTION = 140
_METHODS = ("merge", "squash", "rebase")
# GitHub finds out in the background whether a pull request has conflicts.
_SETTLE_SECONDS = 10
_AUTO_MERGE = """
mutation($id: ID!, $method: PullRequestMergeMethod!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(
    input: {pullRequestId: $id, mergeMethod: $method, expectedHeadOid: $head}
  ) { clientMutationId }
}"""


class GitHubForge:
    """One repository on github.com or on an own server, by the remote's address."""

    name = "github"

    def __init__(self, root: Path, remote: str) -> None:
        """Raises ``ForgeError`` if ``remote`` does not name a repository on a host."""
        address = parse_address(remote)
        if address is None or not re.fullmatch(r"[^/]+/[^/]+", address.path):
            raise ForgeError(
                f"{remote} names no repository on GitHub; it must look like "
                "https://github.com/OWNER/NAME or git@github.com:OWNER/NAME.git"
            )
        self._repository = address.path
        # ssh.github.com is for networks that close the port of ssh.
        self._gh = Gh(root, "github.com" if address.host == "ssh.github.com" else address.host)

    def default_branch(self) -> str:
        return self._about()["default_branch"]

    def pull_requests(self, state: str = "open") -> list[PullRequest]:
        """Newest first; ``state`` is open, merged, closed or all. Those of forks are left out."""
        wanted = "closed" if state == "merged" else state
        items = self._list("pulls", f"state={wanted}&sort=created&direction=desc")
        pulls = [_read(item) for item in items if _is_ours(item)]
        return [pull for pull in pulls if state in ("all", pull.state)]

    def open(
        self, branch: str, base: str, title: str, body: str, labels: Sequence[str] = ()
    ) -> PullRequest:
        """Open a pull request, or bring the open one of this branch up to date."""
        text = {"title": title, "body": body, "base": base}
        item = self._open_one(branch) or self._create(branch, text)
        number, what = item["number"], f"update pull request #{item['number']}"
        if (item["title"], item["body"], item["base"]["ref"]) != (title, body, base):
            item = self._do("PATCH", f"pulls/{number}", text, what)
        present = {label["name"] for label in item["labels"]}
        if missing := [label for label in labels if label not in present]:
            self._do("POST", f"issues/{number}/labels", {"labels": missing}, what)
            item = self._get(number)
        return _read(item)

    def close(self, number: int, comment: str) -> None:
        """Say why and close it; one that is closed or merged already is left as it is."""
        what = f"close pull request #{number}"
        if self._get(number)["state"] == "open":
            self._do("POST", f"issues/{number}/comments", {"body": comment}, what)
            self._do("PATCH", f"pulls/{number}", {"state": "closed"}, what)

    def merge(self, number: int, head: str) -> PullRequest:
        """Merge at commit ``head`` now, or let GitHub do it once all that it requires is there."""
        pull = _read(self._get(number))
        if pull.state == "merged":
            return pull
        if pull.state == "closed":
            raise ForgeError(f"pull request #{number} is closed and cannot be merged: {pull.url}")
        if pull.head != head:
            raise ForgeError(
                f"pull request #{number} is at {pull.head[:12]} and not at {head[:12]}: somebody "
                f"has pushed to {pull.branch}; look at it and run the command again"
            )
        method, path = self._merge_method(), f"pulls/{number}/merge"
        answer = self._ask("PUT", path, {"sha": head, "merge_method": method})
        if answer.code == 405 and "Base branch was modified" in answer.message:
            answer = self._ask("PUT", path, {"sha": head, "merge_method": method})
        if answer.code == 405:
            self._merge_later(number, head, method, answer.message)
        elif answer.code != 200:
            raise self._gh.refusal(answer, self._in(f"merge pull request #{number}"))
        merged = _read(self._get(number))
        if merged.state == "merged":
            # Gone already where the repository removes branches by itself.
            self._ask("DELETE", f"git/refs/heads/{quote(merged.branch)}")
        return merged

    def statuses(self, commit: str) -> list[Status]:
        """Newest first; empty for a commit that GitHub does not have."""
        answer = self._ask("GET", f"commits/{commit}/statuses?per_page={_PAGE}")
        if answer.code == 422:
            return []
        if answer.code != 200:
            raise self._refused(answer, f"read the statuses of {commit[:12]}")
        return [_read_status(item) for item in answer.body]

    def set_status(self, commit: str, context: str, state: str, description: str) -> None:
        body = {"state": state, "context": context, "description": description[:_DESCRIPTION]}
        self._do("POST", f"statuses/{commit}", body, f"set the status {context}")

    def _create(self, branch: str, text: dict[str, Any]) -> dict[str, Any]:
        answer = self._ask("POST", "pulls", {**text, "head": branch})
        if answer.code == 201:
            return answer.body
        # Somebody was faster since it was asked for.
        again = self._open_one(branch) if "already exists" in answer.message else None
        if again is None:
            raise self._refused(answer, f"open a pull request from {branch}")
        return again

    def _merge_later(self, number: int, head: str, method: str, reason: str) -> None:
        item = self._settled(number)
        url = item["html_url"]
        if item["mergeable"] is False:
            raise ForgeError(
                f"pull request #{number} conflicts with {item['base']['ref']}; close it and run "
                f"the command again, which starts from the present state: {url}"
            )
        variables = {"id": item["node_id"], "method": method.upper(), "head": head}
        body = {"query": _AUTO_MERGE, "variables": variables}
        answer = self._gh.call("POST", "graphql", body)
        if answer.code != 200 or answer.body.get("errors"):
            raise ForgeError(
                f"pull request #{number} cannot be merged yet ({reason}), and GitHub does not do "
                f"it later by itself ({answer.message}); allow auto-merge in the settings of "
                f"{self._repository}, or merge it by hand: {url}"
            )

    def _settled(self, number: int) -> dict[str, Any]:
        end = time.monotonic() + _SETTLE_SECONDS
        while (item := self._get(number))["mergeable"] is None and time.monotonic() < end:
            time.sleep(0.5)
        return item

    def _merge_method(self) -> str:
        """A merge commit where the repository allows it: it has both parents and who merged."""
        about = self._about()
        allowed = {"merge": "allow_merge_commit"}
        allowed |= {method: f"allow_{method}_merge" for method in _METHODS[1:]}
        return next((method for method, key in allowed.items() if about.get(key)), "merge")

    def _open_one(self, branch: str) -> dict[str, Any] | None:
        items = self._list("pulls", "state=open")
        return next((i for i in items if _is_ours(i) and i["head"]["ref"] == branch), None)

    def _about(self) -> dict[str, Any]:
        return self._do("GET", "", None, "read its settings")

    def _get(self, number: int) -> dict[str, Any]:
        return self._do("GET", f"pulls/{number}", None, f"read pull request #{number}")

    def _list(self, path: str, query: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            place = f"{path}?{query}&per_page={_PAGE}&page={page}"
            items = self._do("GET", place, None, f"list {path}")
            yield from items
            if len(items) < _PAGE:
                return

    def _do(self, method: str, path: str, body: dict[str, Any] | None, what: str) -> Any:
        answer = self._ask(method, path, body)
        if answer.code not in (200, 201):
            raise self._refused(answer, what)
        return answer.body

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self._gh.call(method, f"repos/{self._repository}/{path}".rstrip("/"), body)

    def _refused(self, answer: Answer, what: str) -> ForgeError:
        # GitHub says "not found" of everything in a repository that a login may not see.
        if answer.code == 404 and self._gh.has_login() and self._ask("GET", "").code == 404:
            return ForgeError(
                f"there is no repository {self._repository} on {self._gh.host}, or this login may "
                "not see it"
            )
        return self._gh.refusal(answer, self._in(what))

    def _in(self, what: str) -> str:
        return f"{what} in {self._repository}"


def _is_ours(item: dict[str, Any]) -> bool:
    # Anybody can open a pull request from a fork whose branch has one of our names.
    source = item["head"]["repo"]
    return source is not None and source["full_name"] == item["base"]["repo"]["full_name"]


def _read(item: dict[str, Any]) -> PullRequest:
    return PullRequest(
        number=item["number"],
        url=item["html_url"],
        title=item["title"],
        body=item["body"] or "",
        branch=item["head"]["ref"],
        base=item["base"]["ref"],
        head=item["head"]["sha"],
        state="merged" if item["merged_at"] else item["state"],
        labels=tuple(label["name"] for label in item["labels"]),
        # Null where the account is gone.
        author=(item["user"] or {"login": "ghost"})["login"],
        created_at=datetime.fromisoformat(item["created_at"]),
    )


def _read_status(item: dict[str, Any]) -> Status:
    state = item["state"] if item["state"] in ("success", "pending") else "failure"
    at = datetime.fromisoformat(item["created_at"])
    return Status(item["context"], state, item["description"] or "", at)
