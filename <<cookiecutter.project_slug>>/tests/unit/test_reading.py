"""Raw files as a typed frame, and every way in which a file can be wrong."""

from pathlib import Path

import pandas as pd
import pytest

from <<cookiecutter.package_name>>.params import CsvSettings
from <<cookiecutter.package_name>>.reading import DataError, read_for_inference, read_raw
from <<cookiecutter.package_name>>.schema import Schema

SCHEMA = Schema.model_validate(
    {
        "target": {"name": "bought", "classes": ["no", "yes"]},
        "id": "customer",
        "features": [
            {"name": "income", "type": "number"},
            {"name": "visits", "type": "integer", "nullable": True},
            {"name": "member", "type": "boolean", "nullable": True},
            {"name": "region", "type": "category", "values": ["01", "NA"]},
        ],
    }
)
HEADER = "customer,income,visits,member,region,bought\n"


def write(folder: Path, text: str, name: str = "part.csv", encoding: str = "utf-8") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text.encode(encoding))
    return folder


def test_types_come_from_the_schema_and_not_from_a_guess(tmp_path):
    write(tmp_path, HEADER + "007,1.5,3,Yes,01,yes\n008,2,,FALSE,NA,no\n")

    frame = read_raw(tmp_path, SCHEMA)

    assert frame["customer"].tolist() == ["007", "008"]
    assert frame["region"].tolist() == ["01", "NA"]
    assert frame["income"].tolist() == [1.5, 2.0]
    assert frame["visits"].isna().tolist() == [False, True]
    assert frame["member"].tolist() == [True, False]
    assert frame["bought"].tolist() == ["yes", "no"]


def test_an_empty_boolean_is_missing_and_an_odd_one_stays_visible(tmp_path):
    write(tmp_path, HEADER + "1,1,1,,01,yes\n2,1,1,1,01,no\n3,1,1,maybe,01,no\n")

    member = read_raw(tmp_path, SCHEMA)["member"]

    assert member.isna().tolist() == [True, False, False]
    assert member.tolist()[1:] == [True, "maybe"]


def test_only_the_values_that_are_no_numbers_stay_text(tmp_path):
    write(tmp_path, HEADER + "1,12,1,1,01,yes\n2,n/a,1,1,01,no\n3,,1,1,01,no\n")

    income = read_raw(tmp_path, SCHEMA)["income"].tolist()

    assert income[:2] == [12.0, "n/a"]
    assert pd.isna(income[2])


def test_missing_values_are_what_the_parameters_say(tmp_path):
    write(tmp_path, HEADER + "1,n/a,-999,1,01,yes\n2,4,2,1,NA,no\n")

    frame = read_raw(tmp_path, SCHEMA, CsvSettings(missing_values=["n/a", "-999"]))

    assert frame["income"].isna().tolist() == [True, False]
    assert frame["visits"].isna().tolist() == [True, False]
    assert frame["region"].tolist() == ["01", "NA"]


def test_a_spreadsheet_export_from_windows(tmp_path):
    text = (HEADER + "1,2.5,1,1,01,yes\n").replace(",", ";").replace("2.5", "1234,5")
    settings = CsvSettings(delimiter=";", decimal=",")

    for encoding in ("utf-8", "utf-8-sig"):
        write(tmp_path, text, encoding=encoding)
        frame = read_raw(tmp_path, SCHEMA, settings)
        assert frame["income"].tolist() == [1234.5]
        assert frame.columns[0] == "customer"


def test_a_decimal_point_in_a_decimal_comma_file_is_no_number(tmp_path):
    text = HEADER.replace(",", ";") + "1;1.234;1;1;01;yes\n2;2,5;1;1;01;no\n"
    write(tmp_path, text)

    income = read_raw(tmp_path, SCHEMA, CsvSettings(delimiter=";", decimal=","))["income"]

    assert income.tolist() == ["1.234", 2.5]


def test_renamed_columns_are_read_by_their_new_name(tmp_path):
    write(tmp_path, HEADER.replace("region", "Région") + "1,1,1,1,01,yes\n")

    frame = read_raw(tmp_path, SCHEMA, rename={"Région": "region"})

    assert frame["Région"].tolist() == ["01"]


def test_parts_are_joined_in_order_of_their_names(tmp_path):
    write(tmp_path / "2025", HEADER + "3,1,1,1,01,yes\n")
    write(tmp_path / "2024", HEADER + "1,1,1,1,01,yes\n", name="b.CSV")
    write(tmp_path / "2024", HEADER, name="a.csv")
    write(tmp_path / "2024", "not data", name="_SUCCESS")

    assert read_raw(tmp_path, SCHEMA)["customer"].tolist() == ["1", "3"]


def test_parquet_codes_are_text_where_the_schema_says_category(tmp_path):
    schema = Schema.model_validate(
        {
            "target": {"name": "y", "classes": ["0", "1"]},
            "features": [
                {"name": "code", "type": "category", "values": ["1", "2"]},
                {"name": "kind", "type": "category", "values": ["a"]},
                {"name": "x", "type": "number"},
            ],
        }
    )
    frame = pd.DataFrame({"y": [0, 1], "code": [1, 2], "kind": ["a", "a"], "x": [1.0, 2.0]})
    frame["kind"] = frame["kind"].astype("category")
    frame.to_parquet(tmp_path / "part.parquet")

    read = read_raw(tmp_path, schema)

    assert read["y"].tolist() == ["0", "1"]
    assert read["code"].tolist() == ["1", "2"]
    assert read["kind"].tolist() == ["a", "a"]
    assert read["x"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "is empty", id="nothing"),
        pytest.param(HEADER, "a header but no rows", id="header only"),
        pytest.param("a,b,a\n1,2,3\n", "more than once: 'a'", id="name twice"),
        pytest.param(",a\n0,1\n", "must name every column", id="saved index"),
        pytest.param("a;b\n1;2\n", "csv.delimiter", id="other delimiter"),
        pytest.param("a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3", id="one long row"),
        pytest.param("a,b\n1,2,3\n4,5,6\n", "more fields than the first line", id="long rows"),
        pytest.param('a,b\n1,"2\n', "not a regular CSV", id="open quote"),
    ],
)
def test_a_broken_csv_file_is_refused_with_its_name(tmp_path, text, expected):
    write(tmp_path, text)

    with pytest.raises(DataError, match=expected) as refusal:
        read_raw(tmp_path, SCHEMA)

    assert "part.csv" in str(refusal.value)


@pytest.mark.parametrize("first_line", ["customer,caf\u00e9\n", "a,b\n"])
def test_another_encoding_is_refused_with_the_way_out(tmp_path, first_line):
    write(tmp_path, first_line + "1,2\n" * 5000 + "M\u00fcller,2\n", encoding="cp1252")

    with pytest.raises(DataError, match=r"is not utf-8 text.*csv\.encoding.*cp1252"):
        read_raw(tmp_path, SCHEMA)

    assert len(read_raw(tmp_path, SCHEMA, CsvSettings(encoding="cp1252"))) == 5001


def test_parts_that_differ_are_refused(tmp_path):
    write(tmp_path, HEADER + "1,1,1,1,01,yes\n", name="a.csv")
    write(tmp_path, HEADER.replace("visits", "calls") + "1,1,1,1,01,yes\n", name="b.csv")

    with pytest.raises(DataError, match=r"b\.csv.*a\.csv.*calls, visits"):
        read_raw(tmp_path, SCHEMA)


def test_files_of_another_kind_are_refused_and_not_skipped(tmp_path):
    write(tmp_path, HEADER + "1,1,1,1,01,yes\n")
    (tmp_path / "more.xlsx").write_bytes(b"PK")

    with pytest.raises(DataError, match=r"neither \.csv nor \.parquet: more\.xlsx"):
        read_raw(tmp_path, SCHEMA)


def test_an_absent_folder_and_a_damaged_parquet_file(tmp_path):
    with pytest.raises(DataError, match="make data"):
        read_raw(tmp_path / "none", SCHEMA)

    (tmp_path / "part.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(DataError, match=r"part\.parquet is not a readable Parquet file"):
        read_raw(tmp_path, SCHEMA)


def test_without_a_schema_types_are_proposed_but_codes_stay_text(tmp_path):
    text = "plz;preis;aktiv;art;leer;kz\n01067;1,5;ja;a;;1\n80331;2;nein;b;;0\n"
    write(tmp_path, text.replace("ja", "True").replace("nein", "no"))

    frame = read_for_inference(tmp_path / "part.csv", CsvSettings(delimiter=";", decimal=","))

    assert frame["plz"].tolist() == ["01067", "80331"]
    assert frame["preis"].tolist() == [1.5, 2.0]
    assert frame["aktiv"].tolist() == [True, False]
    assert frame["art"].tolist() == ["a", "b"]
    assert frame["leer"].isna().all()
    assert frame["kz"].tolist() == [1, 0]


def test_what_one_part_writes_as_text_is_text_in_all(tmp_path):
    write(tmp_path, "code,x\n1,1.5\n2,2\n", name="a.csv")
    write(tmp_path, "code,x\nA3,1\n04,2\n", name="b.csv")

    frame = read_for_inference(tmp_path)

    assert frame["code"].tolist() == ["1", "2", "A3", "04"]
    assert frame["x"].tolist() == [1.5, 2.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "expected"), [("in.xlsx", "convert it first"), ("none.csv", "does not exist")]
)
def test_what_is_no_data_file_is_refused(tmp_path, name, expected):
    (tmp_path / "in.xlsx").write_bytes(b"PK")

    with pytest.raises(DataError, match=expected):
        read_for_inference(tmp_path / name)
