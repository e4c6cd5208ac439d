"""What tests of updates do to a repository."""

import os
import subprocess
from pathlib import Path

from tests.bakery import git

SCRIPT = "scripts/update-template"
NOTES = "docs/notes.md"
PAGE = "docs/how-to/update-from-template.md"


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    git(folder, *author, "commit", "--quiet", "--message", message)


def update(project: Path, template: str = "", version: str = "", **environment: str):
    """Run the script that the project brought along, with what `make update-template` hands on."""
    return subprocess.run(
        [project / SCRIPT],
        cwd=project,
        env={**os.environ, **environment, "TEMPLATE": template, "VERSION": version},
        capture_output=True,
        encoding="utf-8",
    )
