"""One dataset for all tests here, and a ZenML of their own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import checkout
import pytest

# ZenML writes its lines for ever to what is standard output when it is imported. Here, that is
# the stream of the whole session; in a test that captures, it would be one that is soon closed.
import zenml  # noqa: F401

from <<cookiecutter.package_name>>.__main__ import main


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """ZenML's database, Git and DVC configuration in folders of this session."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("ZENML_CONFIG_PATH", str(home / "zenml"))
        for name in ("MLFLOW_TRACKING_URI", "BUNDLE_STORE", "PROJECT_ROOT", "GIT_COMMIT"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def with_dataset(own_state: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose dataset is made and committed as tag `first`; copied, never changed."""
    place = checkout.copy_checkout(tmp_path_factory.mktemp("original") / "checkout")
    before = Path.cwd()
    os.chdir(place)
    try:
        assert main(["data"]) == 0
    finally:
        os.chdir(before)
    checkout.commit(place, "first")
    return place


@pytest.fixture
def root(with_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the checkout of its own for one test, which is also the present directory."""
    place = tmp_path / "checkout"
    shutil.copytree(with_dataset, place)
    monkeypatch.chdir(place)
    # Empty means the file in the checkout; MLflow sets it itself, and that must not outlive a test.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    return place


@pytest.fixture(scope="session")
def trained_once(with_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with one registered model; copied, never changed."""
    place = tmp_path_factory.mktemp("trained") / "checkout"
    shutil.copytree(with_dataset, place)
    before = Path.cwd()
    os.chdir(place)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_URI", "")
            assert main(["train"]) == 0
    finally:
        os.chdir(before)
    return place
