"""A first schema from real tables, and from those that allow none."""

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_diabetes, load_wine

from <<cookiecutter.package_name>>.inference import (
    InferenceError,
    infer_schema,
    keep_personal,
    to_yaml,
)
from <<cookiecutter.package_name>>.schema import Column, Schema
from <<cookiecutter.package_name>>.validation import check_frame

ROWS = 60


def table(**columns: object) -> pd.DataFrame:
    """60 rows with one good feature and two classes; ``columns`` replace them or are added."""
    good = {"x": np.linspace(1, 2, ROWS), "y": ["a", "b"] * (ROWS // 2)}
    return pd.DataFrame(good | columns)


def inferred(values: object) -> Column:
    return infer_schema(table(column=values), "y").column("column")


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_a_proposal_fits_the_data_it_came_from_and_has_the_right_types(request, name):
    frame, schema = request.getfixturevalue(name)

    proposal = infer_schema(frame, schema.target.name, schema.id)

    assert check_frame(frame, proposal) == []
    for column in schema.features:
        found = proposal.column(column.name)
        assert (found.type, found.nullable) == (column.type, column.nullable)
        assert found.values == (column.values and sorted(column.values))
    assert proposal.target.classes == schema.target.classes
    assert proposal.id == schema.id


def test_ranges_are_those_of_the_data_widened_by_half_their_span():
    proposal = infer_schema(load_wine(as_frame=True).frame, "target")

    # Observed: 11.03 to 14.83 and 0.74 to 5.80, which stays above zero as the data does.
    alcohol, acid = proposal.column("alcohol"), proposal.column("malic_acid")
    assert (alcohol.minimum, alcohol.maximum) == (9.1, 17.0)
    assert (acid.minimum, acid.maximum) == (0.0, 8.4)


def test_negative_numbers_may_become_more_negative():
    proposal = infer_schema(load_diabetes(as_frame=True).frame, "target")

    # Observed: -0.0903 to 0.1706.
    body_mass = proposal.column("bmi")
    assert (body_mass.minimum, body_mass.maximum) == (-0.23, 0.31)


@pytest.mark.parametrize("scale", [1e-300, 1e-15, 1e-3, 1.0, 1e9, 1e300])
def test_limits_hold_numbers_of_any_size(scale):
    frame = table(column=np.linspace(-1, 3, ROWS) * scale)

    proposal = infer_schema(frame, "y")

    assert check_frame(frame, proposal) == []
    assert proposal.column("column").maximum == pytest.approx(5 * scale, rel=0.1)


@pytest.mark.parametrize(
    ("values", "kind", "nullable"),
    [
        (np.arange(ROWS), "integer", False),
        (np.arange(ROWS, dtype=float), "integer", False),
        ([None, *range(1, ROWS)], "integer", True),
        (pd.array([None, *range(1, ROWS)], dtype="Int64"), "integer", True),
        ([0.5, *range(1, ROWS)], "number", False),
        ([True, False] * 30, "boolean", False),
        ([True, False, None] * 20, "boolean", True),
        (pd.array([True, False, None] * 20, dtype="boolean"), "boolean", True),
        (["007", "07", "7"] * 20, "category", False),
        (pd.Categorical(["a", "b", None] * 20), "category", True),
        (pd.Categorical([7, 70, 7] * 20), "category", False),
    ],
)
def test_types_are_those_of_the_values(values, kind, nullable):
    column = inferred(values)

    assert (column.type, column.nullable) == (kind, nullable)


def test_texts_are_listed_in_order_as_they_are():
    assert inferred(["7", "007", "ä", "07", "NA", " "] * 10).values == [
        " ",
        "007",
        "07",
        "7",
        "NA",
        "ä",
    ]


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["01", "02", "10"] * 20, ["01", "02", "10"]),
        ([10, 9, 2] * 20, ["2", "9", "10"]),
        ([0.0, 1.0] * 30, ["0", "1"]),
        ([10_000_001, 10_000_002] * 30, ["10000001", "10000002"]),
        ([True, False] * 30, ["False", "True"]),
    ],
)
def test_few_whole_numbers_or_texts_to_predict_are_classes(values, classes):
    assert infer_schema(table(y=values), "y").target.classes == classes


def test_many_numbers_to_predict_are_a_regression():
    target = infer_schema(table(y=np.arange(ROWS)), "y").target

    assert target.task == "regression"
    assert (target.minimum, target.maximum) == (0, 89)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"text {number}" for number in range(ROWS)], "bad: 60 different texts"),
        (["same"] * ROWS, "bad: every value is 'same'"),
        ([7] * ROWS, "bad: every value is 7"),
        ([None] * ROWS, "bad: every value is missing"),
        ([np.inf, *range(1, ROWS)], "bad: some values are infinite"),
        ([-np.inf, *range(1, ROWS)], "bad: some values are infinite"),
        (pd.date_range("2026-11-01", periods=ROWS), "bad: Timestamp('2026-11-01 00:00:00') is no"),
    ],
)
def test_columns_that_carry_nothing_are_all_named_with_the_way_out(values, message):
    with pytest.raises(InferenceError) as caught:
        infer_schema(table(bad=values, constant=1), "y")

    assert "list them under prepare.drop_columns in params.yaml" in str(caught.value)
    assert f"  - {message}" in str(caught.value)
    assert "  - constant: every value is" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", None] * 30, "target 'y' is missing in 30 rows; remove them"),
        (["a"] * ROWS, r"target 'y' has only one value, \['a'\]"),
        ([f"text {number}" for number in range(ROWS)], "target 'y' has 60 different texts"),
        ([np.inf, *range(1, ROWS)], "target 'y': some values are infinite"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(values, message):
    with pytest.raises(InferenceError, match=message):
        infer_schema(table(y=values), "y")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("z", None), "there is no column 'z'; the data has: x, y"),
        (("y", "z"), "there is no column 'z'; the data has: x, y"),
        (("y", "y"), "'y' cannot be both target and id"),
        (("y", "x"), "there is no column besides 'y' to predict it from"),
    ],
)
def test_names_that_leave_nothing_to_learn_from_are_refused(names, message):
    with pytest.raises(InferenceError, match=message):
        infer_schema(table(), *names)


def test_the_text_is_the_schema_one_line_a_feature(wines):
    odd = {"größe (m²)": 1.5, 'he said "no"': 2.5, "a: b # c": 3.5, "it's, {really}": 4.5}
    frame = wines.frame.assign(**{name: wines.frame["ash"] * by for name, by in odd.items()})
    long = [f"{'long ' * 60}{number}" for number in range(40)]
    frame["long"] = [long[row % 40] for row in range(len(frame))]
    schema = infer_schema(frame, "cultivar", "bottle")

    text = to_yaml(schema)

    assert Schema.model_validate(yaml.safe_load(text)) == schema
    assert "id: bottle\n" in text
    lines = text.splitlines()
    features = lines[lines.index("features:") + 1 :]
    assert len(features) == len(schema.features)
    assert features[0] == (
        "  - {name: alcohol, type: number, nullable: false, minimum: 9.1, maximum: 17.0}"
    )
    assert "größe (m²)" in text


def test_the_text_shows_where_an_id_would_be_named():
    assert "id: null\n" in to_yaml(infer_schema(table(), "y"))


def test_what_is_personal_stays_so_in_a_new_proposal(tmp_path):
    path = tmp_path / "schema.yaml"
    proposal = infer_schema(table(age=np.arange(ROWS)), "y")
    assert keep_personal(proposal, path) == proposal, "no file yet"
    path.write_text(to_yaml(proposal).replace("{name: age,", "{name: age, personal: true,"))

    kept = keep_personal(proposal, path)

    assert kept.loggable == ["x"] and kept.column("age").personal
    assert "personal: true" in to_yaml(kept) and to_yaml(kept).count("personal") == 1
