"""The dataset under DVC, for real: stages, revisions, and remotes on a disk and on servers."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import checkout
import object_stores
import pytest
from dvc.repo import Repo
from ports import free_port

from <<cookiecutter.package_name>> import dataset, pointers
from <<cookiecutter.package_name>>.dataset import DatasetError

PACKAGE = dataset.__package__
# Warnings about DVC's own use of a library, which DVC has to mend.
pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep:DeprecationWarning")


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Path:
    """A checkout with its dataset, whose remote is a folder beside it."""
    use_remote(root, str(tmp_path / "remote"))
    return root


def use_remote(root: Path, url: str, *settings: str) -> None:
    """Also for a checkout whose own remote is a bucket."""
    lines = "".join(f"    {setting}\n" for setting in [f"url = {url}", *settings])
    text = "[core]\n    remote = storage\n    analytics = false\n['remote \"storage\"']\n"
    (root / ".dvc" / "config").write_text(text + lines)


def run(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the package in a process of its own, as `make` runs it."""
    command = [sys.executable, *arguments]
    everything = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true", **environment}
    return subprocess.run(
        command, cwd=root, env=everything, capture_output=True, text=True, timeout=300
    )


def lose(root: Path, *names: str) -> None:
    for name in names:
        shutil.rmtree(root / name)


def data_files(root: Path) -> dict[str, bytes]:
    folders = (root / "data" / name for name in ("raw", "prepared", "reference"))
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def two_revisions(root: Path) -> tuple[bytes, bytes]:
    """Tags first and v2 on two datasets, both pushed; their prepared data."""
    dataset.push(root)
    first = (root / pointers.PREPARED).read_bytes()
    raw = next((root / "data/raw").iterdir())
    raw.write_text("".join(raw.read_text().splitlines(keepends=True)[:400]))
    dataset.record(root)
    checkout.commit(root, "v2")
    dataset.push(root)
    return first, (root / pointers.PREPARED).read_bytes()


def reruns(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"Running stage '(.*)':", done.stdout)


def test_data_is_made_once_and_recorded(tmp_path):
    clone = checkout.copy_checkout(tmp_path / "clone")
    assert reruns(run(clone, "-m", PACKAGE, "data")) == ["prepare", "reference"]
    first = data_files(clone)

    again = run(clone, "-m", PACKAGE, "data")

    assert again.returncode == 0, again.stderr
    assert reruns(again) == []
    assert data_files(clone) == first
    assert dataset.resolve(clone).hash == pointers.md5(clone / pointers.PREPARED)
    assert pointers.is_recorded(clone)


@pytest.mark.parametrize(
    ("section", "key", "value", "rerun"),
    [
        ("reference", "rows", 50, ["reference"]),
        ("csv", "missing_values", ["?"], ["prepare"]),
        ("prepare", "rows_without_target", "drop", ["prepare"]),
    ],
)
def test_a_changed_parameter_reruns_only_what_depends_on_it(clone, section, key, value, rerun):
    checkout.change(clone / "params.yaml", section, key, to=value)

    with pytest.raises(DatasetError, match=f"changed since.*{section} in params.yaml"):
        dataset.resolve(clone)
    done = run(clone, "-m", PACKAGE, "data")

    assert done.returncode == 0, done.stderr
    assert reruns(done) == rerun


def test_a_stage_that_fails_leaves_the_dataset_and_its_record_as_they_were(clone):
    before, lock = data_files(clone), (clone / "dvc.lock").read_bytes()
    good = (clone / "params.yaml").read_text()
    checkout.change(clone / "params.yaml", "prepare", "drop_columns", to=["nothing"])

    refused = run(clone, "-m", PACKAGE, "data")

    assert refused.returncode == 1
    assert "error: prepare.drop_columns in params.yaml names 'nothing'" in refused.stderr
    assert "error: the dataset was not made" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert data_files(clone) == before
    assert (clone / "dvc.lock").read_bytes() == lock
    (clone / "params.yaml").write_text(good)
    dataset.resolve(clone)


def test_an_older_revision_comes_back_by_its_name_after_the_cache_is_lost(clone):
    first, second = two_revisions(clone)
    lose(clone, ".dvc/cache")

    old = dataset.resolve(clone, "first")

    assert old.path.read_bytes() == first != second
    assert old.hash == pointers.md5(old.path)
    assert old.reference_path.exists()
    assert old.profile_path.exists()
    assert dataset.resolve(clone, "v2").path.read_bytes() == second
    assert dataset.resolve(clone).hash == dataset.resolve(clone, "v2").hash


def test_a_remote_that_has_moved_since_still_serves_old_revisions(clone, tmp_path):
    use_remote(clone, "s3://gone/dvc", "connect_timeout = 1")
    checkout.commit(clone, "in-the-cloud")
    shutil.copytree(clone / ".dvc" / "cache", tmp_path / "moved")
    before = (clone / pointers.PREPARED).read_bytes()

    use_remote(clone, str(tmp_path / "moved"))
    lose(clone, ".dvc/cache")

    assert dataset.resolve(clone, "in-the-cloud").path.read_bytes() == before


def test_bytes_that_are_nowhere_are_named_with_the_way_to_make_them(clone, tmp_path):
    two_revisions(clone)
    lose(clone, ".dvc/cache", "data/prepared")
    shutil.rmtree(tmp_path / "remote")

    with pytest.raises(DatasetError, match=r"(?s)dataset\.parquet.*'first'.*neither in the cache"):
        dataset.resolve(clone, "first")
    with pytest.raises(DatasetError, match="(?s)the data was not pulled.*Missing cache files"):
        dataset.pull(clone)
    with pytest.raises(DatasetError, match=r"not in the cache of this clone: data/prepared"):
        dataset.push(clone)
    assert not list((clone / "data/revisions").rglob("*.parquet"))


def test_bytes_that_changed_in_the_remote_are_not_trained_on(clone, tmp_path):
    dataset.push(clone)
    digest = dataset.resolve(clone).hash
    kept = tmp_path / "remote" / "files" / "md5" / digest[:2] / digest[2:]
    kept.chmod(0o600)
    kept.write_bytes(b"other")
    lose(clone, ".dvc/cache")

    with pytest.raises(DatasetError, match="arrived damaged"):
        dataset.resolve(clone, "first")
    assert not list((clone / "data/revisions").rglob("*.parquet"))


def test_without_a_remote_the_error_says_where_one_is_named(clone):
    (clone / ".dvc" / "config").write_text("[core]\n    analytics = false\n")

    with pytest.raises(DatasetError, match=r"(?s)not pushed.*no remote.*version-data\.md"):
        dataset.push(clone)
    lose(clone, ".dvc/cache")
    checkout.git(clone, "commit", "--quiet", "--all", "--message", "no remote")
    with pytest.raises(DatasetError, match=r"\.dvc/config names none"):
        dataset.resolve(clone, "HEAD")


def test_pull_brings_everything_back_but_overwrites_no_work(clone):
    dataset.push(clone)
    before = data_files(clone)
    lose(clone, ".dvc/cache", "data/raw", "data/prepared", "data/reference")

    assert dataset.pull(clone) > 0
    assert data_files(clone) == before

    mine = next((clone / "data/raw").iterdir())
    mine.write_text("my own work\n")
    with pytest.raises(DatasetError, match="the data was not pulled"):
        dataset.pull(clone)
    assert mine.read_text() == "my own work\n"


def test_a_folder_that_is_no_repository_is_named(tmp_path):
    with pytest.raises(DatasetError, match="(?s)not pushed.*not.* a DVC repository"):
        dataset.push(tmp_path)


def test_this_project_names_a_remote_and_no_secret(root):
    with Repo(str(root)) as repo:
        settings = repo.config["remote"][repo.config["core"]["remote"]]
        assert repo.config["core"]["analytics"] is False
    text = (root / ".dvc" / "config").read_text()
    assert settings["url"]
    assert not {"password", "key", "token", "connection_string"} & {
        line.split("=")[0].strip() for line in text.splitlines()
    }


@pytest.mark.parametrize("name", ["s3", "azure", "gcs"])
def test_an_object_store_keeps_the_dataset(clone, tmp_path, name):
    with getattr(object_stores, name)(tmp_path) as store:
        use_remote(clone, store.url)
        before = data_files(clone)

        pushed = run(clone, "-m", PACKAGE, "push-data", **store.environment)
        assert pushed.returncode == 0, pushed.stderr
        lose(clone, ".dvc/cache", "data/raw", "data/prepared", "data/reference")
        if store.wrong:
            wrong = store.environment | store.wrong
            refused = run(clone, "-m", PACKAGE, "pull-data", **wrong)
            assert refused.returncode == 1
            assert f"error: the data was not pulled (remote: {store.url})" in refused.stderr
            assert store.complaint in refused.stderr
            assert "Traceback" not in refused.stderr
            assert data_files(clone) == {}
        pulled = run(clone, "-m", PACKAGE, "pull-data", **store.environment)
        assert pulled.returncode == 0, pulled.stderr
        assert data_files(clone) == before

        lose(clone, ".dvc/cache", "data/prepared")
        code = f"from {PACKAGE} import dataset as d; from pathlib import Path; "
        code += "print(d.resolve(Path.cwd(), 'first').path)"
        found = run(clone, "-c", code, **store.environment)
        assert found.returncode == 0, found.stderr
        prepared = before["data/prepared/dataset.parquet"]
        assert Path(found.stdout.strip()).read_bytes() == prepared


def test_a_store_that_does_not_answer_is_named(clone):
    use_remote(clone, "s3://data/dvc")
    address = f"http://127.0.0.1:{free_port()}"
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": address}

    refused = run(clone, "-m", PACKAGE, "push-data", **keys)

    assert refused.returncode == 1
    assert "error: the data was not pushed (remote: s3://data/dvc)" in refused.stderr
    assert f'Could not connect to the endpoint URL: "{address}' in refused.stderr
    assert "Traceback" not in refused.stderr
