"""The commands canary, ab and shadow as they are typed, on a repository with its forge."""

import argparse
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import rollout_world
from project import Project, release

from <<cookiecutter.package_name>>.promotion.abtest_log import AbTestError
from <<cookiecutter.package_name>>.promotion.analysis import AnalysisError
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.hypothesis import HypothesisError
from <<cookiecutter.package_name>>.promotion.places import release_file, rollout_file
from <<cookiecutter.package_name>>.promotion.plans import PlanError
from <<cookiecutter.package_name>>.promotion.rollout_cli import add_commands
from <<cookiecutter.package_name>>.promotion.rollout_files import EMPTY, running

OLD, NEW = release(7), release(8)
QUESTION = ("--outcome", "paid", "--baseline", "0.2", "--minimum-effect", "0.2", "--days", "0")


@pytest.fixture
def shop(project: Project, monkeypatch) -> Project:
    """prod runs v7 and has a mesh; staging runs v8 and is healthy."""
    project.now = datetime.now(UTC)
    settings = {"mesh": "istio", "steps": "[5, 100]", "strategy": "canary"}
    text = rollout_world.ENVIRONMENTS.format(**settings, auto_rollback="true")
    project.commit(
        {
            "gitops/environments.yaml": text.encode(),
            rollout_file("prod", "kustomization.yaml"): EMPTY,
        }
    )
    project.deploy("prod", OLD)
    project.deploy("staging", NEW)
    project.report("staging")
    return project


def run(*words: str) -> int:
    top = argparse.ArgumentParser()
    kinds = top.add_subparsers(required=True)

    def add(name, function, text):
        command = kinds.add_parser(name, help=text)
        command.set_defaults(run=function)
        return command

    add_commands(add)
    arguments = top.parse_args(words)
    return arguments.run(arguments)


def last(project: Project):
    """The newest pull request."""
    return LocalForge(project.root).pull_requests("all")[0]


def merge(project: Project) -> None:
    """Merge the newest pull request, past the window and the other rules."""
    context = project.context()
    pull = last(project)
    project.report("prod")
    LocalForge(project.root).set_status(pull.head, "promotion", "success", "by hand")
    context.forge.merge(pull.number, pull.head)


def test_a_canary_from_start_to_end(shop, capsys):
    assert run("canary", "start", "--env", "prod") == 0
    assert f"Start a canary of {NEW.id}, 5 % in prod" in capsys.readouterr().out
    merge(shop)
    assert run("canary", "step", "--env", "prod", "--automatic") == 0
    assert "nothing to do: prod is not known to be healthy" in capsys.readouterr().out
    shop.report("prod")
    assert run("canary", "step", "--env", "prod", "--automatic") == 0
    merge(shop)
    assert run("canary", "finish", "--env", "prod") == 0
    merge(shop)
    assert shop.runs("prod") == NEW.id


def test_an_abort_names_query_and_value(shop, tmp_path, capsys):
    run("canary", "start", "--env", "prod")
    merge(shop)
    found = {
        "kind": "AnalysisRun",
        "metadata": {"name": "candidate-analysis"},
        "spec": {
            "metrics": [
                {
                    "name": "error-ratio",
                    "successCondition": "result[0] <= 0.01",
                    "provider": {"prometheus": {"query": "sum(rate(errors[1m]))"}},
                }
            ]
        },
        "status": {
            "phase": "Failed",
            "metricResults": [
                {
                    "name": "error-ratio",
                    "phase": "Failed",
                    "measurements": [{"phase": "Failed", "value": "[0.3125]"}],
                }
            ],
        },
    }
    path = tmp_path / "run.json"
    path.write_text(json.dumps(found))
    options = ("--automatic", "--revision", shop.head, "--analysis-run", str(path))
    assert run("canary", "abort", "--env", "prod", *options) == 0
    pull = last(shop)
    assert pull.branch == f"abort/prod/{NEW.id}"
    for place in (pull.body, shop.git("log", "-1", "--format=%B", pull.head)):
        assert "sum(rate(errors[1m]))" in place and "0.3125" in place
    (entry,) = shop.context().proposal(pull.head).head.blocked
    assert "value 0.3125" in entry.reason and "sum(rate(errors[1m]))" in entry.reason

    found["status"]["phase"] = "Successful"
    path.write_text(json.dumps(found))
    with pytest.raises(AnalysisError, match="passed, so it gives no reason"):
        run("canary", "abort", "--env", "prod", "--analysis-run", str(path))


def test_a_shadow(shop):
    assert run("shadow", "start", "--env", "prod", "--share", "20") == 0
    merge(shop)
    assert running(shop.context().base, "prod").weight == 20
    assert run("shadow", "stop", "--env", "prod", "--reason", "latency is fine") == 0
    assert "latency is fine" in shop.git("log", "-1", "--format=%B", last(shop).head)


# A/B test


@pytest.fixture
def compared(shop, capsys) -> Project:
    """An A/B test that was merged, of 82 units a variant."""
    assert run("ab", "start", "--env", "prod", *QUESTION) == 0
    assert "82 units of default and 82 units of challenger" in capsys.readouterr().out
    merge(shop)
    return shop


def served(project: Project, tmp_path, count: int, rates=(0.1, 0.6)):
    """A log of the server and outcomes, as of an hour from now."""
    chance = random.Random(4)
    start = running(project.context().base, "prod").started_at
    log, outcomes = tmp_path / "log.jsonl", tmp_path / "outcomes.csv"
    lines, rows = [], ["unit,outcome"]
    for number in range(count):
        variant = ("default", "challenger")[number % 2]
        line = {
            "@timestamp": (start + timedelta(milliseconds=number)).isoformat(),
            "event.dataset": "ml.serving",
            "event.action": "prediction",
            "event.outcome": "success",
            "http.request.id": f"r{number}",
            "labels.inference_id": f"customer-{number}",
            "ml.variant": variant,
        }
        lines.append(json.dumps(line))
        rows.append(f"customer-{number},{int(chance.random() < rates[number % 2])}")
    log.write_text("\n".join(lines))
    outcomes.write_text("\n".join(rows))
    return ("--assignments", str(log), "--outcomes", str(outcomes), "--output", str(tmp_path))


def test_the_question_is_kept_in_git(compared):
    test = running(compared.context().base, "prod")
    assert (test.hypothesis.outcome, test.hypothesis.minimum_effect) == ("paid", 0.2)
    assert test.sticky.cookie.startswith("variant-20")


def test_not_yet_changes_nothing(compared, tmp_path, capsys):
    before = len(LocalForge(compared.root).pull_requests("all"))
    assert run("ab", "decide", "--env", "prod", *served(compared, tmp_path, 101)) == 0
    said = capsys.readouterr().out
    assert "not yet: default: 50 of 82 units with an outcome, 32 missing" in said
    assert (tmp_path / "ab-prod.html").read_text().startswith("<!DOCTYPE html>")
    assert len(LocalForge(compared.root).pull_requests("all")) == before


def test_the_challenger_wins(compared, tmp_path):
    assert run("ab", "decide", "--env", "prod", *served(compared, tmp_path, 400)) == 0
    pull = last(compared)
    assert pull.branch == f"finish/prod/{NEW.id}"
    assert "**challenger wins.**" in pull.body and "two-proportion z-test" in pull.body
    assert (tmp_path / "ab-prod.md").read_text().startswith("**challenger wins.**")
    head = compared.context().proposal(pull.head).head
    assert head.read(release_file("prod")) == NEW.to_yaml()


def test_the_default_stays(compared, tmp_path):
    assert run("ab", "decide", "--env", "prod", *served(compared, tmp_path, 400, (0.6, 0.1))) == 0
    pull = last(compared)
    assert pull.branch == f"ab/prod/{NEW.id}-stop" and "**default wins.**" in pull.body
    assert compared.context().proposal(pull.head).head.blocked == ()


def test_a_refused_test_is_an_error(compared, tmp_path, capsys):
    options = served(compared, tmp_path, 400)
    log = tmp_path / "log.jsonl"
    both = [line.replace("challenger", "default") for line in log.read_text().splitlines()[1:20]]
    log.write_text("\n".join([log.read_text(), *both]))
    assert run("ab", "decide", "--env", "prod", *options) == 1
    assert "refused: " in capsys.readouterr().out


def test_outcomes_in_the_assignments(compared, tmp_path, capsys):
    start = running(compared.context().base, "prod").started_at
    lines = ["unit,variant,at,outcome"]
    for number in range(200):
        at = (start + timedelta(milliseconds=number)).isoformat()
        outcome = "" if number > 180 else number % 2
        lines.append(f"u{number},{('default', 'challenger')[number % 2]},{at},{outcome}")
    path = tmp_path / "all.csv"
    path.write_text("\n".join(lines))
    options = ("--assignments", str(path), "--output", str(tmp_path))
    assert run("ab", "decide", "--env", "prod", *options) == 0
    assert "challenger: significant" in capsys.readouterr().out


def test_a_test_may_be_stopped_without_a_decision(compared):
    assert run("ab", "stop", "--env", "prod", "--reason", "cookies were lost") == 0
    assert last(compared).branch == f"ab/prod/{NEW.id}-stop"


def test_a_question_that_is_not_whole(shop):
    with pytest.raises(HypothesisError, match="--outcome, --baseline, --minimum-effect"):
        run("ab", "start", "--env", "prod")
    with pytest.raises(HypothesisError, match="power is 2.0"):
        run("ab", "start", "--env", "prod", *QUESTION, "--power", "2")


def test_nothing_to_decide(shop):
    with pytest.raises(PlanError, match="nothing runs in prod, so there is no A/B test"):
        run("ab", "decide", "--env", "prod", "--assignments", "log.jsonl")


def test_a_log_is_needed(compared):
    with pytest.raises(AbTestError, match="name the assignment log"):
        run("ab", "decide", "--env", "prod")
