"""The one request of a search engine that monitoring uses, answered as the engines do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Engine:
    """Documents, what was asked, and answers that come first (``refuse``: code and body)."""

    def __init__(self, documents: list[dict]) -> None:
        self.documents = documents
        self.refuse: list[tuple[int, dict]] = []
        self.requests: list[tuple[str, dict, dict]] = []
        self.url = ""

    def search(self, body: dict[str, Any]) -> dict[str, Any]:
        window = body["query"]["bool"]["filter"][1]["range"]["@timestamp"]
        dataset = body["query"]["bool"]["filter"][0]["term"]["event.dataset"]
        keyed = sorted(
            ([item["@timestamp"], item["event"]["id"]], number, item)
            for number, item in enumerate(self.documents)
            if item["event"]["dataset"] == dataset
            and window["gte"] <= item["@timestamp"] < window["lt"]
        )
        after = body.get("search_after")
        hits = [(key, item) for key, _, item in keyed if after is None or key > after]
        found = [{"_source": item, "sort": key} for key, item in hits[: body["size"]]]
        return {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": found}}


@contextmanager
def searching(documents: list[dict]) -> Iterator[Engine]:
    engine = Engine(documents)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            engine.requests.append((self.path, dict(self.headers), body))
            code, answer = engine.refuse.pop(0) if engine.refuse else (200, engine.search(body))
            content = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    engine.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield engine
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
