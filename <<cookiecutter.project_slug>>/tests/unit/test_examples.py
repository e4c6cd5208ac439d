"""Requests and batches that are made from the dataset."""

import json

import pandas as pd
import pytest

from <<cookiecutter.package_name>>.examples import request_body, shifted
from <<cookiecutter.package_name>>.validation import check_frame


def test_a_request_holds_one_tensor_a_column_in_json_s_own_types(wines):
    rows = wines.frame.tail(3)

    body = json.loads(json.dumps(request_body(rows, wines.schema)))

    assert body == {
        "inputs": [
            {"name": name, "shape": [3, 1], "datatype": datatype, "data": data}
            for name, datatype, data in [
                ("alcohol", "FP64", rows["alcohol"].tolist()),
                ("ash", "FP64", rows["ash"].tolist()),
                ("magnesium", "INT64", rows["magnesium"].astype(int).tolist()),
                ("strong", "BOOL", rows["strong"].tolist()),
                ("colour", "BYTES", rows["colour"].tolist()),
                ("code", "BYTES", rows["code"].tolist()),
            ]
        ]
    }


def test_rows_with_missing_values_are_left_out_of_a_request(wines):
    rows = wines.frame[wines.frame["magnesium"].isna()].head(2)
    whole = wines.frame.dropna().head(1)

    body = request_body(pd.concat([rows, whole]), wines.schema)

    assert {tuple(tensor["shape"]) for tensor in body["inputs"]} == {(1, 1)}


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_a_shifted_batch_has_moved_and_still_fits_the_schema(request, name):
    frame, schema = request.getfixturevalue(name)
    before = frame.copy()

    moved = shifted(frame, schema)

    assert check_frame(moved, schema) == []
    changed = [name for name in schema.feature_names if not moved[name].equals(frame[name])]
    assert changed == schema.feature_names[::2]
    pd.testing.assert_frame_equal(frame, before)


def test_numbers_move_by_their_spread_and_texts_become_one(wines):
    moved = shifted(wines.frame, wines.schema)

    spread = wines.frame["alcohol"].std()
    assert moved["alcohol"].min() == pytest.approx(wines.frame["alcohol"].min() + spread)
    assert moved["alcohol"].max() <= 16
    assert set(moved["colour"]) == {wines.frame["colour"].iloc[0]}
