"""All that kustomize can make of a generated repository, by its own list of combinations."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests import bakery
from tests.cluster import build

MESHES = ("istio", "linkerd", "none")


def bake_plain(template: Path, target: Path, slug: str, **answers: str) -> Path:
    """Generate a project that no cluster knows; return its folder."""
    target.mkdir(parents=True, exist_ok=True)
    given = {"project_name": slug, "project_slug": slug, "team": "ml-team"} | answers
    return bakery.bake(template, target, bakery.write_answers(target / "answers.yaml", **given))


def render_all(project: Path, target: Path) -> Path:
    """Render each combination of overlay, components and rollout to a file; return the folder."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KUSTOMIZE": str(build.program("kustomize")),
    }
    command = [sys.executable, "tests/manifests/combinations.py", "--output", str(target)]
    answer = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=180
    )
    assert answer.returncode == 0, answer.stderr
    return target


def unique_objects(folder: Path, environment: str) -> list[dict]:
    """Return the different objects of all combinations of an environment."""
    found = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name.startswith((f"{environment}.", f"{environment}+", f"{environment}~")):
            for document in yaml.load_all(file.read_text("utf-8"), yaml.CSafeLoader):
                found[json.dumps(document, sort_keys=True)] = document
    return list(found.values())
