"""A real search engine: OpenSearch from its published libraries, started as one process.

    with Engine(folder) as engine:
        engine.call("GET", "/_cat/indices")

It is what can be had without a container: Elasticsearch's own server is not published as libraries.
Templates, data streams, ingest pipelines and queries are those of Elasticsearch 7.10, from which
OpenSearch was made, and later; lifecycle policies and roles are not there.

Maven fetches the libraries once into ENGINE_CACHE, or build/engine of this checkout.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

from tests.observability.program import Program

JAVA = Path(__file__).parent / "java"
POM = JAVA / "pom.xml"
OLDEST_JAVA = 21
# Two busy cores need this long; an idle machine needs ten seconds.
START_SECONDS = 180
JDKS = Path("/usr/lib/jvm")


class Missing(RuntimeError):
    """Something that the engine needs is not on this machine; the message says what and why."""


@cache
def java() -> Path:
    """Return a java that is new enough: JAVA_HOME's, the PATH's, or an installed one."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    found = [home / "bin" / "java" for home in homes]
    found += [Path(path)] if (path := shutil.which("java")) else []
    found += sorted(JDKS.glob("*/bin/java"))
    for program in found:
        if _version(program) >= OLDEST_JAVA:
            return program
    seen = ", ".join(f"{path} is {_version(path)}" for path in found) or "there is none"
    raise Missing(f"no Java {OLDEST_JAVA} or newer ({seen}): install a JDK or set JAVA_HOME")


def _version(program: Path) -> int:
    try:
        result = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60)
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', result.stderr)
    return int(found[1]) if found else 0


def libraries(pom: Path = POM) -> Path:
    """Return the folder with the libraries of a pom.xml, fetched by Maven where it is missing."""
    cache_folder = Path(
        os.environ.get("ENGINE_CACHE") or JAVA.parents[2] / "build" / "engine"
    ).absolute()
    target = cache_folder / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if target.is_dir():
        return target
    if not shutil.which("mvn"):
        raise Missing("mvn is not on PATH and the libraries are not there: install maven")
    cache_folder.mkdir(parents=True, exist_ok=True)
    with (cache_folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            # Renamed when complete: half a set of libraries never looks like a whole one.
            half = Path(tempfile.mkdtemp(dir=cache_folder, prefix=".half-"))
            _fetch(pom, half)
            half.rename(target)
    return target


def _fetch(pom: Path, target: Path) -> None:
    command = ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "--file", str(pom)]
    command += ["dependency:copy-dependencies", f"-DoutputDirectory={target}"]
    command += ["-DincludeScope=runtime"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if result.returncode:
        shutil.rmtree(target)
        raise Missing(f"Maven could not fetch the libraries of {pom.name}: {result.stdout[-600:]}")


class Engine(Program):
    """A node with its data below `folder`, stopped at the end of the `with` block."""

    name = "engine"
    ready = "/_cluster/health?timeout=1s"
    seconds = START_SECONDS

    def command(self, port: int) -> list[str]:
        program, jars = java(), libraries()
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [program, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        command += ["-cp", f"{jars}/*", JAVA / "Launch.java", self._folder / "node", port]
        return [str(part) for part in command]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer to a request; raise `AssertionError` with the engine's words.

        `body`: an object, sent as JSON, or text, sent as it is (for `_bulk`).
        """
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, str) else "application/json"
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else data,
            method=method,
            headers={"Content-Type": kind},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def index(self, index: str, lines: list[str | dict]) -> list[dict]:
        """Send documents to a data stream as Filebeat does; return what became of each.

        A text stands for a line that a container printed: Filebeat sends it as `message`.
        """
        documents = [
            {"@timestamp": "2026-01-01T00:00:00.000Z", "message": each}
            if isinstance(each, str)
            else each
            for each in lines
        ]
        action = json.dumps({"create": {"_index": index}})
        text = "".join(f"{action}\n{json.dumps(each)}\n" for each in documents)
        answer = self.call("POST", "/_bulk?refresh=true", text)
        return [item["create"] for item in answer["items"]]

    def documents(self, index: str, query: dict | None = None, size: int = 1000) -> list[dict]:
        """Return the sources of the documents that match, the oldest first."""
        body = {"size": size, "sort": [{"@timestamp": "asc"}]} | ({"query": query} if query else {})
        found = self.call("POST", f"/{index}/_search?ignore_unavailable=true", body)
        return [hit["_source"] | {"_index": hit["_index"]} for hit in found["hits"]["hits"]]
