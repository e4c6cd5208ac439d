"""One request to GitHub through its own program ``gh``, which knows the login and the network."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from . import ForgeError
from .answers import Answer, read_json

_SECONDS = 60


class Gh:
    """Requests to one host: github.com, or an own server."""

    def __init__(self, root: Path, host: str) -> None:
        self._root, self.host = root, host

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Send ``body`` as JSON to ``path`` of the API; a refusal is an answer too.

        Raises ``ForgeError`` if there is no answer: no program, no login, no network.
        """
        command = ["gh", "api", "--include", "--method", method, path]
        command += ["--input", "-"] if body is not None else []
        done = self._run(command, None if body is None else json.dumps(body))
        head, _, content = done.stdout.replace("\r\n", "\n").partition("\n\n")
        found = re.match(r"HTTP/\S+ (\d{3})", head)
        if found:
            pairs = (line.partition(":") for line in head.splitlines()[1:])
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            return Answer(int(found[1]), headers, read_json(content))
        reason = (done.stderr.strip() or f"gh ended with {done.returncode}").splitlines()[0]
        raise ForgeError(f"no answer from {self.host}: {reason}; check the network and try again")

    def refusal(self, answer: Answer, what: str) -> ForgeError:
        """The error that says why ``what`` was not done and what to do about it."""
        said = answer.message
        if answer.code in (401, 403, 404) and not self.has_login():
            return ForgeError(self._login("gh is not logged in"))
        if answer.code == 401:
            return ForgeError(self._login(f"{self.host} does not take the login ({said})"))
        if answer.is_limited:
            wait = answer.wait
            return ForgeError(f"cannot {what}: {self.host} limits requests; try again {wait}")
        if answer.code == 403:
            return ForgeError(
                f"cannot {what}: {said}; this login needs to write contents, pull requests and "
                "commit statuses"
            )
        if answer.code >= 500:
            return ForgeError(f"cannot {what}: {self.host} has a fault ({said}); try again later")
        return ForgeError(f"cannot {what}: {said} (HTTP {answer.code})")

    def has_login(self) -> bool:
        """Whether gh has a token for the host; without one it asks as nobody and says nothing."""
        return self._run(["gh", "auth", "token", "--hostname", self.host], None).returncode == 0

    def _run(self, command: list[str], content: str | None) -> "subprocess.CompletedProcess[str]":
        # `--hostname` takes no port, the variable does.
        place = {**os.environ, "GH_HOST": self.host, "GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"}
        try:
            return subprocess.run(
                command,
                input=content or "",
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                cwd=self._root,
                env=place,
            )
        except FileNotFoundError:
            raise ForgeError(
                "GitHub is reached through its program gh, which is not installed; "
                "https://cli.github.com says how to install it"
            ) from None
        except subprocess.TimeoutExpired:
            raise ForgeError(f"{self.host} did not answer within {_SECONDS} s; try again") from None

    def _login(self, problem: str) -> str:
        cloud = self.host == "github.com" or self.host.endswith(".ghe.com")
        variable = "GH_TOKEN" if cloud else "GH_ENTERPRISE_TOKEN"
        return f"{problem}: run `gh auth login --hostname {self.host}`, or set {variable}"
