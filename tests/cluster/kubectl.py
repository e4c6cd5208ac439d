"""The real kubectl, with JSON in and out; what only looks asks the API server itself."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cluster import build
from tests.cluster.reader import Reader, Refused

# Who owns what the tests apply; a name of its own shows in managedFields.
MANAGER = "tests"


class Kubectl:
    """Commands against one API server with one user's rights."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._reader = Reader(kubeconfig)

    def run(self, *arguments: str, text: str | None = None, seconds: float = 90) -> str:
        """Run kubectl and return what it prints; raise `Refused` with its message."""
        answer = self.attempt(*arguments, text=text, seconds=seconds)
        if answer.returncode:
            raise Refused(f"kubectl {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout

    def attempt(
        self, *arguments: str, text: str | None = None, seconds: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl and return how it ended."""
        return subprocess.run(
            [str(build.program("kubectl")), f"--kubeconfig={self.kubeconfig}", *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def ready(self) -> bool:
        """Whether the API server answers and has finished its start."""
        return self.attempt("get", "--raw=/readyz").returncode == 0

    def apply(self, *documents: dict | str, namespace: str | None = None) -> str:
        """Apply objects or YAML texts on the server's side, taking over fields where needed."""
        texts = [each if isinstance(each, str) else json.dumps(each) for each in documents]
        arguments = ["apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}"]
        return self.run(*arguments, *_in(namespace), "-f", "-", text="\n---\n".join(texts))

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict | None:
        """Return one object, or None where it does not exist."""
        return self._reader.get(kind, name, namespace)

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[dict]:
        """Return the objects of a kind in one namespace, or in all."""
        return self._reader.list(kind, namespace, selector)

    def patch(self, kind: str, name: str, change: Any, namespace: str | None = None, **how) -> None:
        """Change an object by a JSON merge patch; `how` may name a subresource."""
        options = [f"--{option}={value}" for option, value in how.items()]
        change = json.dumps(change)
        self.run("patch", kind, name, *_in(namespace), "--type=merge", *options, "-p", change)

    def delete(self, kind: str, name: str, namespace: str | None = None, wait: bool = True) -> None:
        """Delete an object if it exists."""
        waiting = f"--wait={str(wait).lower()}"
        self.run("delete", kind, name, *_in(namespace), "--ignore-not-found", waiting)

    def wait_for(
        self,
        kind: str,
        name: str,
        namespace: str | None,
        condition: Callable[[dict | None], Any],
        seconds: float = 60,
    ) -> dict | None:
        """Wait until `condition` holds for the object (None while it does not exist); return it.

        Raises `TimeoutError` that shows the object as it was last.
        """
        end = time.monotonic() + seconds
        while not condition(found := self.get(kind, name, namespace)):
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{kind} {namespace}/{name} after {seconds} s: {json.dumps(found)}"
                )
            time.sleep(0.1)
        return found


def _in(namespace: str | None) -> list[str]:
    return [f"--namespace={namespace}"] if namespace else []
