"""What may be in prediction events: the list of the environment, and never what is personal."""

import pytest

from <<cookiecutter.package_name>>.schema import Schema
from <<cookiecutter.package_name>>.serving.event_features import allowed_features
from <<cookiecutter.package_name>>.serving.settings import SettingsError


@pytest.fixture(scope="module")
def schema(mixed):
    features = [
        column.model_copy(update={"personal": column.name in ("income", "region")})
        for column in mixed.features
    ]
    return Schema(target=mixed.target, id=mixed.id, features=features)


def test_a_star_stands_for_all_but_the_personal_ones(schema, mixed):
    assert allowed_features(schema, ["*"]) == [(1, "visits", None), (2, "member", None)]
    assert [name for _, name, _ in allowed_features(mixed, ["*"])] == mixed.feature_names


def test_the_others_can_be_named_in_any_order(schema):
    assert allowed_features(schema, ["member", "visits"]) == allowed_features(schema, ["*"])
    assert allowed_features(schema, []) == []


def test_a_personal_one_cannot_be_named(schema):
    with pytest.raises(SettingsError) as caught:
        allowed_features(schema, ["visits", "region", "income"])
    assert str(caught.value) == (
        "SERVING_EVENT_FEATURES names region, income, which the schema calls personal: such a "
        "feature is never logged; take it out of the list"
    )


def test_one_that_does_not_exist(schema):
    with pytest.raises(SettingsError, match="names age, which the schema does not have"):
        allowed_features(schema, ["age", "visits"])
