import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.datasets import load_breast_cancer, load_diabetes

from <<cookiecutter.package_name>> import quality
from <<cookiecutter.package_name>>.schema import Column, Schema, Target

SETTINGS = quality.QualitySettings()


@pytest.fixture
def schema() -> Schema:
    return Schema(
        target=Target(name="outcome", classes=["no", "yes"]),
        id="Nummer",
        features=[
            Column(name="größe", type="number", nullable=True, minimum=0),
            Column(name="visits", type="integer"),
            Column(name="smoker", type="boolean", nullable=True),
            Column(name="region", type="category", values=["north", "south"], nullable=True),
        ],
    )


@pytest.fixture
def frame() -> pd.DataFrame:
    rows = 400
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "Nummer": [f"n{row}" for row in range(rows)],
            "größe": generator.normal(170, 10, rows),
            "visits": generator.integers(0, 9, rows),
            "smoker": generator.random(rows) < 0.5,
            "region": generator.choice(["north", "south"], rows),
            "outcome": generator.choice(["no", "yes"], rows),
        }
    )


def errors(frame, schema, settings=SETTINGS, **options) -> set[tuple[str, str | None]]:
    verdict = quality.check_quality(frame, schema, settings, **options)
    assert verdict.passed is (verdict.errors == [])
    return {(finding.check, finding.column) for finding in verdict.errors}


def test_good_data_passes(frame, schema):
    verdict = quality.check_quality(frame, schema, SETTINGS)
    assert verdict.passed
    assert verdict.findings == []
    assert verdict.rows == 400


@pytest.mark.parametrize("load", [load_breast_cancer, load_diabetes])
def test_real_data_passes(load):
    table = load(as_frame=True).frame
    features = [Column(name=name, type="number") for name in table.columns[:-1]]
    classes = None
    if table["target"].nunique() == 2:
        classes = ["0", "1"]
        table["target"] = table["target"].astype(str)
    contract = Schema(target=Target(name="target", classes=classes), features=features)
    assert quality.check_quality(table, contract, SETTINGS).findings == []


def test_every_schema_violation_is_an_error(frame, schema):
    frame.loc[0, "größe"] = -1
    frame.loc[1, "größe"] = np.inf
    frame["smoker"] = "maybe"
    frame.loc[2, "region"] = "atlantis"
    frame["notes"] = "new"
    assert errors(frame.drop(columns="visits"), schema) == {
        ("schema:range", "größe"),
        ("schema:infinite", "größe"),
        ("schema:type", "smoker"),
        ("schema:category", "region"),
        ("schema:unexpected", "notes"),
        ("schema:missing", "visits"),
    }


def test_missing_values_above_the_limit(frame, schema):
    frame.loc[:79, "größe"] = np.nan
    assert errors(frame, schema) == set()
    frame.loc[:80, "größe"] = np.nan
    verdict = quality.check_quality(frame, schema, SETTINGS)
    (finding,) = verdict.findings
    assert (finding.check, finding.column, finding.limit) == ("nulls", "größe", 0.2)
    assert finding.value == verdict.null_shares["größe"] == 81 / 400
    assert "20.2%" in finding.message
    assert "max_null_share" in finding.message


def test_missing_values_where_none_are_allowed_are_reported_once(frame, schema):
    frame["visits"] = frame["visits"].astype(float)
    frame.loc[:200, "visits"] = np.nan
    assert errors(frame, schema) == {("schema:null", "visits")}


def test_column_without_any_value(frame, schema):
    for name, empty in (("größe", np.nan), ("region", None)):
        wrong = frame.assign(**{name: empty})
        assert errors(wrong, schema) >= {("nulls", name)}


def test_limits_are_those_of_the_settings(frame, schema):
    unnumbered = frame.drop(columns="Nummer")
    unnumbered.loc[:99, "größe"] = np.nan
    twice = pd.concat([unnumbered, unnumbered.iloc[300:400]])

    def found(**limits):
        settings = SETTINGS.model_copy(update=limits)
        return {each.check for each in quality.check_quality(twice, schema, settings).errors}

    assert found(max_null_share=0.19, max_duplicate_share=0.19) == {"nulls", "duplicates"}
    assert found(max_null_share=0.21, max_duplicate_share=0.19) == {"duplicates"}
    assert found(max_null_share=0.19, max_duplicate_share=0.9) == {"nulls"}
    assert found(max_null_share=0.21, max_duplicate_share=0.9) == set()


def test_repeated_rows(frame, schema):
    unnumbered = frame.drop(columns="Nummer")
    twice = pd.concat([unnumbered, unnumbered.iloc[:21]])
    assert errors(twice, schema) == set()
    twice = pd.concat([unnumbered, unnumbered.iloc[:22]])
    verdict = quality.check_quality(twice, schema, SETTINGS)
    assert [finding.check for finding in verdict.errors] == ["duplicates"]
    assert verdict.duplicate_share == 22 / 422


@pytest.mark.parametrize("missing", [True, False])
def test_repeated_rows_are_counted_as_pandas_does(missing):
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "a": generator.integers(0, 5, 2000).astype(float),
            "b": generator.choice(["x", "y", "z"], 2000),
            "c": generator.random(2000) < 0.5,
            "d": pd.Series(generator.integers(0, 9, 2000)).astype("Int64"),
        }
    )
    if missing:
        table.loc[:300, ["a", "b", "d"]] = None
    features = [
        Column(name="a", type="number", nullable=True),
        Column(name="b", type="category", values=["x", "y", "z"], nullable=True),
        Column(name="c", type="boolean"),
    ]
    contract = Schema(target=Target(name="d"), features=features)
    verdict = quality.check_quality(table, contract, SETTINGS)
    assert verdict.duplicate_share == table.duplicated().mean() > 0.5


def test_rows_with_different_ids_are_no_repetition(frame, schema):
    alike = frame.assign(größe=1.0, visits=1)
    assert quality.check_quality(alike, schema, SETTINGS).duplicate_share == 0


def test_swapped_columns_are_no_repetition(frame, schema):
    first = frame.drop(columns="Nummer").iloc[:200].assign(größe=1.0, visits=2)
    second = first.assign(größe=2.0, visits=1)
    verdict = quality.check_quality(pd.concat([first, second]), schema, SETTINGS)
    assert verdict.duplicate_share == first.duplicated().sum() * 2 / 400


@pytest.mark.parametrize(
    ("name", "value"), [("größe", 5.0), ("visits", 0), ("smoker", True), ("region", "south")]
)
def test_constant_feature_is_a_warning(frame, schema, name, value):
    verdict = quality.check_quality(frame.assign(**{name: value}), schema, SETTINGS)
    assert verdict.passed
    assert [(item.level, item.column) for item in verdict.findings] == [("warning", name)]


def test_one_class_only(frame, schema):
    frame["outcome"] = "yes"
    verdict = quality.check_quality(frame, schema, SETTINGS)
    assert [(item.check, item.column) for item in verdict.errors] == [("target", "outcome")]
    assert "only one class, 'yes'" in verdict.errors[0].message


def test_rare_class(frame, schema):
    frame["outcome"] = "no"
    frame.loc[:2, "outcome"] = "yes"
    verdict = quality.check_quality(frame, schema, SETTINGS)
    assert "class 'yes' makes up 0.75% of the rows" in verdict.errors[0].message
    lower = quality.QualitySettings(min_class_share=0.005)
    assert errors(frame, schema, lower) == set()


def test_class_that_never_occurs(frame, schema):
    three = schema.model_copy(update={"target": Target(name="outcome", classes=["no", "yes", "?"])})
    lenient = quality.QualitySettings(min_class_share=0)
    assert errors(frame, three, lenient) == {("target", "outcome")}


def test_constant_target_of_a_regression(frame, schema):
    regression = schema.model_copy(update={"target": Target(name="outcome")})
    assert errors(frame.assign(outcome=1.5), regression) == {("target", "outcome")}
    values = np.linspace(0, 1, len(frame))
    assert errors(frame.assign(outcome=values), regression) == set()


def test_ids_are_unique_and_present(frame, schema):
    frame.loc[1, "Nummer"] = frame.loc[0, "Nummer"]
    frame.loc[5:6, "Nummer"] = None
    verdict = quality.check_quality(frame, schema, SETTINGS)
    messages = [finding.message for finding in verdict.errors]
    assert messages == [
        "the id is missing in 2 of 400 rows",
        "1 of 400 rows repeat the id of an earlier row",
    ]
    assert errors(frame.drop(columns="Nummer"), schema) == set()


def test_too_few_rows(frame, schema):
    assert errors(frame.iloc[:99], schema) == {("rows", None)}
    assert errors(frame.iloc[:1], schema) >= {("rows", None)}
    assert errors(frame.iloc[:0], schema) >= {("rows", None)}
    verdict = quality.check_quality(frame.iloc[:0], schema, SETTINGS)
    assert (verdict.rows, verdict.duplicate_share) == (0, 0)


def test_column_that_is_there_twice(frame, schema):
    twice = pd.concat([frame, frame[["größe"]]], axis="columns")
    assert errors(twice, schema) == {("schema:unexpected", "größe")}


def test_frame_without_a_known_column(schema):
    strange = pd.DataFrame({"x": range(200)})
    assert ("schema:unexpected", "x") in errors(strange, schema)


def test_unlabelled_data(frame, schema):
    unlabelled = frame.drop(columns="outcome")
    assert errors(unlabelled, schema) == {("schema:missing", "outcome")}
    assert errors(unlabelled, schema, with_target=False) == set()


def test_errors_come_first(frame, schema):
    frame = frame.assign(visits=1)
    frame.loc[0, "Nummer"] = "n1"
    levels = [item.level for item in quality.check_quality(frame, schema, SETTINGS).findings]
    assert levels == ["error", "warning"]


def test_verdict_survives_json(frame, schema):
    told = quality.check_quality(frame.assign(outcome="yes"), schema, SETTINGS).to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["passed"] is False
    assert told["findings"][0]["column"] == "outcome"
    assert told["settings"]["min_rows"] == 100


@pytest.mark.parametrize(
    "wrong", [{"min_rows": 0}, {"max_null_share": 20}, {"min_class_share": 1}, {"max_nulls": 0.1}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        quality.QualitySettings(**wrong)
