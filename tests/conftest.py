"""Bake each option set once and share the result."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import bakery


@pytest.fixture(scope="session", autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home without Git identity or Cookiecutter configuration, so that all machines are alike."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for name in ("AUTHOR", "COMMITTER"):
            patch.delenv(f"GIT_{name}_NAME", raising=False)
            patch.delenv(f"GIT_{name}_EMAIL", raising=False)
        patch.delenv("EMAIL", raising=False)
        patch.delenv("COOKIECUTTER_CONFIG", raising=False)
        yield home


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of the template."""
    return bakery.copy_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def bake_once(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """A function that bakes an answers file the first time and then returns the same project."""
    target, done, number = tmp_path_factory.mktemp("baked"), {}, itertools.count()

    def bake(answers: Path) -> Path:
        if answers not in done:
            done[answers] = bakery.bake(template, target / str(next(number)), answers)
        return done[answers]

    return bake


@pytest.fixture(scope="session", params=bakery.SETS)
def project(request: pytest.FixtureRequest, bake_once: Callable[[Path], Path]) -> Path:
    """The project of each option set in turn. Tests read it and do not change it."""
    return bake_once(bakery.ANSWERS / f"{request.param}.yaml")


@pytest.fixture(scope="session")
def default_project(bake_once: Callable[[Path], Path]) -> Path:
    """The project of the defaults. Tests read it and do not change it."""
    return bake_once(bakery.ANSWERS / "defaults.yaml")
