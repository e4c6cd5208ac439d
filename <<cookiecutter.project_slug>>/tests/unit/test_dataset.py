"""Which dataset a checkout holds, read from git and dvc.lock; fetching is an integration test."""

import hashlib
import subprocess
from pathlib import Path

import pytest
import yaml

from <<cookiecutter.package_name>> import dataset
from <<cookiecutter.package_name>>.dataset import WORK_TREE, DatasetError, resolve

FILES = {
    "data/prepared/dataset.parquet": b"dataset",
    "data/reference/reference.parquet": b"reference",
    "data/reference/profile.json": b"profile",
}
PARAMS = "prepare: {drop_columns: [a]}\nreference: {rows: 5}\nsource: {kind: example}\n"


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    command = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def lock(root: Path) -> None:
    params = yaml.safe_load(PARAMS)
    prepare = {
        "deps": [{"path": "configs/schema.yaml", "md5": md5(b"schema")}],
        "params": {"params.yaml": {"prepare": params["prepare"]}},
        "outs": [{"path": name, "md5": md5(content)} for name, content in FILES.items()],
    }
    content = {"schema": "2.0", "stages": {"prepare": prepare}}
    (root / "dvc.lock").write_text(yaml.safe_dump(content))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, content in {**FILES, "configs/schema.yaml": b"schema"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / ".gitignore").write_text("/data\n")
    lock(tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "data")
    return tmp_path


def test_the_work_tree_s_dataset_is_the_one_that_the_lock_records(checkout):
    found = resolve(checkout)

    assert found.revision == WORK_TREE
    assert found.hash == md5(b"dataset")
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert found.path == checkout / "data/prepared/dataset.parquet"
    assert found.reference_path.read_bytes() == b"reference"
    assert found.profile_path.read_bytes() == b"profile"
    assert found.schema_path == checkout / "configs/schema.yaml"


def test_a_lock_that_is_not_committed_belongs_to_no_commit(checkout):
    (checkout / "dvc.lock").write_text((checkout / "dvc.lock").read_text() + "# new\n")

    assert resolve(checkout).commit is None


def test_without_git_the_work_tree_still_has_a_dataset(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))

    assert resolve(checkout).commit is None
    with pytest.raises(DatasetError, match="git is not installed"):
        resolve(checkout, "main")


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("dvc.lock", None, "no dataset was made yet; run `make data`"),
        ("dvc.lock", b"stages: {}\n", "does not record data/prepared/dataset.parquet"),
        ("dvc.lock", b"<" * 7 + b" ours\n: [\n", "after a merge conflict"),
        ("dvc.lock", b"- a\n", "is damaged"),
        ("data/prepared/dataset.parquet", None, "make pull-data"),
        ("data/prepared/dataset.parquet", b"edited", "is not what dvc.lock records"),
        ("data/reference/profile.json", b"edited", "is not what dvc.lock records"),
        ("configs/schema.yaml", b"edited", "dataset was made: configs/schema.yaml"),
        ("configs/schema.yaml", None, "dataset was made: configs/schema.yaml"),
        ("params.yaml", b"prepare: [\n", "params.yaml cannot be read"),
        ("params.yaml", b"prepare: {}\n", "dataset was made: prepare in params.yaml"),
    ],
)
def test_a_work_tree_that_differs_from_its_record_is_refused(checkout, path, content, expected):
    (checkout / path).unlink()
    if content is not None:
        (checkout / path).write_bytes(content)

    with pytest.raises(DatasetError, match=expected):
        resolve(checkout)


def test_a_parameter_that_no_stage_depends_on_may_change(checkout):
    (checkout / "params.yaml").write_text(PARAMS.replace("example", "file").replace("5", "6"))

    assert resolve(checkout).hash == md5(b"dataset")


@pytest.mark.parametrize("name", ["v9", "--help", "", "HEAD:dvc.lock"])
def test_an_unknown_revision_is_refused_with_the_way_to_the_known_ones(checkout, name):
    with pytest.raises(DatasetError, match=r"git knows no revision.*git tag.*git fetch --tags"):
        resolve(checkout, name)


def test_a_revision_without_a_dataset_is_refused(checkout):
    git(checkout, "rm", "--quiet", "dvc.lock")
    git(checkout, "commit", "--quiet", "--message", "no data")
    git(checkout, "tag", "before-data")

    with pytest.raises(DatasetError, match=r"'before-data' holds no dvc\.lock.*git log"):
        resolve(checkout, "before-data")


def test_a_revision_without_a_schema_is_refused(checkout, monkeypatch):
    monkeypatch.setattr(dataset, "fetch", lambda *_: None)
    git(checkout, "rm", "--quiet", "configs/schema.yaml")
    git(checkout, "commit", "--quiet", "--message", "no schema")

    with pytest.raises(DatasetError, match=r"'HEAD' holds no configs/schema\.yaml"):
        resolve(checkout, "HEAD")


def test_a_revision_that_is_already_here_needs_neither_dvc_nor_a_remote(checkout, monkeypatch):
    for name, content in FILES.items():
        place = checkout / "data/revisions" / md5(content) / Path(name).name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    monkeypatch.setattr(dataset, "fetch", None)
    (checkout / "configs/schema.yaml").write_text("another")

    found = resolve(checkout, "HEAD")

    assert found.revision == "HEAD"
    assert found.schema_path.read_text() == "schema\n"
    assert resolve(checkout, "HEAD") == found
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert found.path == checkout / "data/revisions" / md5(b"dataset") / "dataset.parquet"


def test_a_damaged_copy_of_a_revision_is_fetched_again(checkout, monkeypatch):
    place = checkout / "data/revisions" / md5(b"dataset") / "dataset.parquet"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half")
    wanted = {}
    monkeypatch.setattr(dataset, "fetch", lambda *arguments: wanted.update(arguments[3]))

    resolve(checkout, "HEAD")

    assert wanted["data/prepared/dataset.parquet"] == (place, md5(b"dataset"))
