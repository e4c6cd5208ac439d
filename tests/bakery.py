"""Copies of the template, and projects baked from them."""

import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import yaml
from cookiecutter.main import cookiecutter

ROOT = Path(__file__).parent.parent
FOLDER = "<<cookiecutter.project_slug>>"
TEMPLATE = ROOT / FOLDER
ANSWERS = ROOT / "tests" / "answers"
SETS = sorted(path.stem for path in ANSWERS.glob("*.yaml"))
# Left behind by tools that ran inside the template folder; a fresh clone has none of them.
LITTER = ("__pycache__", ".*_cache", "*.egg-info", ".coverage", ".coverage.*", ".venv")

# The questions whose answers choose files.
CHOICES = (
    "task",
    "artifact_store",
    "service_mesh",
    "seldon_core_version",
    "prod_sync",
    "ci_platform",
)
# Answers that are all legal, for tests that change one.
FINE = {
    "project_name": "Credit Risk",
    "project_slug": "credit-risk",
    "package_name": "credit_risk",
    "description": "Predicts defaults.",
    "team": "risk",
    "repository_url": "https://github.com/acme/credit-risk",
    "task": "tabular-classification",
    "artifact_store": "local",
    "artifact_bucket": "credit-risk",
    "container_registry": "registry.example.com/risk",
    "service_mesh": "istio",
    "seldon_core_version": "1.17.1",
    "prod_sync": "automatic",
    "ci_platform": "github",
    "_template": "https://github.com/acme/template",
    "_checkout": None,
}


def copy_template(target: Path) -> Path:
    """Copy what Cookiecutter reads of the template to `target`."""
    for source in [ROOT / "cookiecutter.json", *(ROOT / "hooks").rglob("*"), *TEMPLATE.rglob("*")]:
        place = source.relative_to(ROOT)
        if source.is_file() and not any(fnmatch(p, x) for p in place.parts for x in LITTER):
            (target / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / place)
    return target


def bake(template: Path | str, target: Path, answers: Path, **options) -> Path:
    """Generate a project below `target` with an answers file; return the project folder."""
    target.mkdir(parents=True, exist_ok=True)
    configuration = yaml.safe_load(answers.read_text(encoding="utf-8"))
    # Not in the home of the person who runs the tests, nor shared by two test processes.
    configuration |= {"replay_dir": f"{target}/replay", "cookiecutters_dir": f"{target}/clones"}
    config_file = target / "configuration.yaml"
    config_file.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    folder = cookiecutter(
        str(template), no_input=True, config_file=str(config_file), output_dir=target, **options
    )
    return Path(folder)


def write_answers(path: Path, **answers: str) -> Path:
    """Write an answers file in the format of a Cookiecutter configuration."""
    path.write_text(yaml.safe_dump({"default_context": answers}), encoding="utf-8")
    return path


def saved_answers(project: Path) -> dict[str, str]:
    """Return the answers that a project was made with, from the project itself."""
    text = (project / ".cookiecutter.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["default_context"]


def files_of(project: Path) -> dict[str, Path]:
    """Return all files of a project by their paths below its root, Git's own left out."""
    return {
        path.relative_to(project).as_posix(): path
        for path in sorted(project.rglob("*"))
        if path.is_file() and path.relative_to(project).parts[0] != ".git"
    }


def git(folder: Path, *arguments: str) -> str:
    """Run Git in `folder` and return what it prints."""
    command = ["git", *arguments]
    result = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return result.stdout.strip()
