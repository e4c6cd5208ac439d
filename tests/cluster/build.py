"""Build the programs of the test cluster from pinned Go modules: python -m tests.cluster.build

Each folder below `tools/` is one small module that pins one project and all that it needs. Its
programs land in a cache folder named after its go.mod, its go.sum and the Go version, and are
built only when that folder is missing. CLUSTER_CACHE says where the cache is; build/cluster of
this checkout is the default.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
TOOLS_FOLDER = FOLDER / "tools"
# Read when the module is loaded: tests replace HOME later, and Go keeps its caches below it.
ENVIRONMENT = dict(os.environ) | {
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=readonly",
    "GOWORK": "off",
    "CGO_ENABLED": "0",
}


class Unbuilt(RuntimeError):
    """A program of the cluster is not there; the message says why and what to do."""


@dataclass(frozen=True)
class Tool:
    """One module below `tools/` and the programs that it makes.

    `stamps` are the variables that hold the program's version, written by the linker as the
    projects' own builds do; without them Kubernetes calls itself v0.0.0.
    """

    name: str
    module: str
    programs: Mapping[str, str]
    stamps: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return TOOLS_FOLDER / self.name

    @property
    def version(self) -> str:
        """The pinned version, such as v1.36.4."""
        return required(self.folder)[self.module]

    @property
    def target(self) -> Path:
        """The folder in the cache that holds this tool's programs, built or not."""
        key = hashlib.sha256(go_version().encode())
        for name in ("go.mod", "go.sum"):
            key.update((self.folder / name).read_bytes())
        key.update(json.dumps([dict(self.programs), dict(self.stamps)]).encode())
        return cache_folder() / f"{self.name}-{key.hexdigest()[:12]}"


KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
COMPONENT = "k8s.io/component-base/version"
TOOLS = (
    Tool("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", {"kustomize": ""}),
    Tool("etcd", "go.etcd.io/etcd/server/v3", {"etcd": ""}),
    Tool(
        "kubernetes",
        "k8s.io/kubernetes",
        {name: f"/cmd/{name}" for name in KUBERNETES},
        {
            f"{COMPONENT}.gitVersion": "v{major}.{minor}.{patch}",
            f"{COMPONENT}.gitMajor": "{major}",
            f"{COMPONENT}.gitMinor": "{minor}",
        },
    ),
    Tool("kwok", "sigs.k8s.io/kwok", {"kwok": "/cmd/kwok"}),
    Tool(
        "argocd",
        "github.com/argoproj/argo-cd/v3",
        {"argocd": "/cmd"},
        {"github.com/argoproj/argo-cd/v3/common.version": "{major}.{minor}.{patch}"},
    ),
    Tool(
        "rollouts",
        "github.com/argoproj/argo-rollouts",
        {"rollouts-controller": "/cmd/rollouts-controller"},
    ),
    Tool("seldon", "github.com/seldonio/seldon-core/operator", {"seldon-operator": ""}),
)


def cache_folder() -> Path:
    """Return where built programs are kept."""
    return Path(os.environ.get("CLUSTER_CACHE") or FOLDER.parents[1] / "build" / "cluster")


@cache
def go_version() -> str:
    """Return Go's version, such as 1.26.8; raise `Unbuilt` where there is no Go."""
    if not shutil.which("go", path=ENVIRONMENT.get("PATH")):
        raise Unbuilt("Go is not on PATH: install Go 1.26 or newer (https://go.dev/dl)")
    return go("env", "GOVERSION").strip().removeprefix("go")


def go(*arguments: str, folder: Path = TOOLS_FOLDER) -> str:
    """Run the go command in `folder` and return what it prints; raise `Unbuilt` when it fails."""
    command = ["go", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if result.returncode:
        last = "\n".join(result.stderr.strip().splitlines()[-5:])
        raise Unbuilt(f"{' '.join(command[:2])} in tools/{folder.name} failed: {last}")
    return result.stdout


def required(folder: Path) -> dict[str, str]:
    """Return the versions that the requirements of a go.mod pin, by module."""
    text = (folder / "go.mod").read_text(encoding="utf-8")
    return dict(re.findall(r"^(?:require)?\s+([\w./-]+\.[\w./-]+) (v\S+)", text, re.MULTILINE))


def program(name: str) -> Path:
    """Return the path of a built program; raise `Unbuilt` with the way out where it is missing."""
    tool = next(tool for tool in TOOLS if name in tool.programs)
    path = tool.target / name
    if not path.is_file():
        raise Unbuilt(f"{name} {tool.version} is not built: run python -m tests.cluster.build")
    return path


def build(tool: Tool) -> bool:
    """Build the programs of `tool` unless they are there; return whether anything was built."""
    target = tool.target
    with _lock(tool.name):
        if target.is_dir():
            return False
        _check_go(tool)
        half = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{tool.name}-"))
        try:
            for name, package in tool.programs.items():
                _compile(tool, package, half / name)
            # Renamed when complete: a broken build never looks like a finished one.
            half.rename(target)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return True


def _compile(tool: Tool, package: str, output: Path) -> None:
    major, minor, patch = re.match(r"v(\d+)\.(\d+)\.(\d+)", tool.version).groups()
    stamps = [
        f"-X {variable}={value.format(major=major, minor=minor, patch=patch)}"
        for variable, value in tool.stamps.items()
    ]
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *stamps])]
    go("build", *flags, "-o", str(output), tool.module + package, folder=tool.folder)


def _check_go(tool: Tool) -> None:
    text = (tool.folder / "go.mod").read_text(encoding="utf-8")
    needed = re.search(r"^go (\S+)", text, re.MULTILINE)[1]
    if _numbers(go_version()) < _numbers(needed):
        raise Unbuilt(f"Go {go_version()} is too old: {tool.name} {tool.version} needs {needed}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Let one process at a time build a tool."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / f".{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build every tool and fetch every manifest; tell of each part that could not be had.

    Return 1 for such a part only with CLUSTER_REQUIRE_ALL=1: otherwise the tests skip by its name.
    """
    from tests.cluster import manifests  # imports this module

    failed = False
    for tool in TOOLS:
        print(f"{tool.name} {tool.version}: ", end="", flush=True)
        start = time.monotonic()
        try:
            news = "built" if build(tool) else "there already"
        except Unbuilt as error:
            failed, news = True, f"NOT BUILT: {error}\n "
        print(f"{news}, {time.monotonic() - start:.0f} s", flush=True)
    for module in sorted(manifests.MODULES):
        try:
            manifests.folder_of(module)
        except Unbuilt as error:
            failed = True
            print(f"{module}: NOT THERE: {error}")
    print(f"programs are in {cache_folder()}")
    return int(failed and os.environ.get("CLUSTER_REQUIRE_ALL") == "1")


if __name__ == "__main__":
    sys.exit(main())
