"""Which code made it: the commit, and whether the work tree differed from it."""

import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def commit_of(root: Path, given: str | None = None) -> str:
    """The commit of ``root``, with ``-dirty`` if tracked files differ from it.

    ``given`` wins, for images that hold no repository; ``unknown`` if there is neither.
    """
    if given:
        return given
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return f"{commit}-dirty" if changed else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
