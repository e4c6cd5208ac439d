"""The few answers of GitHub's API that Argo CD's notifications need, and what they were told."""

import re
from dataclasses import dataclass
from typing import Any

from tests.cluster.network import Network, Request

HOST = "api.github.com"


@dataclass(frozen=True)
class CommitStatus:
    """A status that somebody set on a commit of `repository` (owner/name)."""

    repository: str
    commit: str
    context: str
    state: str
    description: str


@dataclass(frozen=True)
class Dispatch:
    """A repository_dispatch event, which would start a workflow."""

    repository: str
    kind: str
    payload: Any


class GitHub:
    """Stands behind api.github.com on the cluster's network."""

    def __init__(self, network: Network) -> None:
        self.statuses: list[CommitStatus] = []
        self.dispatches: list[Dispatch] = []
        network.answer = self._answer

    def _answer(self, request: Request) -> tuple[int, Any]:
        if request.host != HOST:
            return 200, {}
        if request.path.endswith("/access_tokens"):
            return 201, {"token": "of-a-test", "expires_at": "2099-01-01T00:00:00Z"}
        if match := re.fullmatch(r"/repos/([^/]+/[^/]+)/statuses/([0-9a-f]+)", request.path):
            content = request.json()
            described = content.get("description") or ""
            self.statuses.append(
                CommitStatus(*match.groups(), content["context"], content["state"], described)
            )
            return 201, content
        if match := re.fullmatch(r"/repos/([^/]+/[^/]+)/dispatches", request.path):
            content = request.json()
            self.dispatches.append(
                Dispatch(match[1], content["event_type"], content.get("client_payload"))
            )
            return 204, None
        return 404, {"message": "Not Found"}
