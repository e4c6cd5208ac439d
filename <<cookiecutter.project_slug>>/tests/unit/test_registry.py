"""The registry on a real SQLite file; a server and whole trainings are integration tests."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.registry import ModelVersion, Registry, RegistryError
from <<cookiecutter.package_name>>.settings import Settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """One database for all tests, since making one takes a second; each has its own model."""
    root = tmp_path_factory.mktemp("registry")
    return Settings(root, "", f"sqlite:///{root}/mlflow.db", root / "bundles", None)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    # MLflow writes the address it was given into the environment.
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def registry(settings, request) -> Registry:
    return Registry(dataclasses.replace(settings, model_name=request.node.name))


@pytest.fixture
def model(wines):
    estimator = build_model("linear", wines.schema, {}, 0)
    return estimator.fit(
        to_matrix(wines.frame, wines.schema), encode_target(wines.frame, wines.schema)
    )


@pytest.fixture
def logged(registry, model, wines, tmp_path):
    """Logs a run and returns its id."""

    def log(name: str = "first") -> str:
        folder = tmp_path / name / "reports"
        folder.mkdir(parents=True)
        (folder / "drift.html").write_text("<p>drift")
        return registry.log_run(
            name,
            {"model": "linear", "split_seed": 42},
            {"f1": 0.5},
            {"data_hash": "d41d8cd9"},
            folder.parent,
            model,
            wines.schema,
        )

    return log


def written(version: str) -> tuple[Path, str]:
    return Path("/store") / version, f"sha256:{version}"


def test_before_the_first_registration_there_is_no_champion(registry):
    assert registry.champion() is None
    registry.check()


def test_a_run_holds_parameters_metrics_tags_files_and_the_model(registry, logged, model, wines):
    import mlflow

    run_id = logged()
    registry.tag_run(run_id, {"gate": "passed"})

    run = mlflow.MlflowClient().get_run(run_id)
    assert run.info.run_name == "first"
    assert run.info.status == "FINISHED"
    assert run.data.params == {"model": "linear", "split_seed": "42"}
    assert run.data.metrics == {"f1": 0.5}
    assert run.data.tags.items() >= {"data_hash": "d41d8cd9", "gate": "passed"}.items()
    page = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="reports"))
    assert (page / "drift.html").read_text() == "<p>drift"
    uri = run.data.tags["model_uri"]
    signature = mlflow.models.get_model_info(uri).signature
    assert signature.inputs.input_names() == wines.schema.feature_names
    matrix = to_matrix(wines.frame, wines.schema)
    loaded = mlflow.sklearn.load_model(uri)
    assert np.array_equal(loaded.predict_proba(matrix), model.predict_proba(matrix))


def test_a_local_run_keeps_its_files_in_the_checkout(settings, logged):
    run_id = logged()

    places = list((settings.root / "artifacts" / "mlflow").rglob(f"{run_id}/**/drift.html"))
    assert len(places) == 1


def test_a_registered_model_is_the_champion(registry, logged):
    run_id = logged()

    registered = registry.register(run_id, None, written)

    expected = ModelVersion(registry.name, "v1", run_id, "/store/v1", "sha256:v1")
    assert registered == registry.champion() == expected

    second = registry.register(logged("second"), "v1", written)
    assert registry.champion() == second
    assert second.version == "v2"


@pytest.mark.parametrize(("facing", "was"), [(None, "none"), ("v7", "v7")])
def test_a_champion_that_changed_meanwhile_stops_the_registration(registry, logged, facing, was):
    champion = registry.register(logged(), None, written)

    with pytest.raises(RegistryError, match=f"changed from {was} to v1 while this model was trai"):
        registry.register(logged("second"), facing, pytest.fail)

    assert registry.champion() == champion


def test_a_bundle_that_cannot_be_written_leaves_no_version(registry, logged):
    import mlflow

    champion = registry.register(logged(), None, written)

    def full(version: str) -> tuple[Path, str]:
        raise OSError(f"no space for {version}")

    with pytest.raises(OSError, match="no space for v2"):
        registry.register(logged("second"), "v1", full)

    assert registry.champion() == champion
    versions = mlflow.MlflowClient().search_model_versions(f"name = '{registry.name}'")
    assert [entry.version for entry in versions] == [1]


def test_registrations_wait_for_each_other(registry, logged):
    first, second = logged(), logged("second")
    writing, release = threading.Event(), threading.Event()

    def slow(version: str) -> tuple[Path, str]:
        writing.set()
        assert release.wait(timeout=30)
        return written(version)

    with ThreadPoolExecutor() as pool:
        winner = pool.submit(registry.register, first, None, slow)
        assert writing.wait(timeout=30)
        loser = pool.submit(registry.register, second, None, written)
        with pytest.raises(TimeoutError):
            loser.result(timeout=0.3)
        release.set()
        assert winner.result(timeout=30) == registry.champion()
        with pytest.raises(RegistryError, match="changed from none to v1"):
            loser.result(timeout=30)


def test_the_last_runs_come_newest_first(registry, logged):
    ids = [logged(name) for name in ("first", "second", "third")]

    runs = registry.runs(2)

    assert runs["run_id"].tolist() == ids[:0:-1]
    assert runs["params.model"].tolist() == ["linear", "linear"]
    assert runs["metrics.f1"].tolist() == [0.5, 0.5]


def test_an_experiment_has_its_own_key(registry, settings):
    other = Registry(dataclasses.replace(settings, model_name="another"))

    assert registry.experiment_key() == registry.experiment_key() != other.experiment_key()


def test_a_server_that_does_not_answer_is_named_with_the_way_out(settings, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    nowhere = dataclasses.replace(settings, model_name="m", tracking_uri="http://127.0.0.1:9")

    with pytest.raises(RegistryError, match=r"MLflow at http://127\.0\.0\.1:9: .*unset it to use"):
        Registry(nowhere).check()
