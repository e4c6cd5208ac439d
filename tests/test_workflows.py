"""Workflows of both platforms: they only call make, may do little and run nothing they are told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import bakery

# What an expression gets from people and reports; in a command it could be run.
EXPRESSION = re.compile(r"\$\{\{")
PINNED = re.compile(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
TARGET = re.compile(r'make ("\$ACTION"|[a-z-]+)')
CHANGING = {"promote.yaml", "rollback.yaml"}


@pytest.fixture(scope="module")
def github(default_project) -> dict[str, dict]:
    """Every workflow by the name of its file."""
    folder = default_project / ".github" / "workflows"
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*"))}


@pytest.fixture(scope="module")
def gitlab(bake_once) -> tuple[Path, dict]:
    """The project with GitLab CI, and its promotion jobs."""
    project = bake_once(bakery.ANSWERS / "regression-gitlab-s3.yaml")
    return project, yaml.safe_load((project / ".gitlab" / "promotion.yml").read_text())


def jobs(workflows: dict[str, dict]):
    for file, workflow in workflows.items():
        for name, job in workflow["jobs"].items():
            yield f"{file}: {name}", workflow, job


def targets(project: Path) -> set[str]:
    """Every target that make knows in a project."""
    command = ["make", "--print-data-base", "--question", "--no-builtin-rules", "help"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    return set(re.findall(r"^([a-z][a-z-]*):", result.stdout, re.MULTILINE))


def test_the_workflows_are_these(github):
    assert set(github) == {"ci.yaml", "promotion.yaml", "status.yaml", *CHANGING}


def test_jobs_only_call_targets_that_exist(github, default_project):
    known = targets(default_project)
    for name, _, job in jobs(github):
        for step in job["steps"]:
            if "run" in step:
                assert TARGET.fullmatch(step["run"]), name
                target = step["run"].split()[1]
                assert target in known or target == '"$ACTION"', f"{name}: {target}"
    # `on` is the truth in YAML 1.1.
    inputs = github["promote.yaml"][True]["workflow_dispatch"]["inputs"]
    assert set(inputs["action"]["options"]) <= known


def test_what_tests_start_is_installed_before_them(github, gitlab):
    """In CI a test fails, and is not skipped, where the program that it starts is missing."""
    project, pipeline = gitlab
    verify = yaml.safe_load((project / ".gitlab-ci.yml").read_text())["verify"]
    steps = github["ci.yaml"]["jobs"]["verify"]["steps"]
    for commands in ([step.get("run") for step in steps], verify["script"]):
        assert commands.index("make programs") < commands.index("make check"), commands
        assert commands.index("make check") < commands.index("make test"), commands
    # The image of this job has no Go, so another one renders for it.
    assert [need["job"] for need in verify["needs"]] == ["kustomize"]
    sources = {rule["if"].split(" && ")[0] for rule in pipeline["kustomize"]["rules"]}
    assert {
        f'$CI_PIPELINE_SOURCE == "{name}"' for name in ("push", "merge_request_event")
    } <= sources


def test_environments_to_choose_from_are_those_of_the_project(github, default_project):
    content = yaml.safe_load((default_project / "gitops" / "environments.yaml").read_text())
    names = [item["name"] for item in content["environments"]]
    for file, expected in (("promote.yaml", names[1:]), ("rollback.yaml", names)):
        inputs = github[file][True]["workflow_dispatch"]["inputs"]
        assert inputs["environment"]["options"] == expected


def test_no_expression_gets_into_a_command(github):
    for name, _, job in jobs(github):
        for step in job["steps"]:
            assert not EXPRESSION.search(step.get("run", "")), name


def test_actions_are_pinned_by_commit(default_project):
    folder = default_project / ".github" / "workflows"
    uses = [
        use for path in folder.glob("*") for use in re.findall(r"\buses: (.*)", path.read_text())
    ]
    assert uses and [use for use in uses if not PINNED.fullmatch(use)] == []


def test_permissions_are_small_and_no_credential_stays(github):
    for name, workflow, job in jobs(github):
        allowed = job.get("permissions", workflow["permissions"])
        assert workflow["permissions"] in ({}, {"contents": "read"}), name
        assert allowed.get("contents") == "read", name
        assert {key for key, value in allowed.items() if value == "write"} <= {"statuses"}, name
        assert job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name


def test_what_changes_something_has_a_token_of_its_own_and_takes_turns(github):
    changing = {file: github[file] for file in CHANGING}
    for name, _, job in jobs(changing):
        (app,) = [step for step in job["steps"] if step.get("id") == "app"]
        assert app["uses"].startswith("actions/create-github-app-token@"), name
        rights = {key: value for key, value in app["with"].items() if key.startswith("permission-")}
        assert rights == {
            "permission-contents": "write",
            "permission-pull-requests": "write",
            "permission-statuses": "write",
        }
        assert "environment" in job["concurrency"]["group"], name
        # Half a promotion is not stopped for the next one.
        assert "cancel-in-progress" not in job["concurrency"], name


def test_reports_have_the_names_that_argo_cd_sends(github):
    folder = bakery.ROOT / "gitops" / "argocd" / "configuration" / "notifications"
    sent = set(re.findall(r"event_type: (\S+)", "".join(p.read_text() for p in folder.glob("*"))))
    heard = [github[file][True]["repository_dispatch"]["types"] for file in CHANGING]
    assert {name for names in heard for name in names} == sent != set()


def test_gitlab_jobs_only_call_targets_that_exist(gitlab):
    project, pipeline = gitlab
    known = targets(project)
    for name, job in pipeline.items():
        for line in job.get("script", ()):
            assert TARGET.fullmatch(line), name
            assert line.split()[1] in {*known, '"$ACTION"'}, name
    (rule,) = pipeline["promotion"]["rules"]
    (choice,) = re.findall(r"\$ACTION =~ /\^\((.*)\)\$/", rule["if"])
    actions = choice.replace("canary-(start|step|finish|abort)", "canary-start|canary-step")
    assert set(actions.split("|")) <= known


def test_gitlab_jobs_that_change_something_take_turns_and_have_the_token(gitlab):
    _, pipeline = gitlab
    changing = [job for job in pipeline.values() if job.get("extends") == ".changing"]
    assert len(changing) == 3
    for job in changing:
        assert "ENVIRONMENT" in job["resource_group"]
    tokens = {name for name, job in pipeline.items() if "PROMOTION_TOKEN" in str(job)}
    # Jobs of merge requests run what the branch says, so they only get the one that reads.
    assert tokens == {".changing"}
    for job in changing:
        assert "merge_request_event" not in str(job["rules"])


def test_gitlab_reports_have_the_names_that_argo_cd_sends(gitlab):
    _, pipeline = gitlab
    folder = bakery.ROOT / "gitops" / "argocd" / "configuration" / "notifications"
    text = "".join(path.read_text() for path in folder.glob("*"))
    sent = set(re.findall(r'"key": "(ARGOCD_\w+)"', text))
    heard = set(re.findall(r"\$(ARGOCD_\w+)", str(pipeline)))
    assert heard == sent != set()


def test_gitlab_reports_do_not_start_the_checks_of_the_code(gitlab):
    project, _ = gitlab
    pipeline = yaml.safe_load((project / ".gitlab-ci.yml").read_text())
    first = pipeline["verify"]["rules"][0]
    assert first == {"if": "$CI_PIPELINE_SOURCE =~ /^(api|web|schedule)$/", "when": "never"}
    assert pipeline["include"] == [{"local": ".gitlab/promotion.yml"}]


def tool(name: str) -> str:
    """A checker of the template's own environment."""
    place = shutil.which(name, path=str(Path(sys.executable).parent))
    assert place is not None, f"{name} is not installed: make test-template brings it"
    return place


def test_zizmor_finds_no_weakness(default_project):
    command = [tool("zizmor"), "--offline", "--no-progress", "--quiet", ".github"]
    result = subprocess.run(command, cwd=default_project, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_github_workflows_fit_their_schema(default_project):
    files = sorted((default_project / ".github" / "workflows").glob("*"))
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *files]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_gitlab_pipelines_fit_their_schema(gitlab):
    project, _ = gitlab
    files = [project / ".gitlab-ci.yml", project / ".gitlab" / "promotion.yml"]
    command = [tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci"]
    command += ["--data-transform", "gitlab-ci", *files]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
