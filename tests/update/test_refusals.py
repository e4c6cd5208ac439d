"""What cannot be updated is refused with a reason, and nothing changes."""

import re
import shutil
from pathlib import Path

import pytest

from tests.bakery import git
from tests.update.repository import PAGE, SCRIPT, commit, update


def state(project: Path) -> list[str]:
    """Return what an update must not touch when it is refused."""
    return [
        git(project, "rev-parse", "main"),
        git(project, "worktree", "list"),
        git(project, "status", "--porcelain"),
    ]


def break_tree(project):
    (project / "new.txt").write_text("x", encoding="utf-8")


def break_branch(project):
    git(project, "branch", "--delete", "--force", "template")


def break_head(project):
    git(project, "checkout", "--quiet", "--detach")


def break_answers(project):
    (project / ".cookiecutter.yaml").unlink()
    commit(project, "No answers")


def break_option(project):
    answers = project / ".cookiecutter.yaml"
    text = answers.read_text(encoding="utf-8").replace('"local"', '"ftp"')
    answers.write_text(text, encoding="utf-8")
    commit(project, "No such store")


def break_name(project):
    answers = project / ".cookiecutter.yaml"
    text = answers.read_text(encoding="utf-8").replace('team: "ml-team"', 'team: "?"')
    answers.write_text(text, encoding="utf-8")
    commit(project, "No such team")


REFUSALS = [
    (break_tree, "v2", "there are uncommitted changes; commit or stash them"),
    (break_branch, "v2", "there is no branch 'template'; make it"),
    (break_head, "v2", "no branch is checked out; git switch to one"),
    (break_answers, "v2", "there is no .cookiecutter.yaml in"),
    (break_option, "v2", "Invalid default received: ftp"),
    (break_name, "v2", "team '?' must be 2 to 30 lower-case letters"),
    (lambda project: None, "v9", "this version could not be applied; nothing changed"),
]


@pytest.mark.parametrize(("damage", "version", "message"), REFUSALS)
def test_what_cannot_be_updated_is_refused_and_left_as_it_was(damage, version, message, project):
    damage(project)
    before = state(project)
    result = update(project, version=version)
    assert result.returncode != 0
    assert message in result.stderr
    assert state(project) == before


def test_the_template_branch_itself_is_not_updated(project):
    git(project, "switch", "--quiet", "template")
    result = update(project, version="v2")
    assert result.returncode == 1
    assert "branch 'template' is only for the template" in result.stderr


def test_diverged_template_branches_are_refused(project, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    assert update(clone, version="v2").returncode == 0
    git(project, "switch", "--quiet", "template")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "elsewhere")
    git(clone, "fetch", "--quiet")
    result = update(clone, version="v2")
    assert result.returncode == 1
    assert "branches 'template' and 'origin/template' have diverged" in result.stderr


def test_without_cookiecutter_it_says_where_it_looked(project, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "git", "sed"):
        (tools / name).symlink_to(shutil.which(name))
    result = update(project, version="v2", PATH=str(tools))
    assert result.returncode == 1
    assert "no cookiecutter in .venv/dev or on the PATH, and no uvx" in result.stderr


def test_the_development_environment_comes_first(project, tmp_path):
    tool = project / ".venv" / "dev" / "bin" / "cookiecutter"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho this one >&2; exit 1\n", encoding="utf-8")
    tool.chmod(0o755)
    result = update(project, version="v2")
    assert result.returncode == 1
    assert "this one" in result.stderr


def test_the_page_about_updates_explains_what_the_script_says(first_version):
    page = (first_version / PAGE).read_text(encoding="utf-8")
    script = (first_version / SCRIPT).read_text(encoding="utf-8")
    messages = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", page, re.MULTILINE)[1:]
    assert [text for text in messages if text != "---" and text not in script] == []
    assert len(messages) > 5
