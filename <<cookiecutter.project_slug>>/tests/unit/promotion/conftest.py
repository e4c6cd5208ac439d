"""Repositories for the tests of promotion: made once, copied for each test."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import ENVIRONMENTS, Project

# Settings of the machine or of a hook that runs the tests; they are not those of the test.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "PROMOTION_FORGE")
ROLES = ("AUTHOR", "COMMITTER")
IDENTITY = (
    "EMAIL",
    *(f"GIT_{role}_{what}" for role in ROLES for what in ("NAME", "EMAIL", "DATE")),
)


@pytest.fixture(scope="session", autouse=True)
def nobody() -> Iterator[None]:
    """Take away who the caller is: CI often says so by variables, which beat git's settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in IDENTITY:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone and its remote; the default branch is not called main, so nothing can assume it."""
    place = tmp_path_factory.mktemp("pristine")
    root, bare = place / "clone", place / "remote.git"
    (root / "gitops" / "overlays").mkdir(parents=True)
    (root / "gitops" / "environments.yaml").write_text(ENVIRONMENTS)
    (root / "gitops" / "blocked.yaml").write_text("# Kept.\nblocked: []\n")
    (root / "README.md").write_text("A project.\n")
    for name in ("dev", "test", "staging", "prod"):
        overlay = root / "gitops" / "overlays" / name
        overlay.mkdir()
        (overlay / "settings.yaml").write_text("replicas: 1\n")
    for command in (
        f"init --quiet --initial-branch deploy {root}",
        f"-C {root} config user.name Ann",
        f"-C {root} config user.email ann@example.com",
        f"-C {root} add --all",
        f"-C {root} commit --quiet --message Begin",
        f"init --quiet --bare --initial-branch deploy {bare}",
        f"-C {root} remote add origin {bare}",
        f"-C {root} push --quiet origin deploy",
    ):
        subprocess.run(["git", *command.split()], check=True, capture_output=True)
    return place


@pytest.fixture
def project(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A clone with its remote, in which nothing was released yet."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "place"
    shutil.copytree(pristine, place)
    found = Project(place / "clone", place / "remote.git")
    found.git("remote", "set-url", "origin", str(found.bare))
    monkeypatch.setenv("PROJECT_ROOT", str(found.root))
    monkeypatch.chdir(found.root)
    return found


@pytest.fixture
def alone(project: Project) -> Project:
    """The same without a remote: the forge is in the repository itself."""
    project.git("remote", "remove", "origin")
    project.bare = None
    return project
