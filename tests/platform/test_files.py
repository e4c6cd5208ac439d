"""What holds for every file of the platform and for its guides."""

import re
import subprocess
import sys

import pytest

from tests.bakery import ROOT, TEMPLATE
from tests.platform.manifests import PLATFORM, read

HOW_TO = ROOT / "docs" / "how-to"
GUIDES = [HOW_TO / "install-the-platform.md", HOW_TO / "onboard-a-team.md"]
PAGES = [*GUIDES, PLATFORM / "README.md"]


def test_files_are_in_order_by_the_rules_of_generated_repositories():
    names = [path.relative_to(ROOT).as_posix() for path in PLATFORM.rglob("*") if path.is_file()]
    command = [sys.executable, str(TEMPLATE / "scripts" / "check_files.py"), *names]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_no_secret_is_in_git():
    for path in PLATFORM.rglob("*.yaml"):
        kinds = {item.get("kind") for item in read(path) if isinstance(item, dict)}
        assert "Secret" not in kinds, path


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_that_a_guide_names_are_there(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`([\w.-]+/[\w./-]*)`|(?:--values|--kustomize) (\S+)", text)
    paths = {first or second for first, second in named}
    assert paths
    for path in paths:
        # Within the platform, pages name a file by its place there.
        assert (ROOT / path).exists() or (PLATFORM / path).exists(), path


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.name)
def test_commands_in_a_guide_are_shell(page):
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        result = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
