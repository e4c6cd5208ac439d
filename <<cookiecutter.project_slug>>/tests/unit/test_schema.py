"""The schema file: what it may say, and what is said about one that is wrong."""

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from <<cookiecutter.package_name>>.schema import Schema, SchemaFileError, load_schema

ROOT = Path(__file__).parents[2]
VALID = {
    "target": {"name": "y", "classes": ["a", "b"]},
    "id": "row",
    "features": [
        {"name": "x", "type": "number", "minimum": 0, "maximum": 1},
        {"name": "k", "type": "category", "values": ["p", "q"], "nullable": True},
    ],
}
ODD_NAMES = [
    "größe (m²)",
    "年齢",
    "two  words",
    'he said "no"',
    "it's",
    "a__b",
    "a: b # c",
    "- x",
    "{x}",
    "null",
    "007",
    " lead",
    "tab\there",
]


def written(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SchemaFileError) as caught:
        load_schema(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_the_project_s_own_schema_is_valid():
    schema = load_schema(ROOT / "configs" / "schema.yaml")

    assert schema.target.name not in schema.feature_names


def test_yaml_and_json_say_the_same(tmp_path):
    schema = load_schema(written(tmp_path / "schema.yaml", VALID))
    (tmp_path / "schema.json").write_bytes(schema.to_json())

    assert schema.model_dump(exclude_unset=True) == VALID
    assert load_schema(tmp_path / "schema.json") == schema
    assert Schema.from_json(schema.to_json()) == schema


def test_a_personal_feature_stays_one_from_the_file_to_the_bundle(tmp_path):
    content = deepcopy(VALID)
    content["features"][1]["personal"] = True
    schema = load_schema(written(tmp_path / "schema.yaml", content))

    bundled = Schema.from_json(schema.to_json())

    assert [column.personal for column in bundled.features] == [False, True]
    assert bundled.loggable == ["x"]
    # Servers of before read a schema without such features, and bundles keep their digests.
    assert [column.get("personal") for column in json.loads(schema.to_json())["features"]] == [
        None,
        True,
    ]
    assert b"personal" not in Schema.model_validate(VALID).to_json()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ({"type": "number", "minimun": 0}, r"features\.0\.minimun: Extra inputs"),
        ({}, r"features\.0\.type: Field required"),
        ({"type": "float"}, r"features\.0\.type: .*'number', 'integer', 'boolean' or 'category'"),
        ({"name": "", "type": "number"}, r"features\.0\.name: .*at least 1 character"),
        ({"type": "category"}, r"features\.0: .*category column 'x' needs a non-empty list"),
        ({"type": "category", "values": []}, "'x' needs a non-empty list"),
        ({"type": "category", "values": ["a", "b", "a"]}, "'x' lists a value twice"),
        ({"type": "category", "values": [True, False]}, r"features\.0\.values\.0: .*valid string"),
        ({"type": "category", "values": ["1", 2]}, r"features\.0\.values\.1: .*valid string"),
        ({"type": "number", "values": ["a"]}, "'x' has values but is of type number"),
        ({"type": "boolean", "minimum": 0}, "'x' has a range but is of type boolean"),
        ({"type": "category", "values": ["a"], "maximum": 1}, "has a range but is of type categ"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "'x' has minimum 2 above maximum 1"),
        ({"type": "number", "minimum": float("nan")}, r"features\.0\.minimum: .*finite number"),
        ({"type": "number", "maximum": float("inf")}, r"features\.0\.maximum: .*finite number"),
    ],
)
def test_a_column_that_is_wrong_is_refused_with_its_place(tmp_path, column, expected):
    content = VALID | {"features": [{"name": "x", **column}]}

    assert_found(expected, refusal(written(tmp_path / "schema.yaml", content)))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"classes": ["a"]}, r"target: .*'y' needs at least two different classes"),
        ({"classes": ["a", "a"]}, "needs at least two different classes"),
        ({"classes": [0, 1]}, r"target\.classes\.0: .*valid string"),
        ({"classes": ["a", "b"], "minimum": 0}, "'y' has classes and a range; keep one"),
        ({"classes": ["a", "b"], "positive": "c"}, "positive of target 'y' must be one of exactly"),
        ({"classes": ["a", "b", "c"], "positive": "a"}, "must be one of exactly two classes"),
        ({"positive": "a"}, "'y' has a positive class but no classes"),
        ({"minimum": 2, "maximum": 1}, "'y' has minimum 2 above maximum 1"),
        ({"class": ["a", "b"]}, r"target\.class: Extra inputs"),
    ],
)
def test_a_target_that_is_wrong_is_refused_with_its_place(tmp_path, target, expected):
    content = VALID | {"target": {"name": "y", **target}}

    assert_found(expected, refusal(written(tmp_path / "schema.yaml", content)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"features": []}, "features: .*at least 1 item"),
        ({"features": VALID["features"] * 2}, "named more than once in the schema: k, x"),
        ({"id": "x"}, "named more than once in the schema: x"),
        ({"id": "y"}, "named more than once in the schema: y"),
        ({"target": {"name": "k"}}, "named more than once in the schema: k"),
        ({"feature": []}, "feature: Extra inputs"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(tmp_path, change, expected):
    assert_found(expected, refusal(written(tmp_path / "schema.yaml", VALID | change)))


def test_all_problems_are_told_at_once(tmp_path):
    content = deepcopy(VALID)
    content["features"][0]["type"] = "float"
    content["features"][1]["value"] = ["p"]

    message = refusal(written(tmp_path / "schema.yaml", content))

    assert "  - features.0.type: " in message
    assert "  - features.1.value: " in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "does not exist; write one from your data with `make schema`"),
        (b"features: [}", "is not valid YAML"),
        (b"target: {name: gr\xf6\xdfe}", "is not valid YAML"),
        (b"", "file: Input should be a valid dictionary"),
        (b"- a\n- b\n", "file: Input should be a valid dictionary"),
    ],
)
def test_a_file_that_is_no_schema_is_named(tmp_path, content, expected):
    path = tmp_path / "schema.yaml"
    if content is not None:
        path.write_bytes(content)

    assert_found(expected, refusal(path))


def test_names_may_be_odd(tmp_path):
    features = [{"name": name, "type": "number"} for name in ODD_NAMES]

    schema = load_schema(written(tmp_path / "schema.yaml", VALID | {"features": features}))

    assert schema.feature_names == ODD_NAMES
    assert Schema.from_json(schema.to_json()).feature_names == ODD_NAMES
    assert json.loads(schema.to_json())["features"][0]["name"] == "größe (m²)"


@pytest.mark.parametrize(
    ("target", "task", "positive"),
    [
        ({"classes": ["no", "yes"]}, "classification", "yes"),
        ({"classes": ["no", "yes"], "positive": "no"}, "classification", "no"),
        ({"classes": ["a", "b", "c"]}, "classification", None),
        ({"minimum": 0}, "regression", None),
    ],
)
def test_the_target_decides_the_task_and_the_positive_class(target, task, positive):
    schema = Schema.model_validate(VALID | {"target": {"name": "y", **target}})

    assert schema.target.task == task
    assert schema.target.positive_class == positive


def test_features_keep_their_order_and_are_found_by_name():
    schema = Schema.model_validate(VALID)

    assert schema.feature_names == ["x", "k"]
    assert schema.column("k").values == ["p", "q"]
    assert not schema.is_numeric
    assert Schema.model_validate(VALID | {"features": VALID["features"][:1]}).is_numeric
    with pytest.raises(KeyError):
        schema.column("y")


def test_a_schema_cannot_be_changed_by_the_way():
    schema = Schema.model_validate(VALID)

    with pytest.raises(ValidationError, match="frozen"):
        schema.id = None
    with pytest.raises(ValidationError, match="frozen"):
        schema.column("x").maximum = 2


def assert_found(expected: str, message: str) -> None:
    assert re.search(expected, message), message
