"""Fetching, preparing and describing the data in a checkout, without DVC."""

import json
from pathlib import Path

import pandas as pd
import pytest

from <<cookiecutter.package_name>> import pointers, sources, stages
from <<cookiecutter.package_name>>.sources import SourceError
from <<cookiecutter.package_name>>.validation import SchemaError

SCHEMA = """\
target: {name: y, classes: ["0", "1"]}
features:
  - {name: x, type: number}
"""
PARAMS = """\
source: {kind: file, path: in.csv}
prepare: {rename: {X: x}}
reference: {rows: 20, seed: 1}
"""


def lines(count: int = 40) -> str:
    return "X,y\n" + "".join(f"{number / 8},{number % 2}\n" for number in range(count))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "schema.yaml").write_text(SCHEMA)
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "in.csv").write_text(lines())
    return tmp_path


def record(root: Path) -> None:
    """Write data/raw.dvc as DVC does; the integration tests compare with the real one."""
    digest = pointers.folder_digest(root / "data" / "raw")
    (root / "data" / "raw.dvc").write_text(f"outs:\n- md5: {digest}\n  path: raw\n")


def folder(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / "data").rglob("*")
        if path.is_file()
    }


def test_ingest_says_whether_anything_is_new(checkout):
    assert stages.ingest(checkout)
    assert not stages.ingest(checkout)
    assert folder(checkout) == {"data/raw/in.csv": lines().encode()}


def test_ingest_replaces_recorded_data_and_leaves_nothing_behind(checkout):
    stages.ingest(checkout)
    record(checkout)
    (checkout / "in.csv").write_text(lines(50))

    assert stages.ingest(checkout)
    assert folder(checkout)["data/raw/in.csv"] == lines(50).encode()
    assert sorted(path.name for path in (checkout / "data").iterdir()) == ["raw", "raw.dvc"]


@pytest.mark.parametrize("recorded", [True, False])
def test_ingest_refuses_to_replace_what_dvc_has_no_copy_of(checkout, recorded):
    stages.ingest(checkout)
    if recorded:
        record(checkout)
    (checkout / "data" / "raw" / "mine.csv").write_text("a\n1\n")
    before = folder(checkout)

    with pytest.raises(SourceError, match="dvc add data/raw"):
        stages.ingest(checkout)

    assert folder(checkout) == before


def test_a_pointer_with_a_merge_conflict_is_named(checkout):
    stages.ingest(checkout)
    (checkout / "data" / "raw.dvc").write_text("<" * 7 + " ours\n: [\n")
    (checkout / "in.csv").write_text(lines(50))

    with pytest.raises(pointers.DatasetError, match=r"(?s)raw\.dvc cannot be read.*conflict"):
        stages.ingest(checkout)


def test_a_source_that_fails_half_way_changes_nothing(checkout, monkeypatch):
    class Broken:
        def fetch(self, folder, root):
            (folder / "first.csv").write_text("a\n1\n")
            raise SourceError("page 2 did not answer")

    stages.ingest(checkout)
    record(checkout)
    before = folder(checkout)
    monkeypatch.setitem(sources.KINDS, "file", lambda **_: Broken())

    with pytest.raises(SourceError, match="page 2"):
        stages.ingest(checkout)

    assert folder(checkout) == before


def test_a_source_without_files_changes_nothing(checkout, monkeypatch):
    class Nothing:
        def fetch(self, folder, root):
            return None

    stages.ingest(checkout)
    monkeypatch.setitem(sources.KINDS, "file", lambda **_: Nothing())

    with pytest.raises(SourceError, match="data/raw is unchanged"):
        stages.ingest(checkout)

    assert folder(checkout) == {"data/raw/in.csv": lines().encode()}


def test_a_swap_that_fails_puts_the_old_data_back(checkout, monkeypatch):
    stages.ingest(checkout)
    record(checkout)
    (checkout / "in.csv").write_text(lines(50))
    before = folder(checkout)
    rename = Path.rename

    def full(self, target):
        if self.name == "fetched":
            raise OSError("No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space left"):
        stages.ingest(checkout)

    assert folder(checkout) == before


def test_prepare_and_reference_write_the_dataset_its_sample_and_its_profile(checkout):
    stages.ingest(checkout)

    assert stages.prepare_stage(checkout) == 40
    assert stages.reference_stage(checkout) == 20

    dataset = pd.read_parquet(checkout / "data/prepared/dataset.parquet")
    reference = pd.read_parquet(checkout / "data/reference/reference.parquet")
    profile = json.loads((checkout / "data/reference/profile.json").read_text())
    assert dataset["y"].tolist() == [str(number % 2) for number in range(40)]
    assert reference["y"].value_counts().to_dict() == {"0": 10, "1": 10}
    assert profile["rows"] == 40


def test_data_that_breaks_the_schema_leaves_the_dataset_as_it_was(checkout):
    stages.ingest(checkout)
    stages.prepare_stage(checkout)
    before = (checkout / "data/prepared/dataset.parquet").read_bytes()
    (checkout / "data/raw/in.csv").write_text("X,z\n1,2\n")

    with pytest.raises(SchemaError, match="y: the column is missing"):
        stages.prepare_stage(checkout)

    files = list((checkout / "data/prepared").iterdir())
    assert [file.read_bytes() for file in files] == [before]


def test_a_full_disk_leaves_the_dataset_as_it_was(checkout, monkeypatch):
    stages.ingest(checkout)
    stages.prepare_stage(checkout)
    before = (checkout / "data/prepared/dataset.parquet").read_bytes()

    def full(frame, path, **_):
        Path(path).write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        stages.prepare_stage(checkout)

    files = list((checkout / "data/prepared").iterdir())
    assert [file.read_bytes() for file in files] == [before]
