"""Where raw data comes from: the kinds, and what each of them refuses."""

import pandas as pd
import pytest
from pydantic import BaseModel

from <<cookiecutter.package_name>> import sources
from <<cookiecutter.package_name>>.reading import DataError
from <<cookiecutter.package_name>>.sources import SourceError, build_source


def fetch(root, settings):
    """The names and bytes that a source writes."""
    folder = root / "fetched"
    folder.mkdir()
    build_source(settings).fetch(folder, root)
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("name", "target", "shape"),
    [("breast_cancer", "diagnosis", (569, 31)), ("diabetes", "progression", (442, 11))],
)
def test_an_example_is_one_csv_file_with_plain_names(tmp_path, name, target, shape):
    fetch(tmp_path, {"kind": "example", "name": name})

    frame = pd.read_csv(tmp_path / "fetched" / f"{name}.csv")

    assert frame.shape == shape
    assert frame.columns[-1] == target
    assert all(column.isidentifier() and column.islower() for column in frame.columns)


def test_the_examples_are_in_real_units(tmp_path):
    fetch(tmp_path, {"kind": "example", "name": "diabetes"})

    frame = pd.read_csv(tmp_path / "fetched" / "diabetes.csv")

    assert frame["age"].between(18, 80).all()
    assert set(frame["sex"]) == {1, 2}


def test_a_file_is_copied_byte_for_byte(tmp_path):
    content = b"\xef\xbb\xbfa;b\r\n1;\xe9\r\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "Odd Name.CSV").write_bytes(content)

    assert fetch(tmp_path, {"kind": "file", "path": "in/Odd Name.CSV"}) == {"Odd Name.CSV": content}


def test_a_folder_keeps_its_structure(tmp_path):
    (tmp_path / "in" / "2025").mkdir(parents=True)
    (tmp_path / "in" / "2025" / "a.csv").write_bytes(b"a\n1\n")
    (tmp_path / "in" / "b.parquet").write_bytes(b"PAR1")
    (tmp_path / "in" / "_SUCCESS").write_bytes(b"")

    found = fetch(tmp_path, {"kind": "file", "path": str(tmp_path / "in")})

    assert found == {"2025/a.csv": b"a\n1\n", "b.parquet": b"PAR1"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("none.csv", r"none\.csv does not exist.*make pull-data"),
        ("empty.csv", "is empty"),
        ("notes.txt", r"neither \.csv nor \.parquet"),
        ("folder", r"folder without \.csv or \.parquet"),
        ("data/raw", "shares its place with data/raw"),
        ("data/raw/in.csv", "shares its place with data/raw"),
        ("data", "shares its place with data/raw"),
        (".", "shares its place with data/raw"),
    ],
)
def test_a_path_that_cannot_be_a_source_is_refused(tmp_path, path, expected):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"a")
    (tmp_path / "folder").mkdir()

    with pytest.raises(SourceError, match=expected):
        fetch(tmp_path, {"kind": "file", "path": path})


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(b"a\n1\n")
    (tmp_path / "in" / "b.xlsx").write_bytes(b"PK")

    with pytest.raises(DataError, match=r"b\.xlsx"):
        fetch(tmp_path, {"kind": "file", "path": "in"})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, r"source\.kind is None; known kinds: example, file"),
        ({"kind": "ftp"}, r"source\.kind is 'ftp'; known kinds: example, file"),
        ({"kind": ["file"]}, r"source\.kind is \['file'\]; known kinds"),
        ({"kind": "file"}, "path: Field required"),
        ({"kind": "file", "pth": "a.csv", "path": "a.csv"}, "pth: Extra inputs"),
        ({"kind": "example", "name": "iris"}, "name: Input should be"),
    ],
)
def test_settings_that_describe_no_source_are_refused(settings, expected):
    with pytest.raises(SourceError, match=expected) as refusal:
        build_source(settings)

    assert "params.yaml" in str(refusal.value)


def test_a_new_kind_is_one_class_and_one_line(tmp_path, monkeypatch):
    class Fixed(BaseModel):
        text: str

        def fetch(self, folder, root):
            (folder / "fixed.csv").write_text(self.text)

    monkeypatch.setitem(sources.KINDS, "fixed", Fixed)

    assert fetch(tmp_path, {"kind": "fixed", "text": "a\n1\n"}) == {"fixed.csv": b"a\n1\n"}
