"""Pipelines where machines read their log: every line a record, all under the id of the run."""

import sys
from pathlib import Path

from checkout import start

from <<cookiecutter.package_name>> import bundle

sys.path.insert(0, str(Path(__file__).parents[1]))

from log_contract import check

PACKAGE = bundle.__package__


def written(root, *command):
    """Exit status and records of a command."""
    process = start(root, "-m", PACKAGE, *command, LOG_FORMAT="json", MLOPS_ENVIRONMENT="test")
    out, _ = process.communicate(timeout=300)
    return process.returncode, check(out)


def named(records, action):
    return [record for record in records if record.get("event.action") == action]


def test_a_training(root):
    # Without the cache, which another test may have filled and which leaves steps out.
    status, records = written(root, "train", "--no-cache")

    assert status == 0, records[-1]
    assert {record["event.dataset"] for record in records} == {"ml.training"}
    assert {record["service.environment"] for record in records} == {"test"}
    begun, ended = named(records, "step_started"), named(records, "step_finished")
    steps = [record["ml.pipeline.step"] for record in begun]
    assert steps == [record["ml.pipeline.step"] for record in ended]
    assert {"resolve_dataset", "train_model", "register_model"} <= set(steps)
    assert {record["event.outcome"] for record in ended} == {"success"}
    assert all(record["event.duration"] > 0 for record in ended)
    (run,) = {record["ml.pipeline.run_id"] for record in begun + ended}
    assert {record["trace.id"] for record in begun + ended} == {run}
    # Also what a step logs, and the end of the command, are found by the run.
    told = [record for record in records if record["message"].startswith("quality gate passed")]
    assert told and told[0]["trace.id"] == run and told[0]["ml.pipeline.step"] == "check_gate"
    (last,) = named(records, "command_finished")
    assert last["event.outcome"] == "success" and last["trace.id"] == run
    messages = [record["message"] for record in records if record["log.logger"] != "stdout"]
    assert len(messages) == len(set(messages)), "a record was written twice"


def test_a_step_that_fails(root):
    status, records = written(root, "train", "--revision", "nowhere")

    assert status == 1
    (failed,) = named(records, "step_finished")
    assert failed["event.outcome"] == "failure" and failed["log.level"] == "error"
    assert failed["ml.pipeline.step"] == "resolve_dataset"
    assert failed["error.type"] == "DatasetError" and "nowhere" in failed["error.message"]
    (last,) = named(records, "command_finished")
    assert last["event.outcome"] == "failure" and last["process.exit_code"] == 1
    assert last["trace.id"] == failed["trace.id"]


def test_a_monitoring(trained_once, tmp_path, monkeypatch):
    import shutil

    root = tmp_path / "checkout"
    shutil.copytree(trained_once, root)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    status, records = written(root, "monitor", "--batch", "missing.csv")

    assert status == 1
    assert {record["event.dataset"] for record in records} == {"ml.monitor"}
    (failed,) = named(records, "step_finished")
    assert failed["error.type"] == "MonitoringError"
