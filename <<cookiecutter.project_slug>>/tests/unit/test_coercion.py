"""One type a column, whatever the frame came from."""

import numpy as np
import pandas as pd
import pytest

from <<cookiecutter.package_name>>.coercion import coerce_frame
from <<cookiecutter.package_name>>.schema import Schema
from <<cookiecutter.package_name>>.validation import SchemaError


def test_declared_columns_come_in_the_schema_s_order_in_one_type_each(wines):
    shuffled = wines.frame[list(wines.frame.columns)[::-1]].rename(index=lambda row: row + 100)

    typed = coerce_frame(shuffled, wines.schema)

    assert {name: str(kind) for name, kind in typed.dtypes.items()} == {
        "bottle": "str",
        "alcohol": "float64",
        "ash": "float64",
        "magnesium": "float64",
        "strong": "bool",
        "colour": "str",
        "code": "str",
        "cultivar": "str",
    }
    assert list(typed.columns) == ["bottle", *wines.schema.feature_names, "cultivar"]
    assert list(typed.index) == list(range(100, 278))
    pd.testing.assert_frame_equal(typed.reset_index(drop=True), wines.frame)
    pd.testing.assert_frame_equal(coerce_frame(typed, wines.schema), typed)


@pytest.mark.parametrize(
    "types",
    [
        {"magnesium": "Int64", "strong": "boolean", "colour": "category", "code": "string"},
        {"magnesium": "Float64", "strong": int, "colour": object, "ash": "float64[pyarrow]"},
        {"magnesium": object, "strong": object, "code": object, "alcohol": object},
    ],
)
def test_one_content_has_one_spelling(wines, types):
    other = wines.frame.astype(types)

    pd.testing.assert_frame_equal(coerce_frame(other, wines.schema), wines.frame)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_values_stay_missing(missing):
    kinds = {"n": "integer", "b": "boolean", "x": "number", "k": "category"}
    features = [
        {"name": name, "type": kind, "nullable": True, "values": ["a"] if name == "k" else None}
        for name, kind in kinds.items()
    ]
    schema = Schema.model_validate({"target": {"name": "y"}, "features": features})
    rows = {"n": [1, missing], "b": [True, missing], "x": [1.5, missing], "k": ["a", missing]}
    frame = pd.DataFrame(rows, dtype=object)

    typed = coerce_frame(frame, schema, with_target=False)

    assert typed.iloc[0].tolist() == [1, True, 1.5, "a"]
    assert typed.iloc[1].isna().all()
    assert typed["n"].dtype == typed["x"].dtype == np.float64
    assert typed["b"].tolist()[1] is None


def test_whole_numbers_are_exact_up_to_the_limits_of_their_type():
    schema = Schema.model_validate(
        {"target": {"name": "y"}, "features": [{"name": "n", "type": "integer"}]}
    )

    def typed(*values: object) -> pd.Series:
        return coerce_frame(pd.DataFrame({"n": values}), schema, with_target=False)["n"]

    assert typed(2**53 + 1, 1).tolist() == [2**53 + 1, 1]
    assert typed(1.0, 2.0).dtype == np.int64
    assert typed(1e300, 1.0).tolist() == [1e300, 1.0]
    assert typed(-(2**80), 1).tolist() == [-(2.0**80), 1.0]


def test_numbers_from_whole_numbers_are_float64(diabetes):
    typed = coerce_frame(diabetes.frame.assign(bmi=25, progression=range(442)), diabetes.schema)

    assert typed["bmi"].dtype == typed["progression"].dtype == np.float64
    assert typed["age"].dtype == np.int64


def test_ids_are_text_and_may_be_absent(wines):
    numbered = wines.frame.assign(bottle=range(178))

    assert coerce_frame(numbered, wines.schema)["bottle"].tolist()[:2] == ["0", "1"]
    assert "bottle" not in coerce_frame(numbered.drop(columns="bottle"), wines.schema)


def test_columns_that_are_numbered_get_their_names_as_text():
    schema = Schema.model_validate(
        {"target": {"name": "1"}, "features": [{"name": "0", "type": "number"}]}
    )

    typed = coerce_frame(pd.DataFrame([[1.0, 2.0]]), schema)

    assert typed.to_dict("records") == [{"0": 1.0, "1": 2.0}]


def test_a_frame_that_does_not_fit_is_refused_and_left_as_it_is(wines):
    broken = wines.frame.assign(strong="yes")
    before = broken.copy()

    with pytest.raises(SchemaError, match=r"^data/raw: 1 column breaks the schema\n  - strong"):
        coerce_frame(broken, wines.schema, place="data/raw")

    pd.testing.assert_frame_equal(broken, before)


def test_the_target_is_wanted_only_where_it_is_asked_for(diabetes):
    rows = diabetes.frame.drop(columns="progression")

    assert list(coerce_frame(rows, diabetes.schema, with_target=False)) == [*rows.columns]
    with pytest.raises(SchemaError, match="progression: the column is missing"):
        coerce_frame(rows, diabetes.schema)
