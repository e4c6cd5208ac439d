import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from <<cookiecutter.package_name>> import profile
from <<cookiecutter.package_name>>.schema import Column, Schema, Target


@pytest.fixture
def schema() -> Schema:
    return Schema(
        target=Target(name="ausgang", classes=["ja", "nein"]),
        features=[
            Column(name="größe", type="number", nullable=True),
            Column(name="visits", type="integer", nullable=True),
            Column(name="smoker", type="boolean", nullable=True),
            Column(name="region", type="category", values=["north", "south"], nullable=True),
        ],
    )


@pytest.fixture
def frame() -> pd.DataFrame:
    rows = 1000
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "größe": generator.normal(170, 10, rows),
            "visits": generator.integers(0, 4, rows),
            "smoker": generator.random(rows) < 0.25,
            "region": generator.choice(["north", "south"], rows),
            "ausgang": generator.choice(["ja", "nein"], rows, p=[0.1, 0.9]),
        }
    )


def entry(data, kind: str = "number", **rules) -> dict:
    column = Column(name="x", type=kind, **rules)
    return profile.profile_values(pd.Series(data, name="x"), column)


def test_profile_describes_every_feature_and_the_target(frame, schema):
    made = profile.build_profile(frame, schema)
    assert made["rows"] == 1000
    assert list(made["features"]) == schema.feature_names
    assert made["target"]["name"] == "ausgang"
    assert made["target"]["values"] == ["ja", "nein"]
    counts = frame["ausgang"].value_counts()
    assert made["target"]["shares"] == [counts["ja"] / 1000, counts["nein"] / 1000]
    assert made["features"]["smoker"]["shares"][1] == frame["smoker"].mean()


def test_profile_survives_json(frame, schema):
    frame.loc[:10, "größe"] = np.inf
    frame.loc[11:20, "größe"] = np.nan
    made = profile.build_profile(frame, schema)
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_profile_does_not_depend_on_the_order_of_rows(frame, schema):
    shuffled = frame.sample(frac=1, random_state=1)
    assert profile.build_profile(shuffled, schema) == profile.build_profile(frame, schema)


def test_target_may_be_absent(frame, schema):
    made = profile.build_profile(frame.drop(columns="ausgang"), schema)
    assert made["target"] is None


def test_shares_of_all_columns_sum_to_one(frame, schema):
    frame.loc[:99, ["größe", "visits"]] = np.nan
    frame.loc[100:149, "größe"] = -np.inf
    frame["smoker"] = frame["smoker"].astype(object).where(frame.index >= 200, None)
    frame.loc[:49, "region"] = None
    frame.loc[50:59, "region"] = "east"
    made = profile.build_profile(frame, schema)["features"]
    for one in made.values():
        assert profile.reference_shares(one).sum() == pytest.approx(1)
    assert made["größe"]["null_share"] == 0.1
    assert made["größe"]["infinite_share"] == 0.05
    assert made["smoker"]["null_share"] == 0.2
    assert made["region"]["null_share"] == 0.05
    assert made["region"]["unseen_share"] == 0.01


def test_bins_of_a_continuous_column_hold_equal_shares():
    made = entry(np.random.default_rng(0).normal(size=1000))
    assert len(made["edges"]) == 9
    assert made["shares"] == pytest.approx([0.1] * 10)


def test_outer_bins_are_open():
    made = entry(np.arange(100.0))
    counts = profile.count_values(pd.Series([-1e9, 1e9]), made)
    assert counts[0] == 1
    assert counts[len(made["shares"]) - 1] == 1


def test_rounding_moves_no_value_to_another_bin():
    table = load_breast_cancer(as_frame=True).data
    for name in table.columns:
        made = entry(table[name])
        exact = profile.count_values(table[name], made)
        rounded = profile.count_values(table[name].astype(np.float32), made)
        assert exact.tolist() == rounded.tolist(), name


def test_statistics_are_those_of_pandas(frame):
    made, values = entry(frame["größe"]), frame["größe"]
    assert made["mean"] == pytest.approx(values.mean())
    assert made["std"] == pytest.approx(values.std(ddof=0))
    assert (made["minimum"], made["maximum"]) == (values.min(), values.max())
    grid = (np.arange(profile.GRID) + 0.5) / profile.GRID
    expected = np.quantile(values, grid, method="higher")
    assert made["quantiles"] == pytest.approx(expected, abs=0.5)


def test_a_frequent_value_has_a_bin_of_its_own():
    values = np.concatenate([np.zeros(600), np.linspace(1, 2, 400)])
    made = entry(values)
    assert made["shares"][0] == 0.6
    assert sum(made["shares"]) == pytest.approx(1)
    assert min(made["shares"]) > 0


def test_a_frequent_maximum_leaves_no_bin_empty():
    made = entry(np.concatenate([np.linspace(1, 2, 400), np.full(600, 9.0)]))
    assert min(made["shares"]) > 0
    assert sum(made["shares"]) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_few_values_get_a_bin_each_and_others_fall_between(kind):
    made = entry([0, 0, 1, 2], kind)
    assert [share for share in made["shares"] if share] == [0.5, 0.25, 0.25]
    new = profile.count_values(pd.Series([-1, 0.5, 1.5, 3]), made)
    assert not (new[:-2] * np.array(made["shares"])).any()
    assert new.sum() == 4


@pytest.mark.parametrize("value", [0.0, 5.0, -1e-12, 1e308])
def test_a_constant_is_told_from_any_other_value(value):
    made = entry([value] * 20)
    assert made["std"] == 0
    assert made["mean"] == value
    assert made["shares"] == [0, 1, 0]
    assert profile.count_values(pd.Series([value, value + 1 + abs(value) / 2]), made)[1] == 1


def test_column_without_values():
    made = entry([np.nan] * 5)
    assert made["edges"] == made["quantiles"] == []
    assert made["shares"] == [0]
    assert made["null_share"] == 1
    assert made["mean"] is None


def test_infinite_values_are_counted_apart_and_left_out_of_statistics():
    made = entry([1.0, 2.0, 3.0, np.inf, -np.inf, np.nan])
    assert made["infinite_share"] == pytest.approx(1 / 3)
    assert made["null_share"] == pytest.approx(1 / 6)
    assert (made["mean"], made["maximum"]) == (2, 3)


def test_largest_floats_stay_finite():
    largest = np.finfo(np.float64).max
    for values in ([-largest, 0.0, largest], np.linspace(-1, 1, 1000) * largest):
        json.dumps(entry(values), allow_nan=False)


def test_one_row():
    made = entry([3.5])
    assert made["shares"] == [0, 1, 0]
    assert made["quantiles"] == [3.5] * profile.GRID


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None, True],
        pd.array([True, False, None, True], dtype="boolean"),
        [1.0, 0.0, np.nan, 1.0],
    ],
    ids=["objects", "nullable", "numbers"],
)
def test_booleans_in_any_dress(values):
    made = entry(values, "boolean")
    assert made["values"] == ["false", "true"]
    assert made["shares"] == [0.25, 0.5]
    assert made["null_share"] == 0.25


def test_integers_with_missing_values():
    made = entry(pd.array([1, 2, None, 2], dtype="Int64"), "integer")
    assert [share for share in made["shares"] if share] == [0.25, 0.5]
    assert made["null_share"] == 0.25


def test_texts_of_any_dtype():
    for dtype in ("object", "str", "category"):
        values = pd.Series(["nord", "süd", None, "ost"], dtype=dtype)
        made = entry(values, "category", values=["nord", "süd", "west"])
        assert made["shares"] == [0.25, 0.25, 0]
        assert (made["unseen_share"], made["null_share"]) == (0.25, 0.25)


def test_text_among_numbers_counts_as_missing():
    mixed = pd.Series([1, "2", "many", None], dtype=object)
    assert profile.as_numbers(mixed)[:2].tolist() == [1, 2]
    assert entry(mixed)["null_share"] == 0.5


def test_refusals_name_what_is_missing(frame, schema):
    with pytest.raises(profile.ProfileError, match="no rows"):
        profile.build_profile(frame.iloc[:0], schema)
    with pytest.raises(profile.ProfileError, match="größe, region"):
        profile.build_profile(frame.drop(columns=["größe", "region"]), schema)
    with pytest.raises(profile.ProfileError, match="at least 2"):
        profile.build_profile(frame, schema, bins=1)
