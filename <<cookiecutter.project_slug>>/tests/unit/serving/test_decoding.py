"""Decoding agrees with the features that training sees, and refuses what the schema excludes."""

import numpy as np
import pandas as pd
import pytest

from <<cookiecutter.package_name>>.features import to_matrix
from <<cookiecutter.package_name>>.schema import Schema
from <<cookiecutter.package_name>>.serving.decoding import Decoder
from <<cookiecutter.package_name>>.serving.errors import (
    REASONS,
    RequestError,
    error_body,
    internal_error,
    schema_error,
)
from <<cookiecutter.package_name>>.serving.protocol import Tensor, parse_request
from <<cookiecutter.package_name>>.serving.scoring import sample_request
from <<cookiecutter.package_name>>.validation import Violation


def tensors(frame, datatypes):
    return [
        Tensor(name, datatypes[name], (len(frame), 1), frame[name].tolist())
        for name in reversed(frame.columns)
    ]


def test_serving_sees_what_training_saw(mixed):
    frame = pd.DataFrame(
        {
            "income": [1.5, 900.0],
            "visits": [3, 4],
            "member": [True, False],
            "region": ["süd", "north"],
        }
    )
    datatypes = {"income": "FP32", "visits": "INT64", "member": "BOOL", "region": "BYTES"}
    decoded = Decoder(mixed, max_rows=10).decode(tensors(frame, datatypes))
    assert np.array_equal(decoded, to_matrix(frame, mixed))


def test_arrays_from_the_wire(numeric):
    matrix = np.array([[1, 2], [3, 4]], dtype=np.int32)
    decoded = Decoder(numeric, 10).decode([Tensor("m", "INT32", (2, 2), matrix.ravel())])
    assert decoded.dtype == np.float64 and np.array_equal(decoded, matrix)


def test_raw_texts(mixed):
    request = sample_request(mixed)
    request.tensors[3] = Tensor("region", "BYTES", (1, 1), ["süd".encode()])
    assert Decoder(mixed, 10).decode(request.tensors)[0, 3] == 1


def test_the_only_column_may_be_a_boolean(numeric):
    content = {"target": {"name": "y"}, "features": [{"name": "flag", "type": "boolean"}]}
    schema = type(numeric).model_validate(content)
    decoder = Decoder(schema, 10)
    assert decoder.decode([Tensor("flag", "BOOL", (1, 1), [True])])[0, 0] == 1
    assert decoder.decode([Tensor("rows", "FP64", (1, 1), [1.0])])[0, 0] == 1


def personal(schema):
    features = [column.model_copy(update={"personal": True}) for column in schema.features]
    return Schema(target=schema.target, id=schema.id, features=features)


def refusal(schema, *found):
    with pytest.raises(RequestError, match="expected values of datatype") as caught:
        Decoder(schema, 1).decode(list(found))
    return caught.value.message


@pytest.mark.parametrize(
    "name, datatype, value", [("income", "FP64", "4171"), ("region", "BYTES", 4171)]
)
def test_of_personal_columns_and_of_ids_no_value_is_told(mixed, name, datatype, value):
    """Messages are logged, and what identifies a row may identify a person."""
    member = Tensor("member", "BOOL", (1, 1), [True])
    wrong = Tensor(name, datatype, (1, 1), [value])
    assert "4171" in refusal(mixed, wrong, member)
    assert "4171" not in refusal(personal(mixed), wrong, member)
    assert "4171" not in refusal(mixed, wrong._replace(name="customer"), member)


def test_of_personal_columns_in_a_matrix_no_value_is_told(numeric):
    wrong = Tensor("m", "FP64", (1, 2), [1.0, "4171"])
    assert refusal(numeric, wrong) == "count: expected values of datatype FP64, found '4171'"
    assert refusal(personal(numeric), wrong) == "count: expected values of datatype FP64"


@pytest.mark.parametrize("nullable", [True, False])
def test_the_sample_row_fits_every_schema(mixed, numeric, nullable):
    for schema in (mixed, numeric):
        content = schema.model_dump()
        for column in content["features"]:
            column["nullable"] = nullable
        changed = type(schema).model_validate(content)
        decoded = Decoder(changed, 1).decode(sample_request(changed).tensors)
        assert decoded.shape == (1, len(changed.features))


def test_rows_are_limited(numeric):
    with pytest.raises(RequestError, match="at most 3") as caught:
        Decoder(numeric, 3).decode([Tensor("m", "FP64", (4, 2), [1.0, 2] * 4)])
    assert caught.value.code == "too_many_rows"


def test_whole_numbers_may_be_written_with_a_point():
    body = b'{"inputs": [{"name": "x", "shape": [1.0], "datatype": "INT8", "data": [2.0]}]}'
    assert parse_request(body).tensors == [Tensor("x", "INT8", (1,), [2.0])]


def test_many_violations_are_cut():
    violations = [Violation(f"c{number}", "null", "missing value in 1 row") for number in range(13)]
    error = schema_error(violations)
    assert error.code == "missing_value" and error.field == "c0"
    assert "c9" in error.message and "c10" not in error.message
    assert error.message.endswith("and 3 more")


def test_every_rule_has_a_reason():
    for rule in ("missing", "unexpected", "type", "null", "range", "category", "infinite"):
        assert schema_error([Violation("c", rule, "m")]).code in REASONS


def test_one_body_for_every_error():
    body = error_body(internal_error(), "id-1")
    assert set(body) == {"error", "code", "message", "field", "request_id"}
    assert body["request_id"] == "id-1" and body["field"] is None
