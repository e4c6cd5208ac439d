"""The matrix that a model sees, and the quick check of one that came in a request."""

import itertools

import numpy as np
import pandas as pd
import pytest

from <<cookiecutter.package_name>>.features import MatrixGuard, encode_target, to_matrix
from <<cookiecutter.package_name>>.schema import Schema
from <<cookiecutter.package_name>>.validation import check_columns


def decoded(matrix: np.ndarray, schema: Schema) -> pd.DataFrame:
    """The inverse of ``to_matrix``, written for the test alone."""
    columns = {}
    for column, numbers in zip(schema.features, matrix.T, strict=True):
        if column.type == "category":
            texts = [None if np.isnan(code) else column.values[int(code)] for code in numbers]
            columns[column.name] = pd.Series(texts, dtype="str")
        else:
            columns[column.name] = numbers.astype(bool) if column.type == "boolean" else numbers
    return pd.DataFrame(columns)


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_nothing_of_a_frame_is_lost_in_the_matrix(request, name):
    frame, schema = request.getfixturevalue(name)

    matrix = to_matrix(frame, schema)

    assert matrix.shape == (len(frame), len(schema.features))
    assert matrix.dtype == np.float64
    pd.testing.assert_frame_equal(
        decoded(matrix, schema), frame[schema.feature_names], check_dtype=False
    )


def test_every_type_has_its_number(wines):
    rows = pd.DataFrame(
        {
            "code": ["700", None, "007"],
            "colour": ["dark", "pale", "ruby"],
            "strong": [True, False, True],
            "magnesium": [100.0, np.nan, 70.0],
            "ash": [2.5, 1.0, 3.0],
            "alcohol": [12.0, 13.0, 14.0],
        }
    )

    assert np.array_equal(
        to_matrix(rows, wines.schema),
        [[12, 2.5, 100, 1, 2, 2], [13, 1, np.nan, 0, 0, np.nan], [14, 3, 70, 1, 1, 0]],
        equal_nan=True,
    )


def test_a_missing_boolean_is_nan():
    schema = Schema.model_validate(
        {
            "target": {"name": "y"},
            "features": [{"name": "b", "type": "boolean", "nullable": True}],
        }
    )
    rows = pd.DataFrame({"b": pd.Series([True, None, False], dtype=object)})

    assert np.array_equal(to_matrix(rows, schema), [[1], [np.nan], [0]], equal_nan=True)


def test_classes_become_their_place_in_the_schema(wines, diabetes):
    codes = encode_target(wines.frame, wines.schema)

    assert codes.dtype == np.int64
    assert [wines.schema.target.classes[code] for code in codes] == wines.frame["cultivar"].tolist()
    numbers = encode_target(diabetes.frame, diabetes.schema)
    assert numbers.dtype == np.float64
    assert numbers.tolist() == diabetes.frame["progression"].tolist()


GUARDED = {
    "target": {"name": "y"},
    "features": [
        {"name": "bounded", "type": "number", "minimum": 10, "maximum": 16},
        {"name": "free", "type": "number"},
        {"name": "nullable", "type": "number", "maximum": 3, "nullable": True},
        {"name": "count", "type": "integer", "minimum": 0},
        {"name": "count or null", "type": "integer", "nullable": True},
        {"name": "flag", "type": "boolean"},
        {"name": "flag or null", "type": "boolean", "nullable": True},
    ],
}
ODD_VALUES = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 2.0, 0.5, -1.0, 10.0, 16.0, 3.0]
ODD_VALUES += [
    np.nextafter(16, 17),
    np.nextafter(10, 9),
    np.nextafter(0, -1),
    1e300,
    -1e300,
    5e-324,
]


def real_matrix(wines) -> np.ndarray:
    frame = wines.frame
    columns = ["alcohol", "ash", "ash", "magnesium", "magnesium", "strong", "strong"]
    matrix = frame[columns].to_numpy(np.float64)
    matrix[:, 2] -= 1
    matrix[np.isnan(matrix[:, 3]), 3] = 0
    matrix[::7, 2] = matrix[::5, 6] = np.nan
    return matrix


@pytest.mark.parametrize("place", range(len(GUARDED["features"])))
def test_the_guard_of_a_matrix_says_what_the_rules_of_columns_say(wines, place):
    schema = Schema.model_validate(GUARDED)
    guard, good = MatrixGuard(schema), real_matrix(wines)
    assert guard.violations(good) == []
    for row, value, other in itertools.product((0, 177), ODD_VALUES, (1.0, np.nan, np.inf, 2.5)):
        matrix = good.copy()
        matrix[row, place] = value
        matrix[50, (place + 1) % matrix.shape[1]] = other

        columns = dict(zip(schema.feature_names, matrix.T, strict=True))
        assert guard.violations(matrix) == check_columns(columns, schema), (row, value, other)


def test_the_guard_names_every_broken_column(wines):
    schema = Schema.model_validate(GUARDED)
    matrix = real_matrix(wines)
    matrix[3] = [17, np.inf, 4, -1, 0.5, 2, 0.5]

    found = [(item.column, item.rule, item.rows) for item in MatrixGuard(schema).violations(matrix)]

    assert found == [
        ("bounded", "range", 1),
        ("free", "infinite", 1),
        ("nullable", "range", 1),
        ("count", "range", 1),
        ("count or null", "type", 1),
        ("flag", "type", 1),
        ("flag or null", "type", 1),
    ]


def test_numbers_alone_are_guarded_too(tumours):
    guard, matrix = MatrixGuard(tumours.schema), to_matrix(tumours.frame, tumours.schema)
    assert guard.violations(matrix) == []

    matrix[7, 3] = np.nan

    assert [(item.column, item.rule) for item in guard.violations(matrix)] == [
        ("worst concavity", "null")
    ]


def test_a_guard_lets_the_places_of_categories_pass(wines):
    guard = MatrixGuard(wines.schema)

    assert guard.violations(to_matrix(wines.frame, wines.schema)) == []
    assert guard.violations(np.empty((0, 6))) == []
