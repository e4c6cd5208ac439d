"""Write the template's dashboards anew: what a generated repository's own generator makes.

python -m tests.project.dashboards [--check]

The generator runs with the template's tag as the model's name, so that a bake writes the name where
it belongs. A mesh adds a row, so the dashboard that has it lies with each answer. Every generated
repository tests again that its files are those that its generator makes.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.project import environments
from tests.project.workspace import ROOT, environment, place_project

TEMPLATE = ROOT / "<<cookiecutter.project_slug>>"
TAG = "<< cookiecutter.project_slug >>"
PLACE = Path("observability/cluster/dashboards")
MESHES = ("istio", "linkerd", "none")
OF_MESH = "model-operations.json"
AREA = "dashboards"
FLEET = ROOT / "observability" / "grafana"


def main() -> int:
    """Status 1 if ``--check`` found a file that would change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    differing = []
    for path, content in made().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            differing.append(path.relative_to(ROOT))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
    for path in differing:
        print(f"{'differs' if check else 'written'}: {path}")
    return 1 if check and differing else 0


def made(python: Path | None = None) -> dict[Path, str]:
    """Every dashboard's text by its place in the template.

    ``python`` is that of a generated repository's environment; without one it is made.
    """
    found = {}
    for mesh in MESHES:
        project = place_project(f"{AREA}/{mesh}", "defaults", service_mesh=mesh)
        if python is None:
            subprocess.run(["make", ".venv/dev/.ready"], cwd=project, env=environment(), check=True)
            environments.keep(project)
            python = project / ".venv/dev/bin/python"
        output = project / "made"
        _run(python, project, "-m", _package(project), "dashboards", "--output", str(output))
        for file in sorted(output.iterdir()):
            of_mesh = TEMPLATE / "options" / "service_mesh" / mesh / PLACE / file.name
            place = of_mesh if file.name == OF_MESH else TEMPLATE / PLACE / file.name
            found[place] = file.read_text(encoding="utf-8")
    _run(python, project, str(FLEET / "fleet.py"), _package(project), str(output / "fleet.json"))
    found[FLEET / "fleet.json"] = (output / "fleet.json").read_text(encoding="utf-8")
    return found


def _run(python: Path, project: Path, *command: str) -> None:
    own = {**os.environ, "PYTHONPATH": str(project / "src"), "MODEL_NAME": TAG}
    subprocess.run([python, *command], cwd=project, env=own, check=True, stdout=sys.stderr)


def _package(project: Path) -> str:
    return next(path.parent.name for path in (project / "src").glob("*/__init__.py"))


if __name__ == "__main__":
    sys.exit(main())
