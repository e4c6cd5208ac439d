"""A server that speaks JSON over HTTP, with errors that say what to do."""

import base64
import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

# One request; a server that hangs must not hang the job.
SECONDS = 60
PAUSE = 2.0


class Failed(Exception):
    """Something could not be done; the message names it, the place and the way out.

    `status` is that of the answer; None if there was no answer.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """`username` and `password` for basic authentication, `authority` a file of certificates."""

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        authority: str | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json", "kbn-xsrf": "bootstrap"}
        if username is not None:
            pair = base64.b64encode(f"{username}:{password or ''}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"
        try:
            self._context = ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise Failed(
                f"the file of certificates {authority} cannot be read ({error}): ENGINE_CA and"
                " KIBANA_CA are the ca.crt of the Secrets logs-es-http-certs-public and"
                " logs-kb-http-certs-public"
            ) from None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the answer, None if there is no such thing; raise `Failed` with its words.

        `body`: bytes are sent as they are, anything else as JSON.
        """
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers=self._headers | headers
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=self._context) as answer:
                return _read(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404 and method == "GET":
                return None
            raise Failed(self._refused(method, path, error), error.code) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Failed(f"{method} {self.url}{path}: {error}; see that it runs") from None

    def wait(self, path: str, seconds: float) -> None:
        """Return when a GET of `path` is answered; raise `Failed` after `seconds`.

        Wrong credentials are not waited for.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                self.call("GET", path)
                return
            except Failed as error:
                if error.status in (401, 403):
                    raise
                if time.monotonic() > end:
                    raise Failed(
                        f"{self.url} does not answer after {seconds:.0f} s ({error}): look at the"
                        " pods and events of its namespace, then sync again"
                    ) from None
            time.sleep(min(PAUSE, seconds))

    def product(self) -> tuple[str, str]:
        """Return `elasticsearch` or `opensearch`, and its version."""
        answer = self.call("GET", "/")
        try:
            version = answer["version"]
            # Elasticsearch does not name itself here.
            return version.get("distribution", "elasticsearch"), version["number"]
        except (LookupError, TypeError, AttributeError):
            said = json.dumps(answer)[:300]
            raise Failed(f"{self.url} is no search engine: it answers {said}") from None

    def _refused(self, method: str, path: str, error: urllib.error.HTTPError) -> str:
        try:
            said = error.read().decode("utf-8", "replace")[:600]
        except (OSError, http.client.HTTPException) as broken:
            said = f"and did not say why ({broken})"
        text = f"{method} {self.url}{path} was refused with {error.code}: {said}"
        if error.code == 401:
            text += "; set ENGINE_USERNAME and ENGINE_PASSWORD to a user that the engine knows"
        if error.code == 403:
            text += "; the user needs the role logs-bootstrap"
        return text


def _read(text: bytes) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        # Exports of Kibana are one object a line.
        return [json.loads(line) for line in text.splitlines() if line.strip()]
