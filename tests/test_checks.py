"""The checks of the generated repository: each of them fails on a bad file, none on a good one."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import bakery

# Put together here, so that no scanner takes this file for a leak.
KEY = "-----BEGIN {}PRIVATE KEY-----"
BAD = [
    ("config.yaml", "a: [1\n", "cannot be read"),
    ("config.yml", "a: 1\nb: 2\na: 3\n", "key 'a' is there twice"),
    ("nested.yaml", "a:\n  - b: 1\n    b: 2\n", "key 'b' is there twice"),
    ("tabs.yaml", "a:\n\tb: 1\n", "cannot be read"),
    ("raw.dvc", "outs: {\n", "cannot be read"),
    ("data.json", "{'a': 1}\n", "cannot be read"),
    ("data.json", '{"a": 1, "a": 2}\n', "key 'a' is there twice"),
    ("empty.json", "", "cannot be read"),
    ("settings.toml", "a = \n", "cannot be read"),
    ("settings.toml", "a = 1\na = 2\n", "cannot be read"),
    ("large.csv", "x" * 1_000_001, "what is over 1 MB belongs in DVC: dvc add large.csv"),
    ("data/raw/small.csv", "a\n1\n", "data belongs in DVC: git rm --cached data/raw/small.csv"),
    ("data/model.joblib", "x", "data belongs in DVC"),
    ("notes.txt", f"a\n{KEY.format('')}\n", "line 2: a private key"),
    ("id_rsa", KEY.format("RSA "), "line 1: a private key"),
    ("id_ed25519", KEY.format("OPENSSH "), "line 1: a private key"),
    ("id.ppk", "PuTTY-User-Key-File" + "-3: ssh-ed25519", "line 1: a private key"),
    ("a.py", "key = 'AKIA" + "IOSFODNN7EXAMPLE'\n", "an AWS access key"),
    ("a.env", "X=AccountKey=" + "a" * 86 + "==", "an Azure storage key"),
    ("a.sh", "TOKEN=ghp_" + "a" * 36, "a GitHub token"),
    ("a.sh", "TOKEN=github_pat_" + "a" * 82, "a GitHub token"),
    ("a.sh", "TOKEN=glpat-" + "a" * 20, "a GitLab token"),
    ("a.js", "key: 'AIza" + "a" * 35 + "'", "a Google API key"),
    ("a.txt", "xoxb-" + "1" * 12, "a Slack token"),
    ("a.md", "postgresql://mlflow:hunter2" + "@db/mlflow", "a password in an address"),
    ("merge.py", "<" * 7 + " HEAD\n", "line 1: a merge conflict is not resolved"),
    ("merge.md", "a\n" + ">" * 7 + " branch\n", "line 2: a merge conflict is not resolved"),
    ("merge.txt", "a: 1\n" + "|" * 7 + " base\n", "a merge conflict is not resolved"),
    ("no such file", None, "does not exist"),
]
GOOD = [
    ("config.yaml", "a: &x {b: 1}\nc: [*x, *x]\n---\nd: !reference [e, f]\n"),
    ("loop.yaml", "&a [*a]\n"),
    ("empty.yaml", ""),
    ("data.json", '{"a": {"b": 1}, "c": {"b": 1}}\n'),
    ("data/raw.dvc", "outs: []\n"),
    ("data/.gitignore", "/raw\n"),
    ("data/README.md", "What the columns mean.\n"),
    ("page.md", "Title\n=======\n\nText\n-------\n"),
    ("binary.parquet", b"PAR1\0\xff\xfe"),
    ("latin.txt", "é".encode("latin-1")),
    ("public.txt", KEY.replace("PRIVATE", "PUBLIC").format("")),
    ("address.md", "https://user@host/x ${USER}:${PASSWORD}@host https://host/a:b/c@d\n"),
    ("test_x.py", f"KEY = '{KEY.format('')}'  # not a secret\n"),
    ("lock.txt", "package==1.0 --hash=sha256:" + "0" * 64 + "\n"),
]


def check(project: Path, folder: Path, *names: str) -> subprocess.CompletedProcess:
    script = project / "scripts" / "check_files.py"
    command = [sys.executable, str(script), *names]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")


def write(folder: Path, name: str, content: str | bytes | None) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(("name", "content", "problem"), BAD)
def test_a_bad_file_is_refused(name, content, problem, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name, content)
    # Run by path: an import would leave its cache in the template folder.
    script = runpy.run_path(str(bakery.TEMPLATE / "scripts" / "check_files.py"))
    assert script["main"]([name]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{name}: ") and problem in line


def test_good_files_are_in_order(default_project, tmp_path):
    for name, content in GOOD:
        write(tmp_path, name, content)
    (tmp_path / "link.json").symlink_to("nowhere")
    result = check(default_project, tmp_path, *[name for name, _ in GOOD], "link.json")
    assert (result.returncode, result.stdout) == (0, f"{len(GOOD) + 1} files are in order\n")


def test_every_problem_is_reported_at_once(default_project, tmp_path):
    write(tmp_path, "a.yaml", "a: [\n" + KEY.format("") + "\n")
    write(tmp_path, "b.json", "{")
    result = check(default_project, tmp_path, "a.yaml", "b.json")
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["a.yaml"] * 2 + [
        "b.json"
    ]


def test_a_new_project_is_in_order(project):
    result = check(project, project)
    assert result.returncode == 0, result.stdout
    assert result.stdout == f"{len(bakery.files_of(project))} files are in order\n"


def test_without_names_new_files_are_checked_and_ignored_or_deleted_ones_are_not(
    default_project, tmp_path
):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    write(tmp_path, ".gitignore", "ignored.json\n")
    write(tmp_path, "ignored.json", "{")
    write(tmp_path, "deleted.json", "{")
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    (tmp_path / "deleted.json").unlink()
    write(tmp_path, "with space é.json", "{")
    result = check(default_project, tmp_path)
    assert result.returncode == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["with space é.json"]


def test_outside_a_repository_it_says_what_to_do(default_project, tmp_path):
    result = check(default_project, tmp_path)
    assert result.returncode == 1
    assert "Name the files to check, or run this in a repository." in result.stderr


# Hooks of pre-commit and workflows


def hooks_of(project: Path) -> list[dict]:
    text = (project / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    repositories = yaml.safe_load(text)["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    return repositories[0]["hooks"]


@pytest.mark.parametrize(
    ("hook", "name", "content"),
    [
        ("ruff-check", "bad.py", "import os\n"),
        ("ruff-format", "bad.py", "x = {  'a':1 }\n"),
        ("check-files", "bad.json", "{"),
    ],
)
def test_every_commit_hook_fails_on_a_bad_file(hook, name, content, default_project, tmp_path):
    entries = {entry["id"]: shlex.split(entry["entry"]) for entry in hooks_of(default_project)}
    assert set(entries) == {"ruff-check", "ruff-format", "check-files"}
    for part in ("scripts/check_files.py", "pyproject.toml"):
        write(tmp_path, part, (default_project / part).read_bytes())
    write(tmp_path, name, content)
    write(tmp_path, "good.py", "x = 1\n")
    # pre-commit runs an entry with the tools of the hook's own environment first on the PATH.
    tools = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for file, code in ((name, 1), ("good.py", 0)):
        command = [*entries[hook], file]
        result = subprocess.run(command, cwd=tmp_path, env=tools, capture_output=True, text=True)
        assert result.returncode == code, result.stdout + result.stderr


def test_commit_hooks_have_the_versions_of_the_development_environment(default_project):
    locks = [bakery.ROOT / "requirements" / "template.txt"]
    locks += (default_project / "requirements").glob("dev.txt")
    for hook in hooks_of(default_project):
        assert hook["language"] == "python"
        for pin in hook["additional_dependencies"]:
            for lock in locks:
                text = lock.read_text(encoding="utf-8")
                assert re.search(rf"^{re.escape(pin)} ", text, re.MULTILINE), f"{pin}, {lock.name}"


TARGETS = ["make programs", "make setup", "make check", "make test"]


def test_github_runs_the_targets_of_the_makefile_and_no_more(default_project):
    path = default_project / ".github" / "workflows" / "ci.yaml"
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "cancel-in-progress" in workflow["concurrency"]
    (job,) = workflow["jobs"].values()
    assert job["timeout-minutes"] <= 60
    assert [step["run"] for step in job["steps"] if "run" in step] == TARGETS
    # By commit, with the version as a comment: a tag can be moved to other code.
    uses = re.findall(r"uses: (.*)", text)
    pinned = [
        use for use in uses if re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
    ]
    assert uses == pinned != []


def test_gitlab_runs_the_targets_of_the_makefile_and_no_more(bake_once):
    project = bake_once(bakery.ANSWERS / "regression-gitlab-s3.yaml")
    pipeline = yaml.safe_load((project / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    settings = {"include", "workflow", "variables"}
    jobs = {name: job for name, job in pipeline.items() if name not in settings}
    ((name, job),) = jobs.items()
    assert name == "verify"
    assert job["script"] == TARGETS
    assert job["timeout"] and job["interruptible"] is True


def test_workflows_call_targets_that_exist(default_project):
    makefile = (default_project / "Makefile").read_text(encoding="utf-8")
    for target in TARGETS:
        assert re.search(rf"^{target.split()[1]}:", makefile, re.MULTILINE), target
