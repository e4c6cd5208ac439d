"""A generated repository at a fixed place below ``build``.

A bake replaces everything there but ``.venv``: environments take minutes, and the repository's
Makefile makes one anew only when what it is made from has changed. Those that another repository
has made and kept are copied.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.project import environments

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = ROOT / "tests" / "answers"
KEPT = {".venv"}


def place_project(area: str, answers: str, **changes: str) -> Path:
    """Bake the option set ``answers`` into ``build/<area>`` and return the repository's folder."""
    target = ROOT / "build" / area
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".baking-") as scratch:
        command = [sys.executable, "-m", "cookiecutter", ROOT, "--no-input", "-o", scratch]
        options = ["--config-file", ANSWERS / f"{answers}.yaml"]
        given = [f"{name}={value}" for name, value in changes.items()]
        # A process of its own, whose advice (go to the scratch folder) is not shown.
        subprocess.run([*command, *options, *given], check=True, capture_output=True)
        (baked,) = Path(scratch).iterdir()
        project = target / baked.name
        _replace(project, baked)
    environments.provide(project)
    return project


def environment() -> dict[str, str]:
    """This process's environment without what an active virtual environment has put there."""
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _replace(project: Path, baked: Path) -> None:
    project.mkdir(exist_ok=True)
    for old in project.iterdir():
        if old.name in KEPT:
            continue
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        else:
            old.unlink()
    for new in baked.iterdir():
        new.rename(project / new.name)
