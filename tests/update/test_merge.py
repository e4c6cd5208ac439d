"""A repository of version 1 takes version 2 and keeps what its owners changed."""

import os
import shutil

from tests import bakery
from tests.bakery import git
from tests.update.repository import NOTES, PAGE, SCRIPT, commit, update


def test_update_merges_changes_deletions_and_new_defaults(project):
    assert (project / "dropped.txt").exists()
    result = update(project, version="v2")
    assert result.returncode == 0, result.stderr
    notes = (project / NOTES).read_text(encoding="utf-8")
    assert notes == "first, changed by us\n\nsecond\n\nthird, changed by v2\n"
    assert (project / "ours.txt").exists() and not (project / PAGE).exists()
    assert not (project / "dropped.txt").exists()
    # The new question got its default, made from an answer of this project.
    added = (project / "added.txt").read_text(encoding="utf-8")
    assert added == "Apache-2.0 for credit-risk\n"
    assert bakery.saved_answers(project)["licence"] == "Apache-2.0 for credit-risk"
    saved = (project / ".cookiecutter.yaml").read_text(encoding="utf-8")
    assert 'template_version: "99.0.0"\ncheckout: "v2"\n' in saved
    assert git(project, "branch", "--show-current") == "main"
    assert git(project, "status", "--porcelain") == ""
    assert os.access(project / SCRIPT, os.X_OK)
    # Branch template is what version 2 makes, without our work; and nothing is left lying about.
    assert git(project, "ls-tree", "--name-only", "template", "ours.txt") == ""
    assert git(project, "show", f"template:{NOTES}").startswith("first\n")
    assert len(git(project, "worktree", "list").splitlines()) == 1


def test_a_second_update_changes_nothing(project, published):
    assert update(project, version="v2").returncode == 0
    before = git(project, "rev-parse", "main", "template")
    result = update(project, version="v2")
    assert result.returncode == 0, result.stderr
    assert "Already up to date." in result.stdout
    assert git(project, "rev-parse", "main", "template") == before


def test_a_version_of_a_folder_is_that_version(project, published):
    (published / "cookiecutter.json").touch()  # the folder itself holds v2
    result = update(project, str(published), "v1")
    assert result.returncode == 0, result.stderr
    assert (project / "dropped.txt").exists() and not (project / "added.txt").exists()


def test_a_folder_without_version_is_taken_as_it_is(project, published, tmp_path):
    folder = tmp_path / "it's a folder"
    shutil.copytree(published, folder)
    for _ in range(2):  # the second time, the folder comes from the saved answers
        result = update(project, *([] if (project / "added.txt").exists() else [str(folder)]))
        assert result.returncode == 0, result.stderr
        assert (project / "added.txt").exists()


def test_a_conflict_is_reported_and_can_be_taken_back(project):
    text = "first\n\nsecond\n\nthird, changed by us\n"
    (project / NOTES).write_text(text, encoding="utf-8")
    commit(project, "The same line")
    before = git(project, "rev-parse", "main")
    result = update(project, version="v2")
    assert result.returncode == 1
    assert "git merge --abort. In conflict: docs/notes.md" in result.stderr
    assert "third, changed by v2" in (project / NOTES).read_text(encoding="utf-8")
    git(project, "merge", "--abort")
    assert (project / NOTES).read_text(encoding="utf-8") == text
    assert git(project, "rev-parse", "main") == before


def test_a_changed_answer_is_applied(project):
    answers = project / ".cookiecutter.yaml"
    text = answers.read_text(encoding="utf-8")
    text = text.replace('"local"', '"s3"').replace("credit-risk-artifacts", "risk-bucket")
    answers.write_text(text, encoding="utf-8")
    commit(project, "Move to S3")
    result = update(project, version="v1")
    assert result.returncode == 0, result.stderr
    assert "s3://risk-bucket" in (project / ".dvc" / "config").read_text(encoding="utf-8")


def test_a_clone_takes_the_template_branch_from_its_origin(project, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(project), str(clone))
    result = update(clone, version="v2")
    assert result.returncode == 0, result.stderr
    assert (clone / "added.txt").exists()
    # A colleague who has the branch already gets what was pushed since.
    assert update(project, version="v2").returncode == 0
    git(clone, "branch", "--force", "template", "template~1")
    git(clone, "fetch", "--quiet")
    result = update(clone, version="v2")
    assert result.returncode == 0, result.stderr
    assert git(clone, "rev-parse", "template") == git(project, "rev-parse", "template")


def test_hooks_of_the_repository_do_not_stop_an_update(project):
    # `dvc install` and `pre-commit install` put hooks there that need more than a bare worktree.
    for name in ("pre-commit", "post-checkout", "commit-msg"):
        hook = project / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text('#!/bin/sh\ncase "$PWD" in */tmp.*) exit 1;; esac\n', encoding="utf-8")
        hook.chmod(0o755)
    result = update(project, version="v2")
    assert result.returncode == 0, result.stderr
