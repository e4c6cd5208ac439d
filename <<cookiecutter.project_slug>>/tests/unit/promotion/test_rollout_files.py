"""The files of a rollout: what kustomize reads, and that they fit the components they patch."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from rollout_world import NEW, ROLLOUT, World

from <<cookiecutter.package_name>>.promotion.hypothesis import Hypothesis
from <<cookiecutter.package_name>>.promotion.rollout_files import (
    EMPTY,
    NAMES,
    changed,
    emptied,
    files_of,
    running,
)
from <<cookiecutter.package_name>>.promotion.rollout_state import Rollout, Sticky

PROJECT = Path(__file__).parents[3]
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
QUESTION = Hypothesis("paid", 0.2, 0.1, share=30)
CANARY = Rollout("canary", NEW.id, "staging", START, steps=(5, 25, 100), step=2)
SHADOW = Rollout("shadow", NEW.id, "staging", START, share=20)
TEST = Rollout(
    "ab-test", NEW.id, "staging", START, sticky=Sticky("variant-1", 14), hypothesis=QUESTION
)


def made(rollout: Rollout, mesh: str = "istio") -> dict[str, bytes | None]:
    """The files by their names within the folder."""
    files = files_of("prod", rollout, NEW.to_yaml(), mesh)
    return {path.removeprefix(ROLLOUT): content for path, content in files.items()}


def patch(content: bytes | None) -> dict:
    entries = yaml.safe_load(content or b"")
    assert {entry["op"] for entry in entries} == {"add"}
    return {entry["path"]: entry["value"] for entry in entries}


@pytest.mark.parametrize(
    "rollout, shares", [(CANARY, [75, 25]), (SHADOW, [100, 20]), (TEST, [70, 30])]
)
def test_shares(rollout, shares):
    files = made(rollout)
    assert set(files) == set(NAMES)
    assert patch(files["traffic.yaml"]) == {
        "/spec/predictors/0/traffic": shares[0],
        "/spec/predictors/1/traffic": shares[1],
    }
    component = yaml.safe_load(files["kustomization.yaml"])
    assert component["kind"] == "Component"
    assert component["resources"] == ["candidate"]
    assert component["components"] == [f"../../../components/{rollout.kind}"]
    target = {"kind": "SeldonDeployment", "name": "model"}
    assert component["patches"][0] == {"path": "traffic.yaml", "target": target}
    candidate = yaml.safe_load(files["candidate/kustomization.yaml"])
    assert (candidate["nameSuffix"], candidate["resources"]) == ("-candidate", ["release.yaml"])


def test_with_istio_a_canary_needs_no_route():
    files = made(CANARY)
    assert files["route.yaml"] is None
    assert len(yaml.safe_load(files["kustomization.yaml"])["patches"]) == 1


def test_linkerd_has_weights_of_its_own():
    files = made(CANARY, "linkerd")
    assert patch(files["route.yaml"]) == {
        "/spec/rules/0/backendRefs/0/weight": 75,
        "/spec/rules/0/backendRefs/1/weight": 25,
    }
    patches = yaml.safe_load(files["kustomization.yaml"])["patches"]
    assert patches[1] == {"path": "route.yaml", "target": {"kind": "HTTPRoute", "name": "model"}}


def test_callers_stay_with_their_variant():
    """By a cookie of this test alone: an earlier test's would bring back its groups."""
    files = made(TEST)
    assert patch(files["route.yaml"]) == {
        "/spec/http/0/match/1/headers/cookie/regex": "(.*; ?)?variant-1=challenger(;.*)?",
        "/spec/http/1/match/1/headers/cookie/regex": "(.*; ?)?variant-1=default(;.*)?",
        "/spec/http/2/route/0/headers/response/set/set-cookie": (
            "variant-1=default; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax"
        ),
        "/spec/http/2/route/1/headers/response/set/set-cookie": (
            "variant-1=challenger; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax"
        ),
        "/spec/http/2/route/0/weight": 70,
        "/spec/http/2/route/1/weight": 30,
        "/spec/http/5/route/0/weight": 70,
        "/spec/http/5/route/1/weight": 30,
    }
    patches = yaml.safe_load(files["kustomization.yaml"])["patches"]
    assert patches[1]["target"] == {"kind": "VirtualService", "name": "ab-test"}


def test_the_rules_of_the_route_stand_where_the_patch_expects_them():
    answers = yaml.safe_load((PROJECT / ".cookiecutter.yaml").read_text("utf-8"))
    path = PROJECT / "gitops/components/ab-test/routes/virtualservice.yaml"
    if answers["default_context"]["service_mesh"] != "istio":
        # Gateway API has no sticky routes to patch; the patch itself is tested above.
        assert not path.exists()
        return
    rules = yaml.safe_load(path.read_text())["spec"]["http"]
    expected = patch(made(TEST)["route.yaml"])
    for place, value in expected.items():
        found = rules
        for key in place.removeprefix("/spec/http/").split("/"):
            found = found[int(key) if isinstance(found, list) else key]
        assert type(found) is type(value)
    names = [rule["name"] for rule in rules]
    assert names[:3] == ["rest-challenger", "rest-default", "rest-new"] and names[5] == "grpc-new"
    for rule in (rules[2], rules[5]):
        hosts = [route["destination"]["host"] for route in rule["route"]]
        assert [host.rpartition("-")[2] for host in hosts] == ["default", "challenger"]


def test_the_empty_folder_is_the_one_of_the_overlays():
    folders = list(PROJECT.glob("gitops/overlays/*/rollout"))
    assert folders
    for folder in folders:
        if not (folder / "state.yaml").exists():
            assert (folder / "kustomization.yaml").read_bytes() == EMPTY


def test_only_what_differs_is_written():
    world = World()
    files = files_of("prod", CANARY, NEW.to_yaml(), "istio")
    assert f"{ROLLOUT}route.yaml" not in changed(world.base, files)
    world.files |= {path: content for path, content in files.items() if content}
    assert changed(world.base, files) == {}
    assert set(emptied(world.base, "prod")) == {path for path in files if files[path]}
    assert emptied(World().base, "prod") == {}


def test_no_state_is_no_rollout():
    assert running(World().base, "prod") is None
