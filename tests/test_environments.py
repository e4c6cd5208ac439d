"""A repository gets the environments that another one has made, as if it had made them itself."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import bakery
from tests.project import environments
from tests.project.workspace import environment

# A package with a command, so that the test takes seconds.
ONE_PACKAGE = "pygments"
MAKE = ["make", ".venv/dev/.ready", ".venv/client/.ready"]


@pytest.fixture
def bake(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Bake a repository by this name, whose environments hold one package; the store is empty."""
    monkeypatch.setattr(environments, "STORE", tmp_path / "store")

    def named(name: str) -> Path:
        answers = {"project_slug": name, "package_name": name}
        project = bakery.bake(
            template, tmp_path, bakery.ANSWERS / "defaults.yaml", extra_context=answers
        )
        # The others have other bytes, so that each environment is told from the others.
        for file in ("dev", "client"):
            path = project / "requirements" / f"{file}.txt"
            path.write_text(f"# {file}\n{_locked(path.read_text())}")
        return project

    return named


def test_copies_are_the_new_repositorys_own(bake: Callable[[str], Path]):
    first = bake("first")
    assert _make(first) == ["environment dev:", "environment client:"]
    environments.keep(first)
    second = bake("second")

    environments.provide(second)

    assert _make(second) == []
    python = second / ".venv" / "dev" / "bin" / "python"
    found = _run(python, "-c", "import second; print(second.__file__)")
    assert found.strip() == str(second / "src" / "second" / "__init__.py")
    with pytest.raises(subprocess.CalledProcessError):
        _run(python, "-c", "import first")
    script = second / ".venv" / "dev" / "bin" / "pygmentize"
    assert script.read_text().splitlines()[0] == f"#!{python}"
    assert "Pygments" in _run(script, "-V")
    module = Path("lib/python3.12/site-packages/pygments/__init__.py")
    assert (first / ".venv/dev" / module).samefile(second / ".venv/dev" / module)
    # A bake in the same place leaves environments and writes the files that they are made from.
    (second / "requirements" / "uv.txt").touch()
    environments.provide(second)
    _run("make", "--question", ".venv/uv/.ready", cwd=second)
    assert _make(second) == []
    # The one that made them has lost nothing.
    assert "first" in _run(first / ".venv/dev/bin/python", "-c", "import first; print(first)")


def test_other_packages_or_another_recipe_are_not_the_same(bake: Callable[[str], Path]):
    first = bake("first")
    _make(first)
    environments.keep(first)
    second = bake("second")
    file = second / "requirements" / "dev.txt"
    file.write_text(f"{file.read_text()}# another\n")
    third = bake("third")
    makefile = third / "Makefile"
    makefile.write_text(makefile.read_text().replace(" --compile-bytecode", ""))

    for each in (second, third):
        environments.provide(each)

    assert [path.name for path in sorted((second / ".venv").iterdir())] == ["client", "uv"]
    assert not (third / ".venv").exists()


def _locked(requirements: str) -> str:
    """Only one package of a file with hashes."""
    lines = requirements.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{ONE_PACKAGE}=="))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith("    --hash"))
    return "\n".join(lines[start:end]).rstrip("\\ ") + "\n"


def _make(project: Path) -> list[str]:
    """What make says of each environment that it makes."""
    lines = _run(*MAKE, cwd=project).splitlines()
    return [line for line in lines if line.startswith("environment ")]


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    return subprocess.run(
        command, cwd=cwd, env=environment(), check=True, capture_output=True, text=True
    ).stdout
