"""What lies outside the cluster's programs: they reach it through an HTTP proxy of ours.

The programs of the cluster run here as plain processes, without cluster DNS. Their proxy setting
stands in for it: a request to a name that a test has given a place goes there, any other request
is kept for the test to read and answered as the test says. Manifests stay as they are.
"""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.cluster.certificates import Authority


@dataclass(frozen=True)
class Request:
    """A request that left the cluster."""

    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Network:
    """A proxy on a port of its own; `received` is all that went to no known place."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.received: list[Request] = []
        self.answer: Callable[[Request], tuple[int, Any]] = lambda request: (200, {})
        self._places: dict[str, int] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.network = self
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """Variables for programs that shall use this network; addresses of loopback stay direct."""
        return {
            "HTTP_PROXY": self.address,
            "HTTPS_PROXY": self.address,
            "NO_PROXY": "127.0.0.1,localhost",
            # Where Go looks for the authorities that it trusts.
            "SSL_CERT_FILE": str(self.authority.certificate),
        }

    def place(self, host: str, port: int) -> None:
        """Send requests for `host`, whatever their port, to a local port."""
        self._places[host] = port

    def place_of(self, host: str) -> int | None:
        """Return the local port that stands in for `host`."""
        return self._places.get(host)

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return what is needed to speak TLS in the name of `host`."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.authority.issue(host))
                self._contexts[host] = context
            return self._contexts[host]

    def wait_for(
        self, wanted: Callable[[Request], Any], seconds: float = 60, start: int = 0
    ) -> Request:
        """Return the first request from number `start` on that `wanted` accepts.

        Raises `TimeoutError` that lists what came instead.
        """
        end = time.monotonic() + seconds
        while True:
            for request in self.received[start:]:
                if wanted(request):
                    return request
            if time.monotonic() > end:
                seen = [f"{each.method} {each.host}{each.path}" for each in self.received[start:]]
                raise TimeoutError(f"no such request within {seconds} s; there were {seen}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    network: Network


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_CONNECT(self) -> None:
        """Answer a request for a TLS connection in the name of the host that is asked for."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        context = self.server.network.context_for(self.path.rpartition(":")[0])
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True  # the client does not trust us and reports it
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        # The next request is read from inside the tunnel.
        self.close_connection = False

    def finish(self) -> None:
        """Close what `do_CONNECT` put in the place of the plain connection."""
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.close()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = f"{address.path}?{address.query}" if address.query else address.path
        # Asked as a proxy the line holds the whole address, asked directly only the path.
        host = address.hostname or self.headers.get("Host", "").partition(":")[0]
        if port := self.server.network.place_of(host):
            self._forward(port, path, body)
            return
        request = Request(self.command, host, path, dict(self.headers), body.decode())
        self.server.network.received.append(request)
        status, content = self.server.network.answer(request)
        self._reply(status, json.dumps(content).encode(), "application/json")

    do_GET = do_POST = do_PUT = do_PATCH = _serve

    def _forward(self, port: int, path: str, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            fields = ("Content-Type", "Accept")
            headers = {name: self.headers[name] for name in fields if name in self.headers}
            connection.request(self.command, path, body, headers)
            answer = connection.getresponse()
            self._reply(answer.status, answer.read(), answer.headers.get_content_type())
        except OSError as error:
            self._reply(502, str(error).encode(), "text/plain")
        finally:
            connection.close()

    def _reply(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments) -> None:
        """Say nothing: what came is in `received`."""
