"""One cluster for the whole run; each file of tests has a project of its own in it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import report
from tests.cluster import rig as rigs
from tests.cluster.platform import Platform
from tests.cluster.project import Project
from tests.cluster.rig import Rig
from tests.parts import lacking

FOLDER = Path(__file__).parent
# The property of a test that ends in the summary.
MEASURED = "measured"
# The cluster, for reports of tests that failed.
_running: dict[str, Rig] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test below this folder, so that a run without a cluster leaves them out."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.cluster)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Add to a failure what the cluster looked like."""
    result = yield
    rig = _running.get("rig")
    if result.failed and rig and item.path.is_relative_to(FOLDER):
        result.sections.append(("the cluster", report.describe(rig)))
    return result


def pytest_terminal_summary(terminalreporter) -> None:
    """What tests measured, from all processes."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    said = [text for report in reports for name, text in report.user_properties if name == MEASURED]
    if said:
        terminalreporter.section("measured")
        for text in said:
            terminalreporter.write_line(text)


def require_parts() -> None:
    """Skip, or fail with CLUSTER_REQUIRE_ALL=1, where a part of the cluster is not there."""
    if reasons := rigs.missing():
        lacking("the cluster cannot run here: " + "; ".join(reasons), "CLUSTER_REQUIRE_ALL")


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """A function that shows a text, figures usually, at the end of the whole run."""
    return lambda text: record_property(MEASURED, text)


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The running cluster, shared by all tests: change nothing in it but your own namespaces."""
    require_parts()
    with Rig(tmp_path_factory.mktemp("rig")) as rig:
        _running["rig"] = rig
        yield rig
        del _running["rig"]


@pytest.fixture(scope="session")
def platform_repository(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform's repository, installed: settings of Argo CD, accounts, the way in for teams."""
    platform = Platform(rig, tmp_path_factory.mktemp("platform") / "repository")
    platform.install()
    return platform


@pytest.fixture(scope="session")
def make_project(
    platform_repository: Platform, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Project]:
    """A function that generates a project, pushes it and lets the platform take its team in.

    `make_project("walls", service_mesh="none")`: the slug, which no other file of tests uses, and
    answers that differ from the defaults. With `as_generated=True` the settings stay as they are;
    otherwise verification takes seconds and prod has no windows.
    """
    numbers = itertools.count()

    def make(slug: str, *, as_generated: bool = False, **answers: str) -> Project:
        target = tmp_path_factory.mktemp(f"project-{next(numbers)}")
        project = Project(platform_repository.rig, template, target, slug, **answers)
        if not as_generated:
            project.hurry()
        platform_repository.onboard(project)
        return project

    return make
