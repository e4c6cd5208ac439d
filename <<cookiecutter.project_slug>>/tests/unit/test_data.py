"""From raw rows to the dataset, its two parts and its sample."""

import numpy as np
import pandas as pd
import pytest

from <<cookiecutter.package_name>>.data import prepare, sample, split
from <<cookiecutter.package_name>>.params import PrepareSettings
from <<cookiecutter.package_name>>.reading import DataError
from <<cookiecutter.package_name>>.schema import Schema
from <<cookiecutter.package_name>>.validation import SchemaError

FEATURES = [
    {"name": "x", "type": "number", "minimum": -100, "maximum": 100},
    {"name": "n", "type": "integer"},
    {"name": "region", "type": "category", "values": ["north", "south"]},
]
CLASSES = Schema.model_validate(
    {"target": {"name": "y", "classes": ["a", "b", "c"]}, "features": FEATURES}
)
NUMBER = Schema.model_validate({"target": {"name": "y"}, "features": FEATURES})


def rows(count: int = 200, classes: bool = True) -> pd.DataFrame:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "x": random.normal(size=count),
            "n": np.arange(count),
            "region": random.choice(["north", "south"], count),
        }
    )
    labels = np.array(["a"] * (count - 30) + ["b"] * 20 + ["c"] * 10)
    frame["y"] = labels if classes else random.normal(size=count)
    return frame


def test_prepare_renames_drops_and_orders_columns_as_the_schema():
    raw = rows().rename(columns={"x": "X (m)"}).assign(comment="free text")
    settings = PrepareSettings(rename={"X (m)": "x"}, drop_columns=["comment"])

    dataset = prepare(raw, CLASSES, settings)

    assert list(dataset.columns) == ["x", "n", "region", "y"]
    assert len(dataset) == 200
    assert list(raw.columns)[0] == "X (m)"


def test_duplicates_go_only_if_the_settings_say_so():
    raw = pd.concat([rows(), rows().head(5)])

    assert len(prepare(raw, CLASSES)) == 200
    assert len(prepare(raw, CLASSES, PrepareSettings(drop_duplicates=False))) == 205


def test_rows_without_target_are_refused_unless_the_settings_drop_them():
    raw = rows()
    raw.loc[:4, "y"] = None

    with pytest.raises(SchemaError, match="y: missing value in 5 rows"):
        prepare(raw, CLASSES)
    assert len(prepare(raw, CLASSES, PrepareSettings(rows_without_target="drop"))) == 195


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"rename": {"z": "x"}}, r"prepare\.rename in params\.yaml names 'z'; the data has: 'x'"),
        ({"rename": {"n": "x"}}, "gives two columns one name: x"),
        ({"drop_columns": ["z"]}, r"prepare\.drop_columns in params\.yaml names 'z'"),
    ],
)
def test_settings_that_do_not_fit_the_columns_are_refused(settings, expected):
    with pytest.raises(DataError, match=expected):
        prepare(rows(), CLASSES, PrepareSettings(**settings))


def test_every_broken_column_is_named_at_once():
    raw = rows().drop(columns="n").assign(extra=1)
    raw["region"] = raw["region"].where(raw.index != 3, "west")
    raw["x"] = raw["x"].astype(object).where(raw.index != 5, "12 m")

    with pytest.raises(SchemaError) as refusal:
        prepare(raw, CLASSES)

    found = {(item.column, item.rule) for item in refusal.value.violations}
    wanted = {("n", "missing"), ("extra", "unexpected"), ("region", "category"), ("x", "type")}
    assert found == wanted
    assert "data/raw" in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "rule"), [(None, "null"), (np.nan, "null"), (np.inf, "infinite"), (101.0, "range")]
)
def test_impossible_numbers_are_refused(value, rule):
    raw = rows()
    raw.loc[3, "x"] = value

    with pytest.raises(SchemaError) as refusal:
        prepare(raw, CLASSES)

    assert ("x", rule) in [(item.column, item.rule) for item in refusal.value.violations]


@pytest.mark.parametrize(
    ("schema", "frame", "expected"),
    [
        pytest.param(CLASSES, rows().assign(y="a"), r"'b' \(0\), 'c' \(0\)", id="one class"),
        pytest.param(NUMBER, rows().assign(y=3.0), "'y' is 3 in every row", id="constant"),
        pytest.param(CLASSES, rows().head(9), "9 rows are too few", id="few rows"),
        pytest.param(CLASSES, rows().iloc[:191], r"'c' \(1\)", id="one row of a class"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(schema, frame, expected):
    for refused in (lambda: prepare(frame, schema), lambda: split(frame, schema, 0.2, 1)):
        with pytest.raises(DataError, match=expected):
            refused()


def test_no_row_left():
    raw = rows().assign(y=None)

    with pytest.raises(DataError, match="no row is left"):
        prepare(raw, CLASSES, PrepareSettings(rows_without_target="drop"))


def test_split_keeps_every_row_once_and_the_shares_of_the_classes():
    train, test = split(rows(), CLASSES, test_share=0.2, seed=1)

    assert test["y"].value_counts().to_dict() == {"a": 34, "b": 4, "c": 2}
    assert sorted([*train["n"], *test["n"]]) == list(range(200))


def test_split_of_a_regression_has_the_share_of_rows():
    train, test = split(rows(classes=False), NUMBER, test_share=0.25, seed=1)

    assert (len(train), len(test)) == (150, 50)


def test_split_does_not_depend_on_the_order_of_the_rows_but_on_the_seed():
    frame = rows()
    shuffled = frame.sample(frac=1, random_state=3)

    first, again, other = (
        split(rows, CLASSES, 0.2, seed) for rows, seed in ((frame, 1), (shuffled, 1), (frame, 2))
    )

    pd.testing.assert_frame_equal(first[0], again[0])
    pd.testing.assert_frame_equal(first[1], again[1])
    assert set(first[1]["n"]) != set(other[1]["n"])


def test_new_rows_leave_most_old_rows_in_their_part():
    frame = rows(2000, classes=False)
    before = set(split(frame.head(1900), NUMBER, 0.2, 1)[1]["n"])
    after = set(split(frame, NUMBER, 0.2, 1)[1]["n"])

    assert len(before - after) < 0.1 * len(before)


def test_a_rare_class_is_in_both_parts():
    frame = rows().iloc[:192]

    train, test = split(frame, CLASSES, test_share=0.05, seed=1)

    assert "c" in set(train["y"])
    assert "c" in set(test["y"])


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_test_share_outside_its_range_is_refused(share):
    with pytest.raises(DataError, match="test_share"):
        split(rows(), CLASSES, share, 1)


def test_a_sample_keeps_shares_and_loses_no_class():
    taken = sample(rows(2000), CLASSES, rows=100, seed=1)

    assert taken["y"].value_counts().to_dict() == {"a": 98, "b": 1, "c": 1}
    assert len(sample(rows(2000, classes=False), NUMBER, rows=100, seed=1)) == 100
    assert len(sample(rows(), CLASSES, rows=5000, seed=1)) == 200
