"""What a change renders to: shown to people, and refused where it goes beyond a release.

A stand-in for kustomize renders here; the real one renders the real overlays in tests/manifests.
"""

import stat
import sys

import pytest
from project import release

from <<cookiecutter.package_name>>.promotion.checking import check_branch
from <<cookiecutter.package_name>>.promotion.comparing import compare_environments
from <<cookiecutter.package_name>>.promotion.describing import describe, rendered_difference
from <<cookiecutter.package_name>>.promotion.git import GitError
from <<cookiecutter.package_name>>.promotion.places import release_file
from <<cookiecutter.package_name>>.promotion.plans import plan_promotion
from <<cookiecutter.package_name>>.promotion.rendering import (
    RenderError,
    beyond_release,
    changed_fields,
    difference,
    find_kustomize,
    render,
    render_at,
)

ONE, TWO = release(1), release(2)
# Prints the release and an object that takes image and, if it is told to, replicas from it.
STAND_IN = f"""#!{sys.executable}
import pathlib, sys, yaml
folder = pathlib.Path(sys.argv[2])
assert sys.argv[1] == "build"
data = yaml.safe_load((folder / "release.yaml").read_text())["data"]
settings = yaml.safe_load((folder / "settings.yaml").read_text())
if settings.get("broken"):
    sys.exit(f"Error: accumulating resources: {{folder}} is broken")
if settings.get("leak"):
    settings["replicas"] = int(data["modelVersion"][1:])
container = {{"name": "x", "image": data["image"]}}
predictor = {{"name": "default", "componentSpecs": [{{"spec": {{"containers": [container]}}}}]}}
predictor["graph"] = {{"modelUri": data["bundleUri"]}}
predictor["labels"] = {{"mlops/release": data["release"]}}
metadata = {{"name": f"model-{{folder.name}}", "labels": {{"mlops/release": data["release"]}}}}
spec = {{"predictors": [predictor], "replicas": settings["replicas"]}}
print(yaml.safe_dump({{"kind": "SeldonDeployment", "metadata": metadata, "spec": spec}}))
"""


@pytest.fixture
def kustomize(tmp_path, monkeypatch):
    program = tmp_path / "kustomize"
    program.write_text(STAND_IN)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("KUSTOMIZE", str(program))
    return program


@pytest.fixture
def without(monkeypatch):
    monkeypatch.delenv("KUSTOMIZE", raising=False)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)


def verdict(project, branch):
    _, findings = check_branch(project.context(), branch)
    (found,) = [finding for finding in findings if finding.rule == "rendered"]
    return found


def test_a_promotion_shows_what_it_changes(project, kustomize):
    project.deploy("dev", TWO)
    project.deploy("test", ONE)
    context = project.context()
    plan = plan_promotion(context.base, "test")

    found = rendered_difference(context, plan)

    assert f"-        - image: {ONE.image}" in found
    assert f"+        - image: {TWO.image}" in found
    assert "replicas" not in found.replace("   replicas: 1\n", "")
    assert found.startswith(f"--- test at {context.base.commit[:12]}\n+++ test with this change\n")
    text = describe(context, plan, "p95 was 900 ms")
    assert TWO.image in text
    assert "p95 was 900 ms" in text


def test_the_first_release_is_all_new(project, kustomize):
    project.deploy("dev", TWO)
    context = project.context()

    found = rendered_difference(context, plan_promotion(context.base, "test"))

    assert not [line for line in found.splitlines()[2:] if line.startswith("-")]


def test_what_is_broken_now_can_be_mended(project, kustomize):
    project.deploy("dev", TWO)
    project.deploy("test", ONE)
    project.commit({release_file("test"): b"data: {}\n"})
    context = project.context()

    assert TWO.image in rendered_difference(context, plan_promotion(context.base, "test"))


def test_what_cannot_be_rendered_is_not_proposed(project, kustomize):
    project.deploy("dev", TWO)
    settings = {"gitops/overlays/test/settings.yaml": b"{replicas: 1, broken: true}\n"}
    project.commit(settings)
    context = project.context()

    with pytest.raises(RenderError, match="kustomize refuses gitops/overlays/test: Error: accum"):
        describe(context, plan_promotion(context.base, "test"))


def test_a_branch_changes_only_what_a_release_sets(project, kustomize):
    project.deploy("dev", TWO)
    project.report("dev")
    branch = project.promote("test").pull.branch
    assert verdict(project, branch).message == "kustomize takes it"
    project.promote("test", merge=True)
    project.deploy("dev", release(3))
    project.report("dev")
    branch = project.promote("test").pull.branch

    assert verdict(project, branch).message == "only what a release sets is changed"


def test_a_setting_that_follows_the_release_is_found(project, kustomize):
    leak = {"gitops/overlays/test/settings.yaml": b"{replicas: 1, leak: true}\n"}
    project.commit(leak)
    project.deploy("test", ONE)
    project.deploy("dev", TWO)
    project.report("dev")

    found = verdict(project, project.promote("test").pull.branch)

    assert not found.ok
    assert "also changes SeldonDeployment/model-test/spec/replicas" in found.message


def test_a_branch_that_cannot_be_rendered(project, kustomize):
    project.commit({"gitops/overlays/test/settings.yaml": b"{replicas: 1, broken: true}\n"})
    project.deploy("dev", TWO)
    project.report("dev")

    assert "is broken" in verdict(project, project.promote("test").pull.branch).message


def test_without_kustomize_the_check_says_so(project, without):
    project.deploy("dev", TWO)
    project.report("dev")
    branch = project.promote("test").pull.branch

    found = verdict(project, branch)
    assert found.ok and found.message.startswith("not rendered: there is no kustomize here")
    context = project.context()
    assert rendered_difference(context, plan_promotion(context.base, "test")) is None
    assert "manifests: not rendered" in compare_environments(context, "dev", "test")


def test_after_a_refusal_nothing_is_rendered(project, kustomize):
    project.deploy("dev", TWO)
    branch = project.promote("test").pull.branch

    _, findings = check_branch(project.context(), branch)
    assert [finding.rule for finding in findings if not finding.ok] == ["health"]
    assert "rendered" not in [finding.rule for finding in findings]


def test_a_branch_against_another_base(project):
    project.deploy("dev", TWO)
    old = project.head
    commit = project.branch_off("feature", {"README.md": b"x"})

    found, findings = check_branch(project.context(), "feature", old)
    assert (found, findings[-1].message) == (commit, "not a promotion")
    with pytest.raises(GitError, match="'nowhere' is neither a branch"):
        check_branch(project.context(), "nowhere")
    tree = project.git("rev-parse", f"{old}^{{tree}}")
    foreign = project.context().repository.commit_tree(tree, (), "x")
    with pytest.raises(GitError, match="has no history in common with deploy"):
        check_branch(project.context(), foreign)


def test_two_environments_are_compared(project, kustomize):
    project.deploy("dev", TWO)
    project.deploy("test", ONE)
    project.deploy("staging", ONE)

    found = compare_environments(project.context(), "dev", "test")
    assert f"release: dev {TWO.id}\n         test {ONE.id}" in found
    assert f"  image: {TWO.image} | {ONE.image}" in found
    assert f"+        - image: {ONE.image}" in found
    assert "model-dev" not in found
    same = compare_environments(project.context(), "test", "staging")
    assert same == f"release: equal, {ONE.id}\nmanifests: equal"
    empty = compare_environments(project.context(), "test", "prod")
    assert "         prod none" in empty
    project.commit({release_file("staging"): None, release_file("test"): None})
    nothing = compare_environments(project.context(), "test", "staging")
    assert nothing == "release: equal, none yet\nmanifests: equal"


def test_rules_that_overlays_refer_to_are_there_when_one_is_rendered(project, tmp_path):
    program = tmp_path / "list"
    program.write_text('#!/bin/sh\nls "$2/../../.."\n')
    program.chmod(0o755)
    before = project.deploy("dev", ONE)
    after = project.commit({"observability/environment/slo.yaml": b"kind: PrometheusRule\n"})
    repository = project.context().repository

    assert render_at(repository, program, before, "dev").split() == ["gitops"]
    assert render_at(repository, program, after, "dev").split() == ["gitops", "observability"]


def test_which_kustomize(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_kustomize(tmp_path) is None
    for place in (tmp_path, tmp_path / ".venv" / "bin"):
        place.mkdir(parents=True, exist_ok=True)
        program = place / "kustomize"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert find_kustomize(tmp_path) == program
    assert find_kustomize(tmp_path, str(tmp_path / "kustomize")) == tmp_path / "kustomize"
    with pytest.raises(RenderError, match="KUSTOMIZE names '/nowhere'"):
        find_kustomize(tmp_path, "/nowhere")


def test_a_program_that_does_not_start(tmp_path):
    with pytest.raises(RenderError, match="cannot render test"):
        render(tmp_path / "absent", tmp_path / "gitops" / "overlays" / "test")


BEFORE = """
kind: ConfigMap
metadata: {name: release}
data: {release: v1, run: a}
---
kind: SeldonDeployment
metadata: {name: model, labels: {mlops/release: v1, team: x}}
spec:
  replicas: 1
  predictors:
    - name: default
      labels: {mlops/release: v1}
      annotations: {version: v1}
      graph: {modelUri: s3://1, children: []}
      componentSpecs:
        - spec:
            containers:
              - name: x
                image: a
                args: [one, two]
                env: [{name: SERVING_BUNDLE_DIGEST, value: a}, {name: LEVEL, value: info}]
---
kind: AnalysisRun
metadata: {name: verification}
spec: {args: [{name: version, value: v1}, {name: window, value: 3m}]}
---
"""


def test_what_a_release_sets_is_allowed():
    after = BEFORE.replace("v1", "v2").replace("s3://1", "s3://2").replace("image: a", "image: b")
    after = after.replace("DIGEST, value: a", "DIGEST, value: b").replace("run: a", "run: b")

    assert len(changed_fields(BEFORE, after)) == 9
    assert beyond_release(BEFORE, after) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("replicas: 1", "replicas: 2", "SeldonDeployment/model/spec/replicas"),
        ("team: x", "team: y", "SeldonDeployment/model/metadata/labels/team"),
        ("two", "three", "containers/x/args/1"),
        ("info", "debug", "containers/x/env/LEVEL/value"),
        ("name: model", "name: other", "SeldonDeployment/other/spec/replicas"),
        ("kind: ConfigMap", "kind: Secret", "Secret/release/data/run"),
        ("3m", "9m", "AnalysisRun/verification/spec/args/window/value"),
        ("children: []", "children: [{name: y}]", "graph/children/y/name"),
    ],
)
def test_everything_else_is_not(old, new, path):
    found = beyond_release(BEFORE, BEFORE.replace(old, new, 1))

    assert [item for item in found if item.endswith(path)]


def test_equal_texts_do_not_differ():
    assert difference("a\n", "a\n", "x", "y") == ""
