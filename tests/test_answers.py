"""The questions: asked well, answered by default, documented, and each with an effect."""

import json
import re

import pytest

from hooks.pre_gen_project import problems
from tests import bakery

RAW = json.loads((bakery.ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = {name: default for name, default in RAW.items() if not name.startswith("_")}
CHOICES = {name: options for name, options in QUESTIONS.items() if isinstance(options, list)}
PROMPTS = RAW["__prompts__"]
TAG = re.compile(r"<<|<%|<#")


def test_there_are_at_most_fourteen_questions():
    assert len(QUESTIONS) <= 14


def test_every_question_has_a_prompt_and_no_prompt_lacks_its_question():
    assert list(PROMPTS) == list(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_prompts_show_as_they_are_written(question):
    prompt = PROMPTS[question]
    texts = list(prompt.values()) if isinstance(prompt, dict) else [prompt]
    assert all(texts)
    # Square brackets are markup for the terminal, and tags are not rendered in prompts.
    assert not [text for text in texts if re.search(r"[\[\]]", text) or TAG.search(text)]


@pytest.mark.parametrize("question", CHOICES)
def test_every_option_is_explained_and_literal(question):
    assert list(PROMPTS[question]) == ["__prompt__", *CHOICES[question]]
    # An option with a tag could not be found again when a project is regenerated.
    assert not [option for option in CHOICES[question] if TAG.search(option)]


def test_every_choice_has_a_folder_of_files_for_each_option():
    folder = bakery.TEMPLATE / "options"
    found = {
        question.name: {option.name for option in question.iterdir()}
        for question in folder.iterdir()
    }
    assert found == {question: set(options) for question, options in CHOICES.items()}


def test_answers_are_legal_in_every_option_set(project):
    assert problems(bakery.saved_answers(project)) == []


def test_every_option_is_in_some_option_set(bake_once):
    projects = [bake_once(bakery.ANSWERS / f"{name}.yaml") for name in bakery.SETS]
    baked = [bakery.saved_answers(project) for project in projects]
    seen = {question: {answers[question] for answers in baked} for question in CHOICES}
    assert seen == {question: set(options) for question, options in CHOICES.items()}


def test_a_long_name_still_gives_a_legal_slug(bake_once, tmp_path):
    name = "Estimated probability that a parcel arrives on time"
    answers = bakery.write_answers(tmp_path / "answers.yaml", project_name=name)
    slug = bakery.saved_answers(bake_once(answers))["project_slug"]
    assert slug == "estimated-probability-that-a-p"


OTHER_ANSWERS = {
    "project_name": "Another Name",
    "project_slug": "another-slug",
    "package_name": "another_package",
    "description": "Predicts another thing.",
    "team": "another-team",
    "repository_url": "https://git.example.com/another/address",
    "task": "tabular-regression",
    "artifact_store": "gcs",
    "artifact_bucket": "another-bucket",
    "container_registry": "another.example.com",
    "service_mesh": "linkerd",
    "seldon_core_version": "1.19.0",
    "prod_sync": "manual",
    "ci_platform": "gitlab",
}


def test_there_is_another_answer_to_every_question():
    assert list(OTHER_ANSWERS) == list(QUESTIONS)


@pytest.mark.parametrize("question", OTHER_ANSWERS)
def test_every_question_changes_something(question, bake_once, tmp_path):
    # A bucket, since a local store has none; all else fixed, since defaults derive from each other.
    plain = {
        **bakery.saved_answers(bake_once(bakery.ANSWERS / "defaults.yaml")),
        "artifact_store": "s3",
    }
    folders = [
        bake_once(bakery.write_answers(tmp_path / f"{number}.yaml", **answers))
        for number, answers in enumerate([plain, {**plain, question: OTHER_ANSWERS[question]}])
    ]
    contents = [
        {name: path.read_bytes() for name, path in bakery.files_of(folder).items()}
        for folder in folders
    ]
    for content in contents:
        del content[".cookiecutter.yaml"]
    assert contents[0] != contents[1], f"no file of the project depends on {question}"


def test_answers_are_saved_in_the_order_of_the_questions(default_project):
    assert list(bakery.saved_answers(default_project)) == list(QUESTIONS)


def test_reference_page_lists_the_questions_with_options_and_defaults(default_project):
    page = (bakery.ROOT / "docs" / "reference" / "questions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(QUESTIONS)
    defaults = bakery.saved_answers(default_project)
    for question, _, default, allowed in rows:
        assert default == f"`{defaults[question]}`"
        assert re.findall(r"`([\w.-]+)`", allowed) == CHOICES.get(question, []) or (
            question not in CHOICES
        )
