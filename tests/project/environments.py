"""Environments of generated repositories: made once, then copied to the next repository.

Making them takes over a minute, most of it to compile bytecode, and nearly all option sets need
the same packages. ``keep`` stores what a repository has made below ``build/environments``, each
under a hash of what it is made from; ``provide`` gives a repository copies, whose files are hard
links. A repository whose packages are not there makes its own, as a user's does.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STORE = Path(__file__).resolve().parents[2] / "build" / "environments"
# The Makefile's recipe for all environments, and the lines that call it.
RECIPE = re.compile(r"^define environment\n.*?^endef\n", re.MULTILINE | re.DOTALL)
CALLS = re.compile(r"^\$\(eval \$\(call environment,(\w+),([^,]+),(\w*)\)\)$", re.MULTILINE)
KEYS = re.compile(r"^(\w+)_KEY := (\w+)$", re.MULTILINE)
# Package caches are in this one; tests put an empty one in its place.
HOME = os.environ["HOME"]
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
# Holds the path under which a stored environment was made: its scripts name it.
PLACE = ".place"


@dataclass(frozen=True)
class Environment:
    """One environment of a repository."""

    folder: Path
    # The file that the Makefile makes last.
    mark: Path
    stored: Path
    has_package: bool


def provide(project: Path) -> None:
    """Put stored environments into a repository that lacks them."""
    if not STORE.exists():
        return
    uv, *others = _environments(project)
    if not uv.stored.exists():
        return
    if not _is_from_store(uv):
        _copy_from_store(uv)
    # A bake has just written the file that it is made from, which is newer.
    uv.mark.touch()
    for each in others:
        if each.mark.exists() or not each.stored.exists():
            continue
        _copy_from_store(each)
        if each.has_package:
            _uv(project, "install", each.folder, "--no-deps", "--editable", ".")
        each.mark.touch()


def keep(project: Path) -> None:
    """Store the environments that a repository has made and the store lacks."""
    name = tomllib.loads((project / "pyproject.toml").read_text())["project"]["name"]
    STORE.mkdir(parents=True, exist_ok=True)
    for each in _environments(project):
        if each.stored.exists() or not each.mark.exists():
            continue
        with tempfile.TemporaryDirectory(dir=STORE, prefix=".keeping-") as scratch:
            copy = Path(scratch) / "environment"
            _link(each.folder, copy)
            (copy / each.mark.name).unlink()
            (copy / PLACE).write_text(str(each.folder))
            if each.has_package:
                _uv(project, "uninstall", copy, name)
            # Another process of a parallel run may have been first.
            with suppress(OSError):
                copy.rename(each.stored)


def _environments(project: Path) -> Iterator[Environment]:
    """First the one of uv, which makes the others."""
    makefile = (project / "Makefile").read_text()
    (recipe,) = RECIPE.findall(makefile)
    database = subprocess.run(
        ["make", "--print-data-base", "--dry-run", "help"],
        cwd=project,
        # This may itself run below a make, whose options are not for this one.
        env={name: value for name, value in os.environ.items() if name not in OF_MAKE},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    keys = dict(KEYS.findall(database))
    python = f"{sys.version} {sys.base_prefix}"
    for name, files, package in [("uv", "requirements/uv.txt", ""), *CALLS.findall(makefile)]:
        texts = [python, recipe, *((project / file).read_text() for file in files.split())]
        key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
        folder = project / ".venv" / name
        mark = folder / (".ready" if name == "uv" else f".{keys[name]}")
        yield Environment(folder, mark, STORE / f"{name}-{key}", bool(package))


def _is_from_store(uv: Environment) -> bool:
    program = Path("bin") / "uv"
    here = uv.folder / program
    return here.exists() and here.samefile(uv.stored / program)


def _copy_from_store(environment: Environment) -> None:
    folder = environment.folder
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".copying-") as scratch:
        copy = Path(scratch) / "environment"
        _link(environment.stored, copy)
        place = copy / PLACE
        before = place.read_bytes()
        place.unlink()
        for script in (copy / "bin").iterdir():
            if script.is_symlink() or before not in (content := script.read_bytes()):
                continue
            # Not the stored file, which others have, too.
            mode = script.stat().st_mode
            script.unlink()
            script.write_bytes(content.replace(before, os.fsencode(folder)))
            script.chmod(mode)
        if folder.exists():
            shutil.rmtree(folder)
        copy.rename(folder)


def _link(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def _uv(project: Path, command: str, folder: Path, *arguments: str) -> None:
    call = [".venv/uv/bin/uv", "pip", command, "--quiet", "--python", folder / "bin" / "python"]
    variables = {**os.environ, "HOME": HOME}
    subprocess.run([*call, *arguments], cwd=project, env=variables, check=True)
