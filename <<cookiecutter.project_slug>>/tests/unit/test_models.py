"""Every family of models, on real rows of every type."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge

from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import KINDS, ModelError, build_model
from <<cookiecutter.package_name>>.schema import Schema

QUICK = {"linear": {}, "forest": {"n_estimators": 10}, "boosting": {"max_iter": 10}}


def fitted(case, kind: str, seed: int = 0, **parameters: object):
    model = build_model(kind, case.schema, QUICK[kind] | parameters, seed)
    return model.fit(to_matrix(case.frame, case.schema), encode_target(case.frame, case.schema))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "least"), [("tumours", 0.9), ("wines", 0.8), ("diabetes", 0.35)])
def test_every_family_learns_every_kind_of_table(request, kind, name, least):
    case = request.getfixturevalue(name)

    model = fitted(case, kind)

    matrix, truth = to_matrix(case.frame, case.schema), encode_target(case.frame, case.schema)
    assert model.score(matrix, truth) > least


@pytest.mark.parametrize(
    ("kind", "classes", "numbers"),
    [
        ("linear", LogisticRegression, Ridge),
        ("forest", RandomForestClassifier, RandomForestRegressor),
        ("boosting", HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    ],
)
def test_the_task_of_the_schema_chooses_the_estimator(tumours, diabetes, kind, classes, numbers):
    assert type(build_model(kind, tumours.schema, {}, 0)[-1]) is classes
    assert type(build_model(kind, diabetes.schema, {}, 0)[-1]) is numbers


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("linear", {"C": 0.25, "max_iter": 77}),
        ("forest", {"n_estimators": 3, "max_depth": 2}),
        ("boosting", {"learning_rate": 0.5}),
    ],
)
def test_parameters_and_seed_reach_the_estimator(tumours, kind, parameters):
    estimator = build_model(kind, tumours.schema, parameters, seed=5)[-1]

    assert estimator.get_params().items() >= (parameters | {"random_state": 5}).items()
    assert build_model(kind, tumours.schema, {"random_state": 6}, 5)[-1].random_state == 6


def test_the_same_seed_gives_the_same_model(wines):
    matrix = to_matrix(wines.frame, wines.schema)

    first, again, other = (
        fitted(wines, "forest", seed).predict_proba(matrix) for seed in (1, 1, 2)
    )

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_unknown_family_is_refused_with_the_known_ones(tumours):
    with pytest.raises(ModelError, match="unknown model 'svm'; known: linear, forest, boosting"):
        build_model("svm", tumours.schema, {}, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_parameter_that_the_family_does_not_know_is_named(tumours, kind):
    with pytest.raises(ModelError, match=rf"model '{kind}' refuses .*'depht': 3.*: .*depht"):
        build_model(kind, tumours.schema, {"depht": 3}, 0)


def test_categories_are_encoded_by_the_schema_and_not_by_the_rows_at_hand(wines):
    seen = wines.frame[wines.frame["colour"] != "dark"].dropna()
    model = fitted(wines._replace(frame=seen), "linear")

    encoded = model[:-1].transform(to_matrix(wines.frame, wines.schema))

    # Four numbers, scaled, then three columns for each of the two categories.
    assert encoded.shape == (178, 10)
    for column, first in (("colour", 4), ("code", 7)):
        values = wines.schema.column(column).values
        texts = wines.frame[column].to_numpy()
        for place, text in enumerate(values):
            assert np.array_equal(encoded[:, first + place], texts == text)
    assert not encoded[wines.frame["code"].isna(), 7:].any()


def test_numbers_are_filled_with_the_median_of_training_and_scaled_where_that_helps(wines):
    linear, forest = fitted(wines, "linear"), fitted(wines, "forest")
    matrix = to_matrix(wines.frame, wines.schema)
    filled = np.where(np.isnan(matrix[:, 2]), np.nanmedian(matrix[:, 2]), matrix[:, 2])

    scaled = linear[:-1].transform(matrix)[:, 2]
    plain = forest[:-1].transform(matrix)[:, 2]

    assert scaled == pytest.approx((filled - filled.mean()) / filled.std())
    assert plain.tolist() == filled.tolist()


def test_a_table_of_numbers_takes_the_short_way(tumours):
    model = build_model("linear", tumours.schema, {}, 0)

    assert not any(isinstance(step, ColumnTransformer) for _, step in model.steps)
    assert len(build_model("forest", tumours.schema, {}, 0)) == 1


def test_a_table_of_categories_alone_can_be_learned(wines):
    content = wines.schema.model_dump()
    content["features"] = content["features"][4:]
    case = wines._replace(schema=Schema.model_validate(content))

    model = fitted(case, "linear")

    truth = encode_target(case.frame, case.schema)
    assert model.score(to_matrix(case.frame, case.schema), truth) > 0.6


def test_a_column_without_any_value_does_not_stop_the_training(wines):
    empty = wines._replace(frame=wines.frame.assign(magnesium=np.nan))

    assert fitted(empty, "linear").predict(to_matrix(empty.frame, empty.schema)).shape == (178,)
