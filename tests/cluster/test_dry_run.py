"""The API server accepts everything that we write, by its strictest rules and without a warning."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.bakery import ROOT
from tests.cluster import platform, rendering
from tests.cluster.rig import Rig

# Kubernetes warns of names without a slash, and Argo CD knows this one by exactly this name.
ARGOCD_FINALIZER = '"resources-finalizer.argocd.argoproj.io": prefer a domain-qualified'
ENVIRONMENTS = ("dev", "test", "staging", "prod")


def dry_run(rig: Rig, objects: list[dict]) -> str:
    """Return what the API server has against the objects, nothing if it would take them."""
    answer = rig.kubectl.attempt(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        # Who owns a field of what is there already is not the question here.
        "--force-conflicts",
        "--field-manager=tests",
        "-f",
        "-",
        # As JSON: written as YAML again, a text such as 1e5 would become a number.
        text="\n---\n".join(map(json.dumps, objects)),
        seconds=180,
    )
    accepted = answer.stdout.count("serverside-applied (server dry run)")
    said = [line for line in answer.stderr.splitlines() if ARGOCD_FINALIZER not in line]
    if answer.returncode == 0 and not said and accepted == len(objects):
        return ""
    return "\n".join([f"{accepted} of {len(objects)} accepted", *said])


@pytest.mark.parametrize("mesh", rendering.MESHES)
def test_manifests_of_every_combination(
    rig: Rig, platform_repository: platform.Platform, template: Path, tmp_path: Path, mesh: str
):
    slug = f"dry-{mesh}"
    project = rendering.bake_plain(template, tmp_path, slug, service_mesh=mesh)
    folder = rendering.render_all(project, tmp_path / "rendered")
    platform_repository.make_namespaces(slug, "ml-team")

    for environment in ENVIRONMENTS:
        objects = rendering.unique_objects(folder, environment)

        assert len(objects) > 5
        assert dry_run(rig, objects) == ""


@pytest.mark.parametrize("sync", ["automatic", "manual"])
@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_projects_and_sets_of_a_team(
    rig: Rig, template: Path, tmp_path: Path, sync: str, forge: str
):
    project = rendering.bake_plain(
        template, tmp_path, "dry-sets", prod_sync=sync, ci_platform=forge
    )
    objects = list(yaml.safe_load_all(platform.render(project / "gitops" / "argocd")))

    assert {each["kind"] for each in objects} == {"AppProject", "ApplicationSet"}
    assert dry_run(rig, objects) == ""


def test_the_platform_itself(rig: Rig, platform_repository: platform.Platform):
    rendered = platform.render(platform_repository.folder / "gitops" / "argocd")

    assert dry_run(rig, list(yaml.safe_load_all(rendered))) == ""


@pytest.mark.parametrize(
    "folder",
    [
        ".",
        "elastic/overlays/nonprod",
        "elastic/overlays/prod",
        "elastalert2/overlays/nonprod",
        "elastalert2/overlays/prod",
    ],
)
def test_what_the_platform_watches_with(
    rig: Rig, platform_repository: platform.Platform, folder: str
):
    objects = list(yaml.safe_load_all(platform.render(ROOT / "observability" / folder)))

    assert len(objects) > 2
    assert dry_run(rig, objects) == ""


def test_logs_by_way_of_logstash(rig: Rig, platform_repository: platform.Platform, tmp_path: Path):
    shutil.copytree(ROOT / "observability" / "elastic", tmp_path / "elastic")
    overlay = tmp_path / "elastic" / "overlays" / "prod" / "kustomization.yaml"
    text = overlay.read_text(encoding="utf-8") + "components:\n  - ../../logstash\n"
    overlay.write_text(text, encoding="utf-8")
    objects = list(yaml.safe_load_all(platform.render(overlay.parent)))

    (beat,) = (each for each in objects if each["kind"] == "Beat")
    assert "output.logstash" in beat["spec"]["config"]
    assert "output.elasticsearch" not in beat["spec"]["config"]
    assert "Logstash" in {each["kind"] for each in objects}
    assert dry_run(rig, objects) == ""


def test_what_is_wrong_is_refused(rig: Rig):
    wrong = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "metadata": {"name": "wrong", "namespace": "default"},
        "spec": {"predictors": [{"name": "default", "replica": 1, "graph": {"name": "wrong"}}]},
    }

    assert ".spec.predictors[0].replica: field not declared in schema" in dry_run(rig, [wrong])
