"""GitHub and GitLab in small: HTTP servers with the state that matters, over one real repository.

Merges are made in the repository; pull requests, comments and statuses are kept here. A test can
make the next requests fail (``refuse``) and look at what was asked (``requests``).
"""

import json
import re
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Reply = tuple[int, Any]
_START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@dataclass
class Hub:
    """What both servers know. ``required`` are contexts without which nothing is merged."""

    bare: Path
    full_name: str = "acme/tumour-screening"
    default_branch: str = "trunk"
    required: set[str] = field(default_factory=set)
    takes_over: bool = True
    pulls: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refuse: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=lambda: {"allow_merge_commit": True})
    unsettled: int = 0
    _moments: int = 0
    _merges: dict[tuple[str | None, str], str | None] = field(default_factory=dict)

    def git(self, *arguments: str, folder: Path | None = None) -> str | None:
        command = ["git", "-C", str(folder or self.bare), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def now(self) -> str:
        self._moments += 1
        return (_START + timedelta(seconds=self._moments)).isoformat().replace("+00:00", "Z")

    def head(self, branch: str) -> str | None:
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")

    def knows(self, commit: str) -> bool:
        return self.git("cat-file", "-e", f"{commit}^{{commit}}") is not None

    def find(self, number: int) -> dict[str, Any] | None:
        return next((pull for pull in self.pulls if pull["number"] == number), None)

    def add(self, branch: str, base: str, title: str, body: str, **more: Any) -> dict[str, Any]:
        pull = {
            "number": len(self.pulls) + 1,
            "title": title,
            "body": body,
            "branch": branch,
            "base": base,
            "head": self.head(branch),
            "state": "open",
            "labels": [],
            "comments": [],
            "created_at": self.now(),
            "source": self.full_name,
            "waits": None,
            **more,
        }
        self.pulls.append(pull)
        return pull

    def head_of(self, pull: dict[str, Any]) -> str:
        if pull["state"] == "open":
            pull["head"] = self.head(pull["branch"]) or pull["head"]
        return pull["head"]

    def set_status(self, commit: str, context: str, state: str, description: str) -> dict[str, Any]:
        entries = self.statuses.setdefault(commit, [])
        entry = {"id": sum(map(len, self.statuses.values())), "context": context, "state": state}
        entries.insert(0, {**entry, "description": description, "at": self.now()})
        for pull in self.pulls:
            if pull["state"] == "open" and pull["waits"] == self.head_of(pull):
                self.merge(pull)
        return entries[0]

    def lacking(self, pull: dict[str, Any]) -> str | None:
        """The first required context that is not green."""
        newest: dict[str, str] = {}
        for entry in self.statuses.get(self.head_of(pull), []):
            newest.setdefault(entry["context"], entry["state"])
        return next((c for c in sorted(self.required) if newest.get(c) != "success"), None)

    def conflicts(self, pull: dict[str, Any]) -> bool:
        return self._merged(pull) is None

    def merge(self, pull: dict[str, Any]) -> bool:
        """Merge if nothing is lacking; say whether it was done."""
        commit = None if self.lacking(pull) else self._merged(pull)
        if commit is None:
            return False
        self.git("update-ref", f"refs/heads/{pull['base']}", commit)
        pull["state"] = "merged"
        return True

    def _merged(self, pull: dict[str, Any]) -> str | None:
        """The commit of the merge, made once; None if there are conflicts."""
        both = (self.head(pull["base"]), self.head_of(pull))
        if both not in self._merges:
            self._merges[both] = self._try_merge(pull)
        return self._merges[both]

    def _try_merge(self, pull: dict[str, Any]) -> str | None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "merge"
            self.git("clone", "--quiet", "--branch", pull["base"], str(self.bare), str(folder))
            names = ("-c", "user.name=Mona Merger", "-c", "user.email=mona@example.com")
            subject = f"Merge pull request #{pull['number']} from {pull['branch']}"
            command = (*names, "merge", "--quiet", "--no-ff", "-m", subject, self.head_of(pull))
            if self.git(*command, folder=folder) is None:
                return None
            self.git("push", "--quiet", "origin", "+HEAD:refs/scratch/merge", folder=folder)
            return self.git("rev-parse", "HEAD", folder=folder)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the subclass answer, and keeps both."""

    hub: Hub
    protocol_version = "HTTP/1.1"
    routes: list[tuple[str, str, Callable[..., Reply]]]

    def _serve(self) -> None:
        body = self._body()
        parts = urlsplit(self.path)
        self.hub.requests.append((self.command, self.path, body))
        self.hub.headers.append({name.lower(): value for name, value in self.headers.items()})
        headers: dict[str, str] = {}
        if self.hub.refuse:
            code, headers, answer = self.hub.refuse.pop(0)
        else:
            code, answer = self._answer(parts.path, dict(parse_qsl(parts.query)), body)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        content = b"" if code == 204 else content
        self.send_response(code)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, *arguments: Any) -> None:
        """Nothing on the terminal."""

    def _answer(self, path: str, query: dict[str, str], body: Any) -> Reply:
        for method, pattern, run in self.routes:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                return run(self.hub, *map(unquote, found.groups()), query=query, body=body)
        return 404, {"message": f"no route for {self.command} {path}"}

    def _body(self) -> Any:
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return json.loads(content) if content else None


def page_of(items: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return items[size * (page - 1) : size * page]


@contextmanager
def serving(
    handler: type[Handler], hub: Hub, certificate: tuple[Path, Path] | None = None
) -> Iterator[int]:
    """Serve on a free port of this machine, with TLS if there is a certificate and its key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (handler,), {"hub": hub}))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
