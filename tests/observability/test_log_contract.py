"""The contract of logs against the published fields of the Elastic Common Schema."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.observability.log_checks import mapped
from tests.observability.needs import need

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "ecs"
# Prints name and type of every field, and the version of the schema.
PROGRAM = """
const {EcsFlat} = require("@elastic/ecs");
const fields = Object.fromEntries(Object.values(EcsFlat).map(each => [each.flat_name, each.type]));
console.log(JSON.stringify({fields, version: require("@elastic/ecs/package.json").version}));
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory) -> dict:
    """Version and fields, from the package that package-lock.json pins by its digest."""
    need("npm", "node")
    folder = tmp_path_factory.mktemp("ecs")
    for path in FOLDER.iterdir():
        shutil.copy(path, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        ["node", "-e", PROGRAM], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def fields(contract) -> dict[str, str]:
    """Type by name, as the team's reference page has it."""
    return contract.FIELDS


def wrong(fields: dict[str, str], known: dict[str, str]) -> list[str]:
    """Fields that the schema does not have, or has with another type; `ml` is our own."""
    found = []
    for name, kind in fields.items():
        if name.startswith("ml."):
            continue
        # Any key below `labels` is a keyword.
        expected = "keyword" if name.startswith("labels.") else known.get(name)
        if kind != expected:
            found.append(f"{name}: {kind}, and in the schema {expected}")
    return found


def test_every_field_is_of_the_schema(fields, schema):
    assert len(fields) > 40 and len(schema["fields"]) > 2000
    assert wrong(fields, schema["fields"]) == []
    assert not any(name == "ml" or name.startswith("ml.") for name in schema["fields"])


def test_a_field_that_is_not_would_be_noticed(fields, schema):
    assert len(wrong(fields | {"event.colour": "keyword"}, schema["fields"])) == 1
    assert len(wrong(fields | {"event.duration": "keyword"}, schema["fields"])) == 1


def test_everybody_names_this_version(default_project, schema):
    package = default_project.name.replace("-", "_")
    text = (default_project / "src" / package / "logs.py").read_text(encoding="utf-8")
    assert re.search(r'ECS_VERSION = "([\d.]+)"', text)[1] == schema["version"]
    values = yaml.safe_load((ROOT / "gitops/argocd/values/istiod.yaml").read_text("utf-8"))
    (log, *_) = values["meshConfig"]["extensionProviders"]
    labels = log["envoyFileAccessLog"]["logFormat"]["labels"]
    assert labels["ecs.version"] == schema["version"]


def test_the_mesh_writes_nothing_else(fields):
    values = yaml.safe_load((ROOT / "gitops/argocd/values/istiod.yaml").read_text("utf-8"))
    (log, *_) = values["meshConfig"]["extensionProviders"]
    assert set(log["envoyFileAccessLog"]["logFormat"]["labels"]) <= fields.keys()


def test_the_search_engine_knows_the_types(fields):
    """What is searched has the type of the contract; what is only kept is not in the templates."""
    folder = ROOT / "observability" / "elastic" / "bootstrap" / "objects"
    types: dict[str, str] = {}
    for name in ("component-ml-ecs.json", "component-ml-fields.json"):
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        types |= mapped(content["template"]["mappings"])
    shared = fields.keys() & types.keys()
    assert {name: types[name] for name in shared} == {name: fields[name] for name in shared}
    assert {"trace.id", "http.request.id", "event.id", "ml.label", "ml.pipeline.run_id"} <= shared
