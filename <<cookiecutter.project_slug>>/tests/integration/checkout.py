"""A checkout of this repository at another place, with its dataset made, for tests to break."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
# The code comes from the installed package; these are what a run reads from the checkout.
PARTS = ("src", "configs", "dvc.yaml", "params.yaml", ".dvc", ".dvcignore", "data/.gitignore")
PARTS += ("observability/kpi.yaml",)
MADE = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")


def copy_checkout(place: Path) -> Path:
    """The parts that a run reads, in a Git repository of their own."""
    for part in PARTS:
        source, target = ROOT / part, place / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=MADE)
        else:
            shutil.copyfile(source, target)
    (place / ".gitignore").write_text("/artifacts/\nmlflow.db*\n", encoding="utf-8")
    git(place, "init", "--quiet", "--initial-branch", "main")
    return place


def git(root: Path, *arguments: str) -> str:
    """Output of a Git command, run as nobody in particular."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(root: Path, tag: str) -> None:
    """Everything as one tagged commit."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", tag)
    git(root, "tag", tag)


def change(path: Path, *keys: str, to: Any) -> None:
    """Set one nested value of a YAML file."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def start(root: Path, *command: str, **environment: str) -> subprocess.Popen[str]:
    """A command in a process of its own, as make starts it."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
