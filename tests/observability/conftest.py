"""Every test below this folder starts real servers, so a plain run leaves them out."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.observability.engine import Engine, Missing
from tests.observability.producers import Lines, collect, set_up
from tests.parts import lacking
from tests.project.workspace import place_project

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.observability)


@pytest.fixture(scope="session")
def available() -> Callable[[Callable[[], Any]], Any]:
    """A function that calls another and skips, or fails, when that names something missing."""

    def call(wanted: Callable[[], Any]) -> Any:
        try:
            return wanted()
        except Missing as error:
            lacking(f"the search engine cannot run here: {error}", "OBSERVABILITY_REQUIRE_ALL")

    return call


@pytest.fixture(scope="session")
def engine(available, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The running search engine, shared by all tests: delete what you put in."""
    running = available(Engine(tmp_path_factory.mktemp("engine")).__enter__)
    yield running
    running.__exit__()


@pytest.fixture(scope="session")
def repository() -> Path:
    """A generated repository with environments and data, shared by all who run its programs.

    What they make is their own: each has a registry and a state, so none meets another's models.
    OBSERVABILITY_AREA names its place below build.
    """
    project = place_project(os.environ.get("OBSERVABILITY_AREA", "observability"), "defaults")
    set_up(project)
    return project


@pytest.fixture(scope="session")
def contract(default_project: Path) -> ModuleType:
    """The team's own check of log lines, and the fields that it knows."""
    sys.path.insert(0, str(default_project / "tests"))
    try:
        import log_contract
    finally:
        sys.path.pop(0)
    return log_contract


@pytest.fixture(scope="session")
def lines(repository: Path) -> Lines:
    """What its programs print: training, server, labels, monitoring."""
    return collect(repository)
