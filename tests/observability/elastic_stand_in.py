"""Stands for Elasticsearch and Kibana, whose servers are not published as libraries."""

import http.server
import json


class StandIn(http.server.ThreadingHTTPServer):
    """Keeps what is put, gives it back; Kibana's import and export.

    `version` None is some other server; `unready` is how every GET fails: the status, the text, and
    how many bytes fewer than promised.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stored: dict[str, dict] = {}
        self.objects: list[dict] | None = None
        self.version: str | None = "9.4.3"
        self.unready: tuple[int, str, int] | None = None
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self):
        if self.server.unready:
            self.fail(*self.server.unready)
        elif self.path == "/":
            version = self.server.version
            self.answer({"version": {"number": version}} if version else {"hello": "world"})
        elif self.path.startswith(("/_cluster/health", "/api/status")):
            self.answer({"status": "green"})
        elif self.path not in self.server.stored:
            self.answer({}, 404)
        else:
            self.answer(self.wrapped(self.server.stored[self.path]))

    def wrapped(self, body):
        name = self.path.rpartition("/")[2]
        if "_ilm" in self.path:
            return {name: {"version": 1, "modified_date": "now", **body}}
        if "pipeline" in self.path:
            return {name: body}
        kind = self.path.split("/")[1].removeprefix("_")
        return {f"{kind}s": [{"name": name, kind: body}]}

    def do_PUT(self):
        self.server.stored[self.path] = json.loads(self.body())
        self.answer({"acknowledged": True})

    def do_POST(self):
        body = self.body().decode()
        if self.path.endswith("_export"):
            if self.server.objects is None:
                self.answer({"message": "not found"}, 400)
            else:
                self.answer("\n".join(json.dumps(each) for each in self.server.objects))
            return
        assert self.headers["kbn-xsrf"] and "multipart/form-data; boundary=" in str(self.headers)
        lines = [line for line in body.split("\r\n") if line.startswith("{")]
        self.server.objects = [json.loads(each) for each in lines[0].splitlines()]
        self.answer({"success": True})

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, content, status=200):
        text = content if isinstance(content, str) else json.dumps(content)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def fail(self, status, text, missing):
        """Answer with so many bytes less than promised."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text) + missing))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments):
        """Nothing: the stand-in's own lines are of no use here."""
