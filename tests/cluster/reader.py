"""Objects over the API server's own interface: without a process, one can look often."""

import json
import ssl
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

# One answer with every group and its resources.
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_SECONDS = 30


class Refused(RuntimeError):
    """The API server, or kubectl, said no; the message is what it said."""


class Resource(NamedTuple):
    """Where the objects of a kind are: `prefix` is that of its group and version."""

    prefix: str
    name: str
    namespaced: bool

    def path(self, namespace: str | None, name: str = "") -> str:
        """The address of one object, or of all in a namespace, or of all."""
        inside = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        return f"{self.prefix}{inside}/{self.name}{f'/{quote(name)}' if name else ''}"


class Reader:
    """Reads with the rights of a kubeconfig that holds a token, as those of the tests do.

    Kinds have the names that kubectl knows: `deployment`, `deployments`, `deploy`. Raises
    `Refused`.
    """

    def __init__(self, kubeconfig: Path) -> None:
        content = json.loads(kubeconfig.read_text(encoding="utf-8"))
        cluster = content["clusters"][0]["cluster"]
        self._server = urlsplit(cluster["server"])
        self._namespace = content["contexts"][0]["context"]["namespace"]
        self._token = content["users"][0]["user"]["token"]
        self._tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._resources: dict[str, Resource] = {}

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict | None:
        """Return one object, or None where it does not exist."""
        status, found = self._ask(self._resource(kind).path(namespace or self._namespace, name))
        if status == 404:
            return None
        return _shown(_checked(status, found))

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[dict]:
        """Return the objects of a kind in one namespace, or in all."""
        query = f"?{urlencode({'labelSelector': selector})}" if selector else ""
        found = _checked(*self._ask(f"{self._resource(kind).path(namespace)}{query}"))
        # Inside a list, built-in kinds are not named.
        named = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
        return [named | _shown(item) for item in found["items"]]

    def _resource(self, kind: str) -> Resource:
        known = kind.lower()
        if known not in self._resources:
            # Kinds come and go with their definitions.
            self._resources = self._discover()
        if known not in self._resources:
            raise Refused(f"the server does not have a resource type {kind!r}")
        return self._resources[known]

    def _discover(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for root in ("/api", "/apis"):
            for group in _checked(*self._ask(root, _DISCOVERY))["items"]:
                parts = [root, group["metadata"].get("name"), group["versions"][0]["version"]]
                prefix = "/".join(part for part in parts if part)
                for each in group["versions"][0].get("resources", []):
                    resource = Resource(prefix, each["resource"], each["scope"] == "Namespaced")
                    names = [each["resource"], each["singularResource"]]
                    names += [each["responseKind"]["kind"].lower(), *each.get("shortNames", [])]
                    # The first group of a name is the one that kubectl takes.
                    for name in names:
                        found.setdefault(name, resource)
        return found

    def _ask(self, path: str, accept: str = "application/json") -> tuple[int, Any]:
        host, port = self._server.hostname, self._server.port
        connection = HTTPSConnection(host, port, timeout=_SECONDS, context=self._tls)
        headers = {"Accept": accept, "Authorization": f"Bearer {self._token}"}
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        except (OSError, HTTPException, ValueError) as error:
            raise Refused(f"GET {path}: {error}") from error
        finally:
            connection.close()


def _checked(status: int, found: Any) -> Any:
    if status >= 400:
        raise Refused(f"HTTP {status}: {found.get('message', found)}")
    return found


def _shown(item: dict) -> dict:
    """Without who owns which field, as kubectl shows objects: it hides what matters."""
    item["metadata"].pop("managedFields", None)
    return item
