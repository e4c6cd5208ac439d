"""One request to GitLab's REST API: where the API is, which token, what a refusal means."""

import json
import os
import ssl
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit

from . import ForgeError
from .addresses import parse_address
from .answers import Answer, read_json

_SECONDS = 30


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Following would send the token to wherever an answer points."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


class Api:
    """Requests to one project, below ``.../api/v4/projects/<project>``."""

    def __init__(self, root: str, project: str, variables: Mapping[str, str]) -> None:
        self.project = project
        self._root = f"{root}/projects/{quote(project, safe='')}"
        self._host = urlsplit(root).netloc
        self._headers = {"Accept": "application/json", **_login(variables)}
        context = ssl.create_default_context()
        # GitLab's runners name the certificate of an own server here, for every job.
        if authority := variables.get("CI_SERVER_TLS_CA_FILE"):
            context.load_verify_locations(authority)
        secure = urllib.request.HTTPSHandler(context=context)
        self._opener = urllib.request.build_opener(secure, _NoRedirect)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Send ``body`` as JSON; a refusal is an answer too.

        Raises ``ForgeError`` if there is no answer.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._root}{path}", content, headers, method=method)
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return _answer(response.status, response.headers, response.read())
        except HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise ForgeError(
                f"no answer from {self._host}: {reason}; check the network, and GITLAB_URL if the "
                "server has another address than the repository"
            ) from None

    def refusal(self, answer: Answer, what: str) -> ForgeError:
        """The error that says why ``what`` was not done and what to do about it."""
        said, place = answer.message, f"{self.project} on {self._host}"
        if answer.code == 401:
            return ForgeError(
                f"{self._host} does not take the login ({said}): set GITLAB_TOKEN to a token with "
                "the scope api"
            )
        if answer.is_limited:
            return ForgeError(
                f"cannot {what}: {self._host} limits requests; try again {answer.wait}"
            )
        if answer.code == 403:
            return ForgeError(
                f"cannot {what} in {place}: {said}; GITLAB_TOKEN needs the scope api and the role "
                "of a developer or maintainer (the token of a CI job may not do this)"
            )
        if answer.code == 404 and "Project" in said:
            return ForgeError(
                f"there is no project {place}, or this login may not see it: set GITLAB_TOKEN, and "
                "GITLAB_URL if the server is not at the root of its host"
            )
        if 300 <= answer.code < 400:
            return ForgeError(
                f"cannot {what}: {place} has moved; set the new address with `git remote set-url`"
            )
        if answer.code >= 500:
            return ForgeError(f"cannot {what}: {self._host} has a fault ({said}); try again later")
        return ForgeError(f"cannot {what} in {place}: {said} (HTTP {answer.code})")


def connect(remote: str) -> Api:
    """The API of the project whose Git address is ``remote``. Raises ``ForgeError``."""
    root, project = find_project(remote, os.environ)
    return Api(root, project, os.environ)


def find_project(remote: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """The API's root, and the project's path with all its groups.

    In a CI job GitLab says both. Elsewhere the host is the remote's, and ``GITLAB_URL`` tells what
    no Git address shows: a server below a path, or one whose web address has another name.
    """
    address = parse_address(remote)
    if address is None or "/" not in address.path:
        raise ForgeError(
            f"{remote} names no project on GitLab; it must look like "
            "https://gitlab.com/GROUP/NAME or git@gitlab.com:GROUP/NAME.git"
        )
    api, project = variables.get("CI_API_V4_URL"), variables.get("CI_PROJECT_PATH")
    if api and project and f"/{address.path}".lower().endswith(f"/{project}".lower()):
        return api.rstrip("/"), project
    own = variables.get("GITLAB_URL", "").rstrip("/")
    if not own:
        scheme = "http" if address.scheme == "http" else "https"
        # altssh.gitlab.com is for networks that close the port of ssh.
        host = "gitlab.com" if address.host == "altssh.gitlab.com" else address.host
        return f"{scheme}://{host}/api/v4", address.path
    parts = urlsplit(own)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ForgeError(
            f"GITLAB_URL is {own}; it must be the server's address, such as https://example.com/git"
        )
    below = parts.path.strip("/") + "/"
    # Only web addresses have the server's path in them.
    path = address.path.removeprefix(below) if address.is_web else address.path
    return f"{own}/api/v4", path


def _login(variables: Mapping[str, str]) -> dict[str, str]:
    if token := variables.get("GITLAB_TOKEN"):
        return {"PRIVATE-TOKEN": token}
    if token := variables.get("CI_JOB_TOKEN"):
        return {"JOB-TOKEN": token}
    # A public project can be read by anybody.
    return {}


def _answer(code: int, headers: Any, content: bytes) -> Answer:
    names = {name.lower(): value for name, value in headers.items()}
    return Answer(code, names, read_json(content.decode("utf-8", "replace")))
