"""A template with two versions, and a repository made from the first."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests import bakery
from tests.bakery import git
from tests.update.repository import NOTES, PAGE, commit


@pytest.fixture(autouse=True)
def somebody(monkeypatch):
    """An author for merges, and Cookiecutter on the PATH."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A template repository with two versions, v1 and v2, that differ in every way they can."""
    root = bakery.copy_template(tmp_path_factory.mktemp("published"))
    notes, folder = root / bakery.FOLDER / NOTES, root / bakery.FOLDER
    notes.write_text("first\n\nsecond\n\nthird\n", encoding="utf-8")
    (folder / "dropped.txt").write_text("only in v1\n", encoding="utf-8")
    git(root, "init", "--quiet")
    commit(root, "v1")
    git(root, "tag", "v1")
    notes.write_text("first\n\nsecond\n\nthird, changed by v2\n", encoding="utf-8")
    (folder / "dropped.txt").unlink()
    (folder / "added.txt").write_text("<< cookiecutter.licence >>\n", encoding="utf-8")
    questions = root / "cookiecutter.json"
    text = questions.read_text(encoding="utf-8")
    new = '  "licence": "Apache-2.0 for << cookiecutter.project_slug >>",\n  "__prompts__": {\n'
    text = text.replace('  "__prompts__": {\n', new)
    text = re.sub('"_template_version": ".*"', '"_template_version": "99.0.0"', text)
    questions.write_text(text, encoding="utf-8")
    answers = folder / ".cookiecutter.yaml"
    line = '  licence: "<< cookiecutter.licence >>"\n'
    answers.write_text(answers.read_text(encoding="utf-8") + line, encoding="utf-8")
    commit(root, "v2")
    git(root, "tag", "v2")
    return root


@pytest.fixture(scope="module")
def first_version(published, tmp_path_factory) -> Path:
    """A repository just made from version 1."""
    root = tmp_path_factory.mktemp("first")
    answers = bakery.write_answers(root / "answers.yaml", project_name="Credit Risk")
    return bakery.bake(f"git+file://{published}", root, answers, checkout="v1")


@pytest.fixture
def project(first_version, tmp_path) -> Path:
    """A repository made from version 1, with a commit of its owner on top."""
    folder = shutil.copytree(first_version, tmp_path / "credit-risk")
    (folder / NOTES).write_text("first, changed by us\n\nsecond\n\nthird\n", encoding="utf-8")
    (folder / "ours.txt").write_text("ours\n", encoding="utf-8")
    (folder / PAGE).unlink()
    commit(folder, "Our work")
    return folder
