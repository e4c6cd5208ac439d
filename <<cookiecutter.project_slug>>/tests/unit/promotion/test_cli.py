"""The commands as they are typed: what they say, and what they end with."""

import argparse
import json
from datetime import datetime
from pathlib import Path

import fsspec
import pytest
from project import NOW, arguments, release

from <<cookiecutter.package_name>> import __main__, bundle, bundle_store
from <<cookiecutter.package_name>>.promotion import cli, context, releasing
from <<cookiecutter.package_name>>.promotion.forges import local
from <<cookiecutter.package_name>>.promotion.places import release_file
from <<cookiecutter.package_name>>.promotion.plans import plan_promotion
from <<cookiecutter.package_name>>.promotion.repository import Repository
from <<cookiecutter.package_name>>.registry import ModelVersion

ONE, TWO = release(1), release(2)
DIGEST = "sha256:" + "0a" * 32


def parsed(line: str) -> argparse.Namespace:
    return __main__.parser().parse_args(line.split())


COMMON = {"replace": False, "merge": False}


@pytest.mark.parametrize(
    ("line", "run", "options"),
    [
        (
            f"release --image {DIGEST}",
            cli.release,
            {"image": DIGEST, "bundle_uri": None, "load_test": None, **COMMON},
        ),
        (
            f"release --image {DIGEST} --bundle-uri s3://x --load-test r.json --replace --merge",
            cli.release,
            {
                "image": DIGEST,
                "bundle_uri": "s3://x",
                "load_test": Path("r.json"),
                "replace": True,
                "merge": True,
            },
        ),
        ("promote --to test", cli.promote, {"to": "test", "release": None, **COMMON}),
        (
            "promote --to test --release v7-x --merge",
            cli.promote,
            {"to": "test", "release": "v7-x", "replace": False, "merge": True},
        ),
        (
            "rollback --env prod --reason slow",
            cli.rollback,
            {
                "env": "prod",
                "to": None,
                "reason": "slow",
                "analysis_run": None,
                "automatic": False,
                "revision": None,
                **COMMON,
            },
        ),
        (
            "rollback --env prod --to v7-x --analysis-run r.json --automatic --revision abc",
            cli.rollback,
            {
                "env": "prod",
                "to": "v7-x",
                "reason": None,
                "analysis_run": Path("r.json"),
                "automatic": True,
                "revision": "abc",
                **COMMON,
            },
        ),
        ("diff --from test --to prod", cli.diff, {"source": "test", "to": "prod"}),
        (
            "check-promotion",
            cli.check_promotion,
            {"branch": "HEAD", "base": None, "set_status": False},
        ),
        (
            "check-promotion --branch b --base a --set-status",
            cli.check_promotion,
            {"branch": "b", "base": "a", "set_status": True},
        ),
        (
            "report-deployment --env dev --commit abc --state failure --message no",
            cli.report_deployment,
            {"env": "dev", "commit": "abc", "state": "failure", "message": "no"},
        ),
    ],
)
def test_every_command_has_its_function_and_options(line, run, options):
    found = vars(parsed(line))

    assert found == {"command": line.split()[0], "run": run, **options}


@pytest.mark.parametrize(
    "line",
    ["release", "promote", "rollback", "diff --from a", "report-deployment --env a --commit b"]
    + ["report-deployment --env a --commit b --state fine"],
)
def test_what_is_missing_is_said(line, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(line)
    assert ended.value.code == 2


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A Tuesday within the window of prod, for whatever the commands look at."""
    frozen = type("datetime", (datetime,), {"now": staticmethod(lambda zone: NOW)})
    # The forge dates what it is told: by the same clock, or a status comes from the future.
    for module in (context, local):
        monkeypatch.setattr(module, "datetime", frozen)
    monkeypatch.delenv("KUSTOMIZE", raising=False)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)


def run(line: str) -> int:
    return __main__.main(line.split())


@pytest.fixture
def champion(project, tmp_path, monkeypatch):
    """A registered model with its bundle, without MLflow."""
    (project.root / "configs").mkdir()
    (project.root / "configs" / "release.yaml").write_text(
        "image: registry.example.com/team/x\nbundles: memory://store\n"
    )
    content = tmp_path / "content"
    (content / "reference").mkdir(parents=True)
    (content / "reference" / "profile.json").write_text('{"rows": 569}')
    evaluation = {"rows": 142, "metrics": {"roc_auc": 0.98}, "baseline": {"roc_auc": 0.5}}
    evaluation |= {"intervals": {"roc_auc": [0.97, 0.99]}, "gate": None, "drift": "no drift"}
    (content / "evaluation.json").write_text(json.dumps(evaluation))
    manifest = {"name": "credit-risk", "version": "v7", "commit": "c" * 40}
    manifest["data"] = {"revision": "data-1", "hash": "d" * 32}
    folder = bundle.write_bundle(tmp_path / "bundles", manifest, content)
    digest = json.loads((folder / "bundle.json").read_text())["digest"]
    found = ModelVersion("credit-risk", "v7", "r" * 32, str(folder), digest)
    monkeypatch.setattr(releasing, "champion_of", lambda settings: found)
    yield found
    fsspec.filesystem("memory").store.clear()


def test_a_release_from_the_champion(project, champion, capsys):
    assert run(f"release --image {DIGEST}") == 0

    said = capsys.readouterr().out
    assert "bundle copied to memory://store/credit-risk/" in said
    assert "merged: Promote v7-" in said
    base = project.context().base
    found = base.release("dev")
    assert found.bundle_digest == champion.digest
    assert base.record(found.id).metrics["roc_auc"]["value"] == 0.98

    assert run(f"release --image {DIGEST}") == 0
    assert capsys.readouterr().out == f"nothing to do: dev runs release {found.id} already\n"


def test_a_load_test_is_added_later(project, champion, capsys, tmp_path):
    run(f"release --image {DIGEST}")
    result = {"requests_per_second": 400, "p95_milliseconds": {}, "error_share": 0, "passed": True}
    result |= {"budget": {}, "bundle_digest": champion.digest}
    (tmp_path / "result.json").write_text(json.dumps(result))
    capsys.readouterr()

    assert run(f"release --image {DIGEST} --load-test {tmp_path}/result.json") == 0

    assert "merged: Add evidence to v7-" in capsys.readouterr().out
    base = project.context().base
    assert base.record(base.release("dev").id).load_test["passed"] is True


def test_nothing_is_copied_for_a_release_that_is_refused(project, champion, capsys, monkeypatch):
    monkeypatch.setattr(bundle_store, "store_bundle", lambda *_: pytest.fail("copied"))
    project.commit({"gitops/blocked.yaml": b"blocked: none\n"})

    assert run(f"release --image {DIGEST}") == 1
    assert "gitops/blocked.yaml must hold" in capsys.readouterr().err
    assert run("release --image registry.example.com/team/x:latest") == 1
    assert "a tag can be moved" in capsys.readouterr().err


def test_a_walk_to_prod_and_back(project, capsys):
    for of in (ONE, TWO):
        project.deploy("dev", of)
        for name, target in (("dev", "test"), ("test", "staging"), ("staging", "prod")):
            assert run(f"report-deployment --env {name} --commit deploy --state success") == 0
            assert run(f"promote --to {target} --merge") == 0
    assert project.runs("prod") == TWO.id
    capsys.readouterr()

    assert run("rollback --env prod --reason slow") == 0
    said = capsys.readouterr().out
    assert f"open: Roll prod back from {TWO.id} to {ONE.id}\n" in said
    assert run("rollback --env prod --reason slow --merge") == 0
    assert project.runs("prod") == ONE.id
    assert run("rollback --env prod --reason slow") == 1
    assert "no earlier release that is not blocked" in capsys.readouterr().err
    assert run("promote --to prod") == 1
    assert f"release {TWO.id} is blocked since 2026-11-24" in capsys.readouterr().err


def test_a_promotion_that_cannot_be_merged_yet(project, capsys):
    project.deploy("dev", ONE)

    assert run("promote --to test") == 0
    said = capsys.readouterr().out
    assert "open: Promote" in said
    assert "it cannot be merged yet:\n  [refused] health: dev is not known" in said
    assert run("promote --to test --merge") == 1


def test_what_was_replaced_is_said(project, capsys):
    project.deploy("dev", ONE)
    run("promote --to test")
    project.deploy("dev", TWO)
    capsys.readouterr()

    assert run("promote --to test") == 1
    assert "--replace to close it" in capsys.readouterr().err
    assert run("promote --to test --replace") == 0
    assert f"closed: Promote {ONE.id} to test" in capsys.readouterr().out


def test_a_canary_environment_starts_a_canary(project, capsys):
    text = project.context().base.read("gitops/environments.yaml").decode()
    text = text.replace("mesh: none", "mesh: istio")
    text = text.replace("source: dev\n", "source: dev\n    strategy: canary\n")
    project.commit({"gitops/environments.yaml": text.encode()})
    project.deploy("dev", ONE)
    project.report("dev")
    assert run("promote --to test --merge") == 0
    assert project.runs("test") == ONE.id
    project.deploy("dev", TWO)

    assert run("promote --to test") == 0
    assert f"canary of {TWO.id}" in capsys.readouterr().out
    assert Repository(project.root).branch(f"canary/test/{TWO.id}-10") is not None


def test_a_check_prints_every_rule(project, capsys):
    project.deploy("dev", ONE)
    project.report("dev")
    branch = project.promote("test").pull.branch

    assert run(f"check-promotion --branch {branch} --set-status") == 0
    said = capsys.readouterr().out
    assert said.count("[     ok]") == 15
    assert said.endswith("against deploy\n")
    commit = project.branch_off("skip", {release_file("staging"): ONE.to_yaml()})
    assert run("check-promotion --branch skip --base deploy --set-status") == 1
    assert "[refused] source: test, the environment before, runs nothing" in capsys.readouterr().out
    assert project.forge.statuses(commit)[0].state == "failure"
    project.git("fetch", "--quiet", "origin", "skip")
    project.git("checkout", "--quiet", "--detach", commit)
    assert run("check-promotion") == 1


def test_a_persons_change_passes(project, capsys):
    project.branch_off("mine", {"gitops/overlays/prod/settings.yaml": b"replicas: 5\n"})

    assert run("check-promotion --branch mine") == 0
    assert "not a promotion" in capsys.readouterr().out


def test_two_environments_are_compared(project, capsys):
    project.deploy("dev", TWO)
    project.deploy("test", ONE)

    assert run("diff --from dev --to test") == 0
    assert f"release: dev {TWO.id}" in capsys.readouterr().out
    assert run("diff --from dev --to live") == 1
    assert "there is no environment 'live'" in capsys.readouterr().err


def test_a_report_of_nothing(project, capsys):
    assert run("report-deployment --env live --commit deploy --state success") == 1
    assert "no environment 'live'" in capsys.readouterr().err
    assert run("report-deployment --env dev --commit nowhere --state success") == 1
    assert "neither a branch nor a commit" in capsys.readouterr().err


def test_an_automatic_rollback_that_is_late(project, capsys):
    project.deploy("test", ONE)
    failed = project.deploy("test", TWO)
    project.commit({release_file("test"): ONE.to_yaml()})

    assert run(f"rollback --env test --automatic --revision {failed} --reason p95") == 0
    assert capsys.readouterr().out.startswith("nothing to do: test ran v2-")


def test_no_network(project, capsys):
    project.git("remote", "set-url", "origin", str(project.bare) + "-gone")

    assert run("promote --to test") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "does not appear to be a git repository" in said


def test_a_forge_that_nobody_knows(project, capsys, monkeypatch):
    monkeypatch.setenv("PROMOTION_FORGE", "gitea")

    assert run("promote --to test") == 1
    assert "there is no forge 'gitea'" in capsys.readouterr().err


def test_a_dirty_work_tree_without_a_remote(alone, capsys):
    alone.deploy("dev", ONE)
    alone.report("dev")
    (alone.root / "README.md").write_text("being edited\n")

    assert run("promote --to test --merge") == 1
    assert "with uncommitted changes; commit or stash them" in capsys.readouterr().err
    alone.git("checkout", "--quiet", "README.md")
    assert run("promote --to test --merge") == 0
    assert (alone.root / release_file("test")).read_bytes() == ONE.to_yaml()
    assert alone.git("status", "--porcelain") == ""


def test_details_reach_the_pull_request(project):
    project.deploy("dev", ONE)
    look = project.context()

    def plan():
        return plan_promotion(look.base, "test")

    assert cli.run_plan(look, plan, arguments(), details="It was late.") == 0
    (pull,) = project.forge.pull_requests()
    assert "It was late." in pull.body
    assert ONE.id in pull.body
