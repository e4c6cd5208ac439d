"""The training pipeline on the example, in the ways in which it is started and can fail."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from checkout import change, commit, git, start

from <<cookiecutter.package_name>> import bundle, registry, settings
from <<cookiecutter.package_name>>.__main__ import main

PACKAGE = bundle.__package__
CONFIG = Path("configs/training.yaml")
ZENML = str(Path(sys.executable).with_name("zenml"))


def champion() -> registry.ModelVersion | None:
    return registry.Registry(settings.load_settings()).champion()


def runs() -> pd.DataFrame:
    return registry.Registry(settings.load_settings()).runs(20)


def last_statuses() -> dict[str, str]:
    from zenml.client import Client

    run = Client().list_pipeline_runs(sort_by="desc:created", size=1)[0]
    return {name: str(step.status) for name, step in run.steps.items()}


def test_first_training_registers_a_champion_with_everything_on_record(root, capsys):
    assert main(["train"]) == 0
    version = champion()
    assert version.version == "v1"
    manifest = bundle.verify_bundle(Path(version.bundle), version.digest)
    lock = yaml.safe_load(Path("dvc.lock").read_text())
    prepared = lock["stages"]["prepare"]["outs"][0]["md5"]
    assert manifest["data"] == {"revision": "work tree", "hash": prepared}
    assert manifest["commit"] == git(root, "rev-parse", "HEAD").strip()
    run = runs().iloc[0]
    assert run["run_id"] == version.run_id
    assert run["tags.data_hash"] == prepared
    assert run["tags.commit"] == manifest["commit"]
    assert run["tags.gate"] == "passed"
    config = yaml.safe_load(CONFIG.read_text())["parameters"]
    assert run["params.model"] == config["model"]["kind"]
    for name, value in manifest["metrics"].items():
        assert run[f"metrics.{name}"] == pytest.approx(value)
        assert run[f"metrics.{name}_low"] <= value <= run[f"metrics.{name}_high"]
    judged = json.loads((Path(version.bundle) / "evaluation.json").read_text("utf-8"))
    worth = judged["expected_value"]
    assert sum(worth["outcomes"].values()) == judged["rows"]
    assert worth["low"] <= worth["per_1000"] <= worth["high"]
    assert f"{worth['currency']} for 1000 decisions [" in run["tags.gate_reasons"]
    assert f"{version.name} v1 is the champion" in capsys.readouterr().out


def test_reports_and_signature_are_kept_with_the_run_and_as_pipeline_artifacts(root):
    import mlflow
    from zenml.client import Client

    assert main(["train"]) == 0
    version = champion()
    client = mlflow.MlflowClient()
    names = {item.path for item in client.list_artifacts(version.run_id, "reports")}
    assert names == {"reports/quality.html", "reports/drift.html"}
    source = client.get_model_version(version.name, version.version.removeprefix("v")).source
    signature = mlflow.models.get_model_info(source).signature
    schema = bundle.load_bundle(Path(version.bundle)).schema
    assert signature.inputs.input_names() == schema.feature_names
    run = Client().list_pipeline_runs(sort_by="desc:created", size=1)[0]
    page = run.steps["check_data"].outputs["drift_report"][0].load()
    assert page == (Path(version.bundle) / "reports" / "drift.html").read_text("utf-8")
    assert "evidently" in page.lower()


def test_repeating_with_nothing_changed_runs_no_work_and_registers_nothing(root):
    assert main(["train"]) == 0
    first = champion()
    assert main(["train"]) == 0
    statuses = last_statuses()
    work = ("load_data", "check_data", "train_model", "evaluate_model", "log_run")
    assert {statuses[name] for name in work} == {"cached"}
    assert champion() == first
    assert len(runs()) == 1


def test_records_that_are_not_there_are_made_again_and_not_cached(root, monkeypatch):
    assert main(["train"]) == 0
    # Another tracking server is a place without records, too.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root / 'other.db'}")
    assert main(["train"]) == 0
    statuses = last_statuses()
    assert (statuses["train_model"], statuses["log_run"]) == ("cached", "completed")
    assert champion().version == "v1"
    assert len(runs()) == 1


def test_another_setting_is_trained_and_faces_the_champion(root, capsys):
    assert main(["train"]) == 0
    change(CONFIG, "parameters", "model", "kind", to="forest")
    change(CONFIG, "parameters", "model", "parameters", to={"n_estimators": 50})
    status = main(["train"])
    output = capsys.readouterr()
    evaluation = runs().iloc[0]
    assert "allowed loss" in evaluation["tags.gate_reasons"]
    # Better or not, the answer and the registry must agree.
    assert (status == 0) == (champion().version == "v2")
    assert (evaluation["tags.gate"] == "failed") == ("quality gate FAILED" in output.err)


def test_failing_limit_registers_nothing_and_says_why(root, capsys):
    limits = yaml.safe_load(CONFIG.read_text())["parameters"]["gate"]["limits"]
    metric = next(iter(limits))
    change(CONFIG, "parameters", "gate", "limits", metric, to={"minimum": 0.9999})
    assert main(["train"]) == 1
    error = capsys.readouterr().err
    assert f"[FAIL] {metric}: 0." in error and "asked at least 0.9999" in error
    assert "configs/training.yaml" in error and "Traceback" not in error
    assert champion() is None
    assert not list(Path("artifacts").glob("bundles/*/*"))
    assert runs().iloc[0]["tags.gate"] == "failed"


def test_model_that_is_worse_than_the_champion_is_refused(root, capsys):
    assert main(["train"]) == 0
    first = champion()
    change(CONFIG, "parameters", "gate", "limits", to={})
    change(CONFIG, "parameters", "gate", "beat_baseline", to=False)
    change(CONFIG, "parameters", "model", "kind", to="forest")
    stump = {"n_estimators": 1, "max_depth": 1, "max_features": 1}
    change(CONFIG, "parameters", "model", "parameters", to=stump)
    assert main(["train"]) == 1
    assert "[FAIL] against the champion" in capsys.readouterr().err
    assert champion() == first


def test_older_dataset_is_trained_on_by_name(root, tmp_path):
    lock = yaml.safe_load(Path("dvc.lock").read_text())
    fewer = tmp_path / "fewer.parquet"
    rows = pd.read_parquet("data/prepared/dataset.parquet")
    rows.iloc[: len(rows) * 9 // 10].to_parquet(fewer)
    change(Path("params.yaml"), "source", to={"kind": "file", "path": str(fewer)})
    assert main(["data"]) == 0
    commit(root, "second")
    assert main(["train"]) == 0
    assert main(["train", "--revision", "first"]) in (0, 1)
    older, newer = runs()["tags.data_hash"]
    assert older == lock["stages"]["prepare"]["outs"][0]["md5"] != newer
    assert runs().iloc[0]["tags.data_revision"] == "first"


def test_unknown_revision_is_an_error_with_a_way_out(root, capsys):
    assert main(["train", "--revision", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert champion() is None


def test_data_that_breaks_the_schema_is_named_column_by_column(root, capsys):
    schema = yaml.safe_load(Path("configs/schema.yaml").read_text())
    names = [feature["name"] for feature in schema["features"][:2]]
    for feature in schema["features"][:2]:
        feature["maximum"] = feature["minimum"] + 1e-9
    Path("configs/schema.yaml").write_text(yaml.safe_dump(schema))
    assert main(["train", "--config", str(CONFIG)]) == 1
    error = capsys.readouterr().err
    # The dataset on record was made by another schema: that is said first, with the way out.
    assert "make data" in error or all(name in error for name in names)
    assert champion() is None


def test_mlflow_that_cannot_be_reached_is_said_before_the_work(root, capsys, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert main(["train"]) == 1
    assert "MLFLOW_TRACKING_URI" in capsys.readouterr().err
    assert "load_data" not in {
        name for name, status in last_statuses().items() if status == "completed"
    }


def test_bundle_that_cannot_be_written_leaves_no_version_behind(root, capsys, monkeypatch):
    import mlflow

    monkeypatch.setenv("BUNDLE_STORE", "/proc/bundles")
    assert main(["train"]) == 1
    assert "/proc/bundles" in capsys.readouterr().err
    assert champion() is None
    assert not mlflow.MlflowClient().search_model_versions("")
    monkeypatch.delenv("BUNDLE_STORE")
    assert main(["train"]) == 0
    assert champion() is not None


def test_configuration_errors_name_the_file(root, capsys):
    assert main(["train", "--config", "configs/none.yaml"]) == 1
    assert "configs/none.yaml does not exist" in capsys.readouterr().err
    CONFIG.write_text("parameters: [", encoding="utf-8")
    assert main(["train"]) == 1
    assert "not valid YAML" in capsys.readouterr().err


def test_zenml_command_line_runs_the_pipeline(root):
    name = f"{PACKAGE}.pipelines.training.training"
    process = start(root, ZENML, "pipeline", "run", name, "-c", str(CONFIG))
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    assert "can't create new thread" not in output
    assert champion().version == "v1"


def test_two_trainings_at_once_lose_nothing(root):
    assert main(["train"]) == 0
    first = champion()
    configs = []
    for strength in (0.5, 2.0):
        config = Path(f"configs/strength-{strength}.yaml")
        config.write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
        model = yaml.safe_load(CONFIG.read_text())["parameters"]["model"]
        name = next(iter(model["parameters"]))
        change(config, "parameters", "model", "parameters", to={name: strength})
        configs.append(config)
    both = [start(root, "-m", PACKAGE, "train", "--config", str(config)) for config in configs]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    for process, output in zip(both, outputs, strict=True):
        refused = "the champion of" in output or "quality gate FAILED" in output
        assert process.returncode == 0 or refused, output
    assert any(process.returncode == 0 for process in both), outputs
    assert len(runs()) == 3
    last = champion()
    assert last.version in ("v2", "v3") and last != first
    bundle.verify_bundle(Path(last.bundle), last.digest)
