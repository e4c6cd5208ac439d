"""Who wrote what: the API server's audit log, without what controllers do for themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Write:
    """One accepted or refused write. `user` is whom the writer acted as."""

    user: str
    actor: str
    verb: str
    resource: str
    namespace: str
    name: str
    subresource: str
    status: int
    time: str

    @property
    def accepted(self) -> bool:
        return self.status < 400


class AuditLog:
    """The log of one API server; `position()` before an action marks what came later."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def position(self) -> int:
        """Return where the log ends now."""
        return self._path.stat().st_size

    def writes(
        self,
        since: int = 0,
        *,
        user: str | None = None,
        namespace: str | None = None,
        resource: str | None = None,
    ) -> list[Write]:
        """Return the writes after a position, oldest first; dry runs are not among them.

        `user` matches whom the writer acted as, or who he is.
        """
        return [
            write
            for write in self._read(since)
            if (user is None or user in (write.user, write.actor))
            and (namespace is None or namespace == write.namespace)
            and (resource is None or resource == write.resource)
        ]

    def _read(self, since: int) -> Iterator[Write]:
        with self._path.open("rb") as file:
            file.seek(since)
            # The last line may be half written.
            lines = file.read().rpartition(b"\n")[0].splitlines()
        for line in lines:
            event = json.loads(line)
            if event["stage"] == "ResponseComplete" and "dryRun=All" not in event["requestURI"]:
                yield _write(event)


def _write(event: dict) -> Write:
    reference = event.get("objectRef", {})
    actor = event["user"]["username"]
    return Write(
        user=event.get("impersonatedUser", {}).get("username", actor),
        actor=actor,
        verb=event["verb"],
        resource=reference.get("resource", ""),
        namespace=reference.get("namespace", ""),
        name=reference.get("name", ""),
        subresource=reference.get("subresource", ""),
        status=event.get("responseStatus", {}).get("code", 0),
        time=event["requestReceivedTimestamp"],
    )
