"""Places of a checkout, and the variables that move them."""

from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import settings

VARIABLES = ["PROJECT_ROOT", "MODEL_NAME", "MLFLOW_TRACKING_URI", "BUNDLE_STORE", "GIT_COMMIT"]
OBSERVABILITY = {
    "MLOPS_ENVIRONMENT": ("environment", "prod"),
    "POD_NAMESPACE": ("namespace", "credit-risk-eu"),
    "MLOPS_TEAM": ("team", "risk"),
    "PUSHGATEWAY_URL": ("pushgateway", "http://gateway:9091"),
    "ELASTICSEARCH_URL": ("elasticsearch", "https://engine:9200"),
    "ELASTICSEARCH_API_KEY": ("api_key", "a-key"),
    "ELASTICSEARCH_USERNAME": ("username", "reader"),
    "ELASTICSEARCH_PASSWORD": ("password", "a-secret"),
    "ELASTICSEARCH_CA_FILE": ("authority", Path("/certificates/ca.crt")),
    "MONITORED_BUNDLE": ("bundle", "s3://bundles/0123"),
    "MONITORED_BUNDLE_DIGEST": ("bundle_digest", "sha256:0123"),
    "REPOSITORY_URL": ("repository", "https://example.com/acme/model.git"),
}


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    for name in [*VARIABLES, *OBSERVABILITY, "MONITORING_STATE"]:
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


def test_observability_is_local_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = '[project]\nname = "credit-risk"\nauthors = [{ name = "Team Risk" }]\n'
    (tmp_path / "pyproject.toml").write_text(project)

    found = settings.load_observability()

    assert found.grouping == {
        "namespace": "credit-risk-dev",
        "environment": "dev",
        "team": "Team Risk",
        "model_name": "credit-risk",
    }
    assert found.pushgateway is None and found.elasticsearch is None and found.bundle is None
    (tmp_path / "pyproject.toml").unlink()
    assert settings.load_observability().team == "unknown"


def test_everything_about_observability_can_be_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for variable, (_, value) in OBSERVABILITY.items():
        monkeypatch.setenv(variable, str(value))

    found = settings.load_observability()

    assert {name: getattr(found, name) for name, _ in OBSERVABILITY.values()} == dict(
        OBSERVABILITY.values()
    )
    assert "a-secret" not in repr(found) and "a-key" not in repr(found)


def test_what_monitoring_remembers_can_be_moved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settings.load_settings().monitoring_state == tmp_path / "artifacts" / "monitoring"
    monkeypatch.setenv("MONITORING_STATE", "volume")
    assert settings.load_settings().monitoring_state == tmp_path / "volume"
