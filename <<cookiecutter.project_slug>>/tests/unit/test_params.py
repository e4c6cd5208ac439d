"""What params.yaml may say."""

from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.params import ParamsError, load_params

SOURCE = "source: {kind: example, name: diabetes}\n"


def test_the_project_s_own_file_is_valid():
    load_params(Path(__file__).parents[2])


def test_everything_but_the_source_has_a_default(tmp_path):
    (tmp_path / "params.yaml").write_text(SOURCE)

    params = load_params(tmp_path)

    assert params.csv.delimiter == ","
    assert params.csv.encoding == "utf-8-sig"
    assert params.prepare.drop_duplicates
    assert params.reference.rows == 5000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "valid dictionary"),
        ("prepare: {}\n", "source: Field required"),
        (SOURCE + "prepare: {drop_column: [x]}\n", r"prepare\.drop_column: Extra inputs"),
        (SOURCE + "reference: {rows: 0}\n", r"reference\.rows"),
        (SOURCE + "csv: {delimiter: ''}\n", r"csv\.delimiter"),
        (SOURCE + "csv: {encoding: utf-9}\n", "no such encoding: 'utf-9'"),
        (SOURCE + "model: {}\n", "model: Extra inputs"),
        ("source: [\n", "not valid YAML"),
    ],
)
def test_a_wrong_key_is_named_with_its_file(tmp_path, text, expected):
    (tmp_path / "params.yaml").write_text(text)

    with pytest.raises(ParamsError, match=expected) as refusal:
        load_params(tmp_path)

    assert "params.yaml" in str(refusal.value)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ParamsError, match="params.yaml does not exist"):
        load_params(tmp_path)
