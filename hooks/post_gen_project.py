"""Move the chosen options into place, make the first commit, say what to do next.

Works offline and without a Git identity; an existing `.git` entry, as in a worktree, is left alone.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# Set inside a Git hook or alias; they would send the first commit to another repository.
ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
# The user's signing key and hooks are for the user's own commits: they may ask, fail or take long.
QUIET = ("-c", "commit.gpgsign=false", "-c", f"core.hooksPath={os.devnull}")
NO_GIT = """Git is not installed, so there is no first commit. Install it, then run in the project:
  git init && git symbolic-ref HEAD refs/heads/main && git add --all
  git commit --message "Generate the project" && git branch template"""


def apply_options(root, answers):
    """Move the files of options/<question>/<answer>/ to `root`; remove those of other answers."""
    for question in sorted((root / "options").iterdir()):
        folder = question / answers[question.name]
        if not folder.is_dir():
            sys.exit(f"The template has no folder {folder.relative_to(root)}; please report this.")
        for source in [path for path in folder.rglob("*") if not path.is_dir()]:
            target = root / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
    shutil.rmtree(root / "options")


def git(root, *arguments):
    """Run Git in `root` and nowhere else; raise CalledProcessError when it fails."""
    place = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    command = ["git", *QUIET, *arguments]
    subprocess.run(command, cwd=root, env=place, check=True, capture_output=True, text=True)


def identity(root):
    """Return Git options that name an author, where Git knows none."""
    try:
        git(root, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
        git(root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    except subprocess.CalledProcessError:
        return ("-c", "user.name=cookiecutter", "-c", "user.email=cookiecutter@localhost")
    return ()


def first_commit(root, version):
    """Commit everything on `main` and keep the pristine state as branch `template`."""
    try:
        git(root, "init", "--quiet")
        git(root, "symbolic-ref", "HEAD", "refs/heads/main")
        # A personal ignore file must not leave out a part of the project.
        git(root, "-c", f"core.excludesFile={os.devnull}", "add", "--all")
        git(root, *identity(root), "commit", "--quiet", "-m", f"Generate from template {version}")
        git(root, "branch", "--no-track", "template")
    except subprocess.CalledProcessError as error:
        shutil.rmtree(root / ".git", ignore_errors=True)
        sys.exit(f"The first commit failed: {error.stderr.strip()}")


if __name__ == "__main__":
    answers, project = json.loads(r"""<< cookiecutter | jsonify >>"""), Path.cwd()
    apply_options(project, answers)
    if not (project / ".git").exists():
        if shutil.which("git"):
            first_commit(project, answers["_template_version"])
        else:
            print(NO_GIT, file=sys.stderr)
        steps = f"cd {shlex.quote(str(project))}\n  make setup\n  make data train serve"
        sys.stdout.reconfigure(errors="backslashreplace")
        print(f"\n{answers['project_slug']} is ready. Next:\n\n  {steps}\n")
