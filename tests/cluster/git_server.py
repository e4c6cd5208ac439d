"""Bare repositories served over HTTPS by Git's own http-backend."""

import os
import ssl
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.cluster.certificates import Authority


class GitServer:
    """Serves the bare repositories below `folder` at https://127.0.0.1:<port>/<path>.git."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder = folder / "git"
        self.folder.mkdir()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.folder = self.folder
        self.port = self._server.server_address[1]
        self._server.context.load_cert_chain(*authority.issue("git"))
        self.certificate = authority.certificate
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def create(self, path: str) -> tuple[str, Path]:
        """Make an empty repository, such as team/model; return its address and its folder."""
        bare = self.folder / f"{path}.git"
        command = ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)]
        subprocess.run(command, check=True, timeout=30)
        for setting in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
            subprocess.run(["git", "-C", str(bare), "config", setting, "true"], check=True)
        return self.address(path), bare

    def address(self, path: str) -> str:
        """Return where a repository is served, whether it exists or not."""
        return f"https://127.0.0.1:{self.port}/{path}.git"

    def environment(self) -> dict[str, str]:
        """Variables for Git as a client of this server, without anybody's own configuration."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_SSL_CAINFO": str(self.certificate),
        }

    def client(self, folder: Path, *arguments: str) -> str:
        """Run Git in a clone and return what it prints; raise `AssertionError` when it fails."""
        command = ["git", *arguments]
        answer = subprocess.run(
            command,
            cwd=folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if answer.returncode:
            raise AssertionError(f"{' '.join(command)}: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def stop(self) -> None:
        """Stop serving; the repositories stay."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    folder: Path

    def __init__(self, *arguments) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        super().__init__(*arguments)

    def finish_request(self, request, client_address) -> None:
        # Here and not on the listening socket: this runs in the thread of the connection, so a
        # client that never finishes its handshake holds up nobody else.
        request.settimeout(60)
        try:
            with self.context.wrap_socket(request, server_side=True) as secure:
                super().finish_request(secure, client_address)
        except OSError:
            return  # the client is gone or speaks no TLS; it sees that itself


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            self._answer(self._chunks())
        else:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        answer = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=self._environment(len(body)),
            capture_output=True,
            timeout=120,
            check=False,
        )
        head, _, content = answer.stdout.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if line]
        status = next((value for name, value in fields if name.lower() == "status"), "200")
        self.send_response(int(status.split()[0]))
        for name, value in fields:
            if name.lower() != "status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _environment(self, length: int) -> Mapping[str, str]:
        """Return the variables of the CGI interface, which git http-backend reads."""
        address = urlsplit(self.path)
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_USER": "tests",
        }

    def log_message(self, format: str, *arguments) -> None:
        """Say nothing: each poll of Argo CD would print a line."""
