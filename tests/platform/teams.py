"""What a team's file in gitops/argocd/teams has to be."""

import re
from pathlib import Path

import yaml

from tests.platform.manifests import ENVIRONMENTS

FIELDS = {"slug", "team", "repository", "revision"}
LABEL = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def problems(path: Path) -> list[str]:
    """Return one sentence for each thing that is wrong with the file."""
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(values, dict):
        return [f"{path.name} is not a mapping"]
    found = [f"{name} is missing" for name in sorted(FIELDS - set(values))]
    found += [f"{name} is unknown" for name in sorted(set(values) - FIELDS - {"quota"})]
    if found:
        return found
    slug = str(values["slug"])
    if not LABEL.fullmatch(slug) or not 3 <= len(slug) <= 30:
        found.append(f"slug {slug} is not 3 to 30 lower-case letters, digits and single hyphens")
    if slug.rpartition("-")[2] in ENVIRONMENTS:
        found.append(f"slug {slug} ends in the name of an environment")
    if path.stem != slug:
        found.append(f"the file is called {path.name} and not {slug}.yaml")
    if not LABEL.fullmatch(str(values["team"])):
        found.append(f"team {values['team']} is no label")
    revision = values["revision"]
    if not isinstance(revision, str) or not re.fullmatch("[0-9a-f]{40}", revision):
        found.append(f"revision {revision} is not a full commit in quotes")
    for name, figures in values.get("quota", {}).items():
        if name not in ENVIRONMENTS:
            found.append(f"quota of {name}, which is no environment")
        elif not all(isinstance(figure, str | int) for figure in figures.values()):
            found.append(f"quota of {name} is not a list of figures")
    return found
