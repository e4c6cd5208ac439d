"""Every rule of the schema, broken in real rows, with what is said about it."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from <<cookiecutter.package_name>> import validation
from <<cookiecutter.package_name>>.schema import Column, Schema

Change = Callable[[pd.DataFrame], pd.DataFrame]


def put(column: str, *values: object) -> Change:
    """Replace the first values of a column, which becomes one of objects if it must."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        old = frame[column].tolist()
        return frame.assign(**{column: pd.Series([*values, *old[len(values) :]])})

    return change


def objects(column: str, *values: object) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{column: put(column, *values)(frame)[column].astype(object)})

    return change


def rules(found: list[validation.Violation]) -> list[tuple[str, str, int]]:
    return [(item.column, item.rule, item.rows) for item in found]


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_real_rows_fit(request, name):
    frame, schema = request.getfixturevalue(name)

    assert validation.check_frame(frame, schema) == []
    assert validation.validate_frame(frame, schema) is None
    assert validation.check_frame(frame.head(0), schema) == []
    without = frame.drop(columns=schema.target.name)
    assert validation.check_frame(without, schema, with_target=False) == []


BROKEN = {
    "a column is missing": (
        lambda frame: frame.drop(columns="ash"),
        [("ash", "missing", 0)],
        "the column is missing",
    ),
    "a column is spelt otherwise": (
        lambda frame: frame.rename(columns={"ash": " Ash"}),
        [("ash", "missing", 0), (" Ash", "unexpected", 0)],
        "the column is missing; there is ' Ash', spelt otherwise",
    ),
    "the target is missing": (
        lambda frame: frame.drop(columns="cultivar"),
        [("cultivar", "missing", 0)],
        "the column is missing",
    ),
    "a column is unknown": (
        lambda frame: frame.assign(price=1),
        [("price", "unexpected", 0)],
        "the schema does not know this column",
    ),
    "a column is there twice": (
        lambda frame: pd.concat([frame, frame[["ash", "code"]]], axis=1),
        [("ash", "unexpected", 0), ("code", "unexpected", 0)],
        "the column is there more than once",
    ),
    "a number is too large": (
        put("alcohol", 16, 16.5, 99),
        [("alcohol", "range", 2)],
        "above the maximum 16 in 2 rows, highest 99",
    ),
    "a number is too small": (
        put("alcohol", 10, 9.99),
        [("alcohol", "range", 1)],
        "below the minimum 10 in 1 row, lowest 9.99",
    ),
    "numbers are out on both sides": (
        put("magnesium", 49, 201),
        [("magnesium", "range", 1), ("magnesium", "range", 1)],
        "below the minimum 50 in 1 row, lowest 49",
    ),
    "a number is missing": (
        put("ash", np.nan, np.nan),
        [("ash", "null", 2)],
        "missing value in 2 rows",
    ),
    "all numbers are missing": (
        lambda frame: frame.assign(ash=np.nan),
        [("ash", "null", 178)],
        "missing value in 178 rows",
    ),
    "a number is infinite": (
        put("ash", np.inf, 1, -np.inf),
        [("ash", "infinite", 2)],
        "infinite in 2 rows",
    ),
    "an infinite number is out of range too": (
        put("alcohol", np.inf),
        [("alcohol", "infinite", 1), ("alcohol", "range", 1)],
        "infinite in 1 row",
    ),
    "a whole number is not whole": (
        put("magnesium", 98.5, 127.0),
        [("magnesium", "type", 1)],
        "expected a whole number, found 98.5",
    ),
    "a whole number is infinite": (
        put("magnesium", np.inf),
        [("magnesium", "infinite", 1), ("magnesium", "range", 1)],
        "infinite in 1 row",
    ),
    "numbers came as text": (
        lambda frame: frame.assign(ash=frame["ash"].astype("str")),
        [("ash", "type", 178)],
        "expected a number, found '2.43', '2.14', '2.67' and 175 more",
    ),
    "one number came as text": (
        objects("ash", "2,43"),
        [("ash", "type", 1)],
        "expected a number, found '2,43'",
    ),
    "booleans stand for numbers": (
        lambda frame: frame.assign(ash=frame["strong"]),
        [("ash", "type", 178)],
        "expected a number, found True",
    ),
    "one boolean stands among numbers": (
        objects("magnesium", True),
        [("magnesium", "type", 1)],
        "expected a whole number, found True",
    ),
    "a null stands among objects": (
        objects("ash", None, pd.NA, 3),
        [("ash", "null", 2)],
        "missing value in 2 rows",
    ),
    "objects are out of range": (
        objects("alcohol", 99),
        [("alcohol", "range", 1)],
        "above the maximum 16 in 1 row, highest 99",
    ),
    "dates stand for numbers": (
        lambda frame: frame.assign(ash=pd.Timestamp("2026-11-23")),
        [("ash", "type", 178)],
        "expected a number, found datetime",
    ),
    "lists stand for numbers": (
        objects("ash", [1.0]),
        [("ash", "type", 1)],
        "expected a number, found [1.0]",
    ),
    "a two stands for a boolean": (
        lambda frame: put("strong", 2)(frame.assign(strong=frame["strong"].astype(int))),
        [("strong", "type", 1)],
        "expected true or false, found 2",
    ),
    "a text stands for a boolean": (
        objects("strong", "true", "yes"),
        [("strong", "type", 2)],
        "expected true or false, found 'true', 'yes'",
    ),
    "a boolean is missing": (
        objects("strong", None),
        [("strong", "null", 1)],
        "missing value in 1 row",
    ),
    "a category is unknown": (
        put("colour", "green", "pink", "green"),
        [("colour", "category", 3)],
        "unknown in 3 rows: 'green', 'pink'; known: 'pale', 'ruby', 'dark'",
    ),
    "a category differs in case": (
        put("colour", "Ruby"),
        [("colour", "category", 1)],
        "unknown in 1 row: 'Ruby'; known: 'pale', 'ruby', 'dark'",
    ),
    "a code lost its zeros": (
        put("code", "7"),
        [("code", "category", 1)],
        "unknown in 1 row: '7'; known: '007', '070', '700'",
    ),
    "codes came as numbers": (
        lambda frame: frame.assign(code=7),
        [("code", "type", 178)],
        "expected one of the listed texts, found 7",
    ),
    "some codes came as numbers": (
        objects("code", 7, 7, 70),
        [("code", "type", 3)],
        "expected one of the listed texts, found 7, 70",
    ),
    "lists stand for categories": (
        objects("colour", ["ruby"], ["dark"]),
        [("colour", "type", 2)],
        "expected one of the listed texts, found ['ruby'], ['dark']",
    ),
    "a category is missing": (
        put("colour", None),
        [("colour", "null", 1)],
        "missing value in 1 row",
    ),
    "a class is unknown": (
        put("cultivar", "04"),
        [("cultivar", "category", 1)],
        "unknown in 1 row: '04'; known: '01', '02', '03'",
    ),
    "classes came as numbers": (
        lambda frame: frame.assign(cultivar=frame["cultivar"].astype(int)),
        [("cultivar", "type", 178)],
        "expected one of the listed texts, found 1",
    ),
    "a class is missing": (
        put("cultivar", None),
        [("cultivar", "null", 1)],
        "missing value in 1 row",
    ),
}


@pytest.mark.parametrize(("change", "expected", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_rows_are_refused(wines, change, expected, message):
    found = validation.check_frame(change(wines.frame), wines.schema)

    assert rules(found) == expected
    assert found[0].message.startswith(message)


def test_every_offending_column_is_named_with_the_place(wines):
    broken = put("alcohol", 99)(wines.frame.drop(columns="ash").assign(price=1))

    with pytest.raises(validation.SchemaError) as caught:
        validation.validate_frame(broken, wines.schema, place="batch.csv")

    assert rules(caught.value.violations) == [
        ("ash", "missing", 0),
        ("price", "unexpected", 0),
        ("alcohol", "range", 1),
    ]
    assert str(caught.value) == (
        "batch.csv: 3 columns break the schema\n"
        "  - ash: the column is missing\n"
        "  - price: the schema does not know this column\n"
        "  - alcohol: above the maximum 16 in 1 row, highest 99"
    )


def test_one_offending_column_is_counted_once(wines):
    with pytest.raises(validation.SchemaError, match=r"^data: 1 column breaks the schema\n"):
        validation.validate_frame(put("magnesium", 1, 999)(wines.frame), wines.schema)


def test_a_message_cannot_be_flooded_by_the_data(wines):
    texts = [f"{number} {'x' * 1000}" for number in range(100)]

    (found,) = validation.check_frame(put("colour", *texts)(wines.frame), wines.schema)

    assert "and 97 more; known: " in found.message
    assert len(found.message) < 250


def test_the_range_of_a_number_to_predict_is_checked(diabetes):
    found = validation.check_frame(put("progression", -1, 1001)(diabetes.frame), diabetes.schema)

    assert rules(found) == [("progression", "range", 1), ("progression", "range", 1)]


def test_limits_are_inclusive(diabetes):
    assert not validation.check_frame(put("progression", 0, 1000)(diabetes.frame), diabetes.schema)


@pytest.mark.parametrize(
    "values",
    [
        pd.array([96, None], dtype="Int64"),
        pd.array([96, 100], dtype="uint8"),
        pd.Series([96, None], dtype=object),
        pd.Series([96.0, np.nan]),
        pd.Series([96, 100], dtype="int32[pyarrow]"),
    ],
)
def test_whole_numbers_may_come_in_any_numeric_type(wines, values):
    frame = wines.frame.head(2).assign(magnesium=values)

    assert validation.check_frame(frame, wines.schema) == []


@pytest.mark.parametrize(
    "values",
    [
        pd.array([True, False], dtype="boolean"),
        pd.Series([True, False], dtype=object),
        pd.Series([1, 0]),
        pd.Series([1.0, 0.0]),
    ],
)
def test_booleans_may_come_as_booleans_or_as_ones_and_zeros(wines, values):
    frame = wines.frame.head(2).assign(strong=values)

    assert validation.check_frame(frame, wines.schema) == []


@pytest.mark.parametrize("kind", ["str", "object", "category", "string[pyarrow]"])
def test_texts_may_be_stored_in_any_way(wines, kind):
    frame = wines.frame.astype({"colour": kind, "code": kind})

    assert validation.check_frame(frame, wines.schema) == []
    assert rules(validation.check_frame(frame.assign(ash=frame["colour"]), wines.schema)) == [
        ("ash", "type", 178)
    ]


def test_columns_may_be_numbered():
    schema = Schema.model_validate(
        {"target": {"name": "2"}, "features": [{"name": "1", "type": "number", "maximum": 4}]}
    )
    frame = pd.DataFrame({1: [3.0, 5.0], 2: [0.0, 1.0]})

    assert rules(validation.check_frame(frame, schema)) == [("1", "range", 1)]
    assert validation.check_frame(frame.assign(**{"1": 0}), schema)[0].rule == "unexpected"


def test_odd_names_are_columns_like_others():
    names = ["größe (m²)", 'he said "no"', "a__b", "", "two  words"]
    features = [{"name": name or "x", "type": "number"} for name in names]
    schema = Schema.model_validate({"target": {"name": "y"}, "features": features})
    frame = pd.DataFrame({feature["name"]: [1.0] for feature in features} | {"y": [1.0]})

    assert validation.check_frame(frame, schema) == []
    found = validation.check_frame(frame * np.nan, schema)
    assert [item.column for item in found] == [*schema.feature_names, "y"]


def test_arrays_of_a_request_follow_the_same_rules(wines):
    columns = {name: wines.frame[name].to_numpy() for name in wines.schema.feature_names}
    assert validation.check_columns(columns, wines.schema) == []

    # What a caller's table holds besides the features takes no part.
    known = {"bottle": np.array(["b1"]), "cultivar": np.array(["none of them"])}
    assert validation.check_columns(columns | known, wines.schema) == []

    columns["ash"] = columns["ash"] * np.nan
    del columns["code"]
    assert rules(validation.check_columns(columns, wines.schema)) == [
        ("code", "missing", 0),
        ("ash", "null", 178),
    ]


@pytest.mark.parametrize("kind", ["float64", "int64", "bool", "object", "U1", "M8[ns]"])
@pytest.mark.parametrize("type_", ["number", "integer", "boolean", "category"])
def test_no_values_break_no_rule(kind, type_):
    column = Column(name="x", type=type_, values=["a"] if type_ == "category" else None)

    assert validation.check_values(column, np.array([], dtype=kind)) == []


def test_the_target_is_a_column_like_another(wines, diabetes):
    assert validation.target_column(wines.schema).values == ["01", "02", "03"]
    number = validation.target_column(diabetes.schema)
    assert (number.type, number.minimum, number.maximum) == ("number", 0, 1000)


def test_what_was_found_is_told_in_plain_python():
    column = Column(name="x", type="integer")

    (found,) = validation.check_values(column, np.array([1.5, 2.5]))

    assert re.fullmatch(r"expected a whole number, found 1\.5, 2\.5", found.message)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ({"type": "number", "minimum": 0}, [-417.5], "below the minimum 0 in 1 row"),
        ({"type": "number", "maximum": 9}, [417.5], "above the maximum 9 in 1 row"),
        ({"type": "integer"}, [417.5], "expected a whole number"),
        ({"type": "boolean"}, ["417.5"], "expected true or false"),
        ({"type": "category", "values": ["a"]}, ["417.5"], "unknown in 1 row; known: 'a'"),
        ({"type": "category", "values": ["a"]}, [417.5], "expected one of the listed texts"),
    ],
)
def test_of_a_personal_column_no_value_is_told(column, values, message):
    values = np.array(values, dtype=object if isinstance(values[0], str) else float)

    (plain,) = validation.check_values(Column(name="x", **column), values)
    (personal,) = validation.check_values(Column(name="x", personal=True, **column), values)

    assert "417.5" in plain.message and personal.message == message
    assert (plain.rule, plain.rows) == (personal.rule, personal.rows)
