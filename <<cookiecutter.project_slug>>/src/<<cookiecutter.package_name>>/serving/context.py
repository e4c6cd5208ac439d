"""What is known about the request being answered, for logs, metrics and the answer itself."""

import re
import time
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

from .errors import RequestError
from .protocol import usable_id
from .scoring import Output, Scored

REQUEST_ID_HEADER = "x-request-id"
# Seldon's orchestrator numbers requests by a header of its own.
_ID_HEADERS = (REQUEST_ID_HEADER, "seldon-puid")
_traceparent = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


@dataclass
class RequestContext:
    """One request; ``id`` is settled once the body is read, ``given_id`` is the body's own."""

    method: str
    path: str
    id: str
    id_is_ours: bool = False
    given_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    protocol: str = "http"
    body_bytes: int | None = None
    # An HTTP status, or the name of a gRPC one; None if the caller went away before an answer.
    status: int | str | None = None
    error: RequestError | None = None
    exception: BaseException | None = None
    scored: Scored | None = None
    outputs: list[Output] = field(default_factory=list)
    started: float = field(default_factory=time.time)
    started_ns: int = field(default_factory=time.perf_counter_ns)
    ended_ns: int | None = None

    @classmethod
    def start(
        cls, method: str, path: str, headers: Mapping[str, str], protocol: str = "http"
    ) -> "RequestContext":
        """A context from lower-case headers (of HTTP) or metadata (of gRPC)."""
        given = next(
            (found for name in _ID_HEADERS if (found := usable_id(headers.get(name)))), None
        )
        trace = _traceparent.match(headers.get("traceparent", ""))
        return cls(
            method=method,
            path=path,
            id=given or str(uuid.uuid4()),
            id_is_ours=given is None,
            trace_id=trace[1] if trace else None,
            span_id=trace[2] if trace else None,
            protocol=protocol,
        )

    def adopt(self, given_id: str | None) -> None:
        """Take the body's id as the request's, unless a header named one before."""
        self.given_id = given_id
        if given_id and self.id_is_ours:
            self.id, self.id_is_ours = given_id, False

    @property
    def answer_id(self) -> str:
        """What the answer's ``id`` says: the protocol wants the body's own id back."""
        return self.given_id or self.id

    @property
    def duration_ns(self) -> int:
        """Until it ended, or until now."""
        return (self.ended_ns or time.perf_counter_ns()) - self.started_ns


current_request: ContextVar[RequestContext | None] = ContextVar("current_request", default=None)
