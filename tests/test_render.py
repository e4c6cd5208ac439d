"""What is baked: the exact files, no tag left, everything parses, and the same again."""

import json
import re
import stat
import subprocess
import sys
import tomllib

import pytest
import yaml

from tests import bakery, tree

TAG = re.compile(rb"<<|<%|<#")


def text_files(project, *suffixes):
    """Return the text of the project's files that end with one of `suffixes`."""
    files = bakery.files_of(project)
    return {n: p.read_text(encoding="utf-8") for n, p in files.items() if p.suffix in suffixes}


def test_tree_is_exactly_as_listed(project):
    listed = tree.expected_files(bakery.saved_answers(project))
    assert sorted(bakery.files_of(project)) == listed, "if that is intended: python -m tests.tree"


def test_listing_is_up_to_date(template):
    assert tree.read_listing() == tree.list_template(template), "run: python -m tests.tree"


def test_no_file_comes_from_two_places(template):
    sections = tree.list_template(template)
    places = [
        (name, section.partition(" = ")[0]) for section, names in sections.items() for name in names
    ]
    # Two answers to one question may bring the same file; two questions may not.
    names = [name for name, _ in sorted(set(places))]
    assert sorted(set(names)) == names


def test_first_commit_has_every_file_and_the_tree_is_clean(project):
    def git(*arguments):
        return subprocess.run(
            ["git", *arguments], cwd=project, check=True, capture_output=True, text=True
        ).stdout.splitlines()

    assert sorted(git("ls-files")) == sorted(bakery.files_of(project))
    assert git("status", "--porcelain") == []
    assert git("branch", "--format=%(refname:short) %(objectname)") == [
        f"{branch} {git('rev-parse', 'HEAD')[0]}" for branch in ("main", "template")
    ]
    assert git("branch", "--show-current") == ["main"]


def test_no_folder_is_empty(project):
    folders = [path for path in project.rglob("*") if path.is_dir() and ".git" not in path.parts]
    assert [path for path in folders if not any(path.iterdir())] == []


def test_no_tag_is_left_anywhere(project):
    left = [
        name
        for name, path in bakery.files_of(project).items()
        if TAG.search(path.read_bytes()) or TAG.search(name.encode())
    ]
    assert left == []


def test_every_double_angle_bracket_in_the_template_starts_a_tag(template):
    # A heredoc, a merge key or a shift would be rendered, some of them without an error.
    stray = re.compile(rb"<<(?! ?cookiecutter\.[a-z_.]+( \| [a-z]+(\(.*?\))*)* ?>>)|<%|<#")
    folder = template / bakery.FOLDER
    found = [
        f"{path.relative_to(folder)}: {line.decode(errors='replace')}"
        for path in folder.rglob("*")
        if path.is_file()
        for line in path.read_bytes().splitlines()
        if stray.search(line)
    ]
    assert found == []


def test_source_code_has_no_tags(template):
    folder = template / bakery.FOLDER / "src"
    assert [p for p in folder.rglob("*.py") if b"<<" in p.read_bytes()] == []


def test_yaml_parses(project):
    for name, text in text_files(project, ".yaml", ".yml").items():
        assert list(yaml.safe_load_all(text)), name


def test_json_parses(project):
    for text in text_files(project, ".json").values():
        json.loads(text)


def test_toml_parses(project):
    texts = text_files(project, ".toml")
    assert "pyproject.toml" in texts
    for text in texts.values():
        tomllib.loads(text)


def test_python_compiles(project):
    for name, text in text_files(project, ".py").items():
        compile(text, name, "exec", dont_inherit=True)


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_no_complaint(project, arguments):
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_files_end_with_one_newline_and_no_line_ends_with_a_space(project):
    wrong = {
        name
        for name, path in bakery.files_of(project).items()
        if (content := path.read_bytes())
        and b"\0" not in content
        and (re.search(rb"[ \t]$|\r", content, re.MULTILINE) or not re.search(rb"\S\n\Z", content))
    }
    assert wrong == set()


def test_scripts_are_executable_and_nothing_else_is(project):
    for name, path in bakery.files_of(project).items():
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        assert executable == path.read_bytes().startswith(b"#!"), name


def test_texts_arrive_unchanged(project):
    answers = bakery.saved_answers(project)
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["name"] == answers["project_slug"] == project.name
    assert metadata["description"] == answers["description"]
    assert metadata["urls"] == {"Repository": answers["repository_url"]}


@pytest.mark.parametrize("name", bakery.SETS)
def test_given_answers_are_saved(name, bake_once):
    answers = bakery.ANSWERS / f"{name}.yaml"
    given = yaml.safe_load(answers.read_text(encoding="utf-8"))["default_context"]
    assert bakery.saved_answers(bake_once(answers)).items() >= given.items()


def test_saved_answers_make_the_same_project_again(project, template, tmp_path):
    again = bakery.bake(template, tmp_path, project / ".cookiecutter.yaml")

    def state(folder):
        return {
            name: (path.stat().st_mode, path.read_bytes())
            for name, path in bakery.files_of(folder).items()
        }

    assert state(again) == state(project)
