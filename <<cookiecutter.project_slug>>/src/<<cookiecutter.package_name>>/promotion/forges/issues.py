"""Issues of a forge: at most one that is open of each title."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..repository import Repository, StaleError, Update
from . import ForgeError, choose
from .github import GitHubForge
from .gitlab import GitLabForge

_ISSUES = "refs/forge/issues/"
_ATTEMPTS = 10


@dataclass(frozen=True)
class Issue:
    """``state`` is open or closed."""

    number: int
    url: str
    title: str
    body: str
    state: str
    labels: tuple[str, ...]


class Issues(Protocol):
    """What monitoring needs of a forge. Every method raises ``ForgeError`` or ``GitError``."""

    def issues(self, label: str) -> list[Issue]:
        """Those that are open and have the label."""
        ...

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Open an issue; an open one of this title and first label gets the new text instead."""
        ...


def choose_issues(root: Path, url: str | None, name: str | None = None) -> Issues:
    """The issues of the forge at ``url``, as ``choose`` finds it; raises ``ForgeError``."""
    known = choose(root, url, name).name
    if known == "github":
        return GitHubIssues(root, str(url))
    if known == "gitlab":
        return GitLabIssues(root, str(url))
    return LocalIssues(root)


class GitHubIssues(GitHubForge):
    """Issues on GitHub, which counts pull requests among them."""

    def issues(self, label: str) -> list[Issue]:
        items = self._list("issues", f"state=open&labels={label}")
        return [_from_github(item) for item in items if "pull_request" not in item]

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        for known in self.issues(labels[0]):
            if known.title == title:
                what = f"update issue #{known.number}"
                changed = self._do("PATCH", f"issues/{known.number}", {"body": body}, what)
                return _from_github(changed)
        new = {"title": title, "body": body, "labels": list(labels)}
        return _from_github(self._do("POST", "issues", new, "open an issue"))


class GitLabIssues(GitLabForge):
    """Issues on GitLab."""

    def issues(self, label: str) -> list[Issue]:
        items = self._list("/issues", f"state=opened&labels={label}")
        return [_from_gitlab(item) for item in items]

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        for known in self.issues(labels[0]):
            if known.title == title:
                path, what = f"/issues/{known.number}", f"update issue #{known.number}"
                return _from_gitlab(self._do("PUT", path, {"description": body}, what))
        new = {"title": title, "description": body, "labels": ",".join(labels)}
        return _from_gitlab(self._do("POST", "/issues", new, "open an issue"))


class LocalIssues:
    """Issues in refs of the repository's remote, as pull requests of the local forge are."""

    def __init__(self, root: Path) -> None:
        self._repository = Repository(root)
        self._remote = self._repository.remote

    def issues(self, label: str) -> list[Issue]:
        return [
            issue
            for issue, _ in self._all().values()
            if issue.state == "open" and label in issue.labels
        ]

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        for _ in range(_ATTEMPTS):
            known = self._all()
            same = [
                (issue, blob)
                for issue, blob in known.values()
                if (issue.title, issue.state) == (title, "open") and labels[0] in issue.labels
            ]
            if same:
                issue, blob = replace(same[0][0], body=body), same[0][1]
            else:
                number, blob = max(known, default=0) + 1, None
                url = f"{self._remote.place}#issue-{number}"
                issue = Issue(number, url, title, body, "open", tuple(labels))
            content = self._repository.write_object(json.dumps(asdict(issue), indent=1).encode())
            try:
                self._remote.push(Update(f"{_ISSUES}{issue.number}", content, blob))
                return issue
            except StaleError:
                continue
        raise ForgeError(f"{self._remote.place} is too busy to open an issue; run it again")

    def _all(self) -> dict[int, tuple[Issue, str]]:
        found = {}
        for blob in self._remote.refs(f"{_ISSUES}*").values():
            entry = json.loads(self._repository.read_object(blob))
            issue = Issue(**entry | {"labels": tuple(entry["labels"])})
            found[issue.number] = (issue, blob)
        return found


def _from_github(item: dict[str, Any]) -> Issue:
    labels = tuple(label["name"] for label in item["labels"])
    body = item["body"] or ""
    return Issue(item["number"], item["html_url"], item["title"], body, item["state"], labels)


def _from_gitlab(item: dict[str, Any]) -> Issue:
    state = "open" if item["state"] == "opened" else "closed"
    body = item["description"] or ""
    return Issue(item["iid"], item["web_url"], item["title"], body, state, tuple(item["labels"]))
