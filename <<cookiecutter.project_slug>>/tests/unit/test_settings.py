"""Places of a checkout, and the variables that move them."""

from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import settings

VARIABLES = ["PROJECT_ROOT", "MODEL_NAME", "MLFLOW_TRACKING_URI", "BUNDLE_STORE", "GIT_COMMIT"]


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_everything_is_in_the_present_directory_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = settings.load_settings()

    assert found == settings.Settings(
        root=tmp_path,
        model_name=Path(settings.__file__).parent.name.replace("_", "-"),
        tracking_uri=f"sqlite:///{tmp_path}/mlflow.db",
        bundle_store=tmp_path / "artifacts" / "bundles",
        commit=None,
    )
    assert found.uses_local_tracking
    assert found.schema_path == tmp_path / "configs" / "schema.yaml"
    assert found.reports == tmp_path / "artifacts" / "reports"


def test_every_place_can_be_moved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROJECT_ROOT", "checkout")
    monkeypatch.setenv("MODEL_NAME", "credit-risk")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    monkeypatch.setenv("BUNDLE_STORE", "bundles")
    monkeypatch.setenv("GIT_COMMIT", "c0ffee")

    found = settings.load_settings()

    assert found == settings.Settings(
        root=tmp_path / "checkout",
        model_name="credit-risk",
        tracking_uri="http://tracking:5000",
        bundle_store=tmp_path / "bundles",
        commit="c0ffee",
    )
    assert not found.uses_local_tracking


def test_an_empty_variable_is_as_good_as_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = settings.load_settings()
    for name in VARIABLES:
        monkeypatch.setenv(name, "")

    assert settings.load_settings() == before


def test_model_has_the_name_of_the_project_and_not_of_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "credit-risk"\n')
    assert settings.load_settings().model_name == "credit-risk"
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert settings.load_settings().model_name != "credit-risk"
