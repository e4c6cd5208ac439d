"""Columns that grow."""

import numpy as np

from <<cookiecutter.package_name>>.observations.columns import Numbers, Texts


def test_a_column_grows_and_gaps_are_filled():
    column = Numbers(np.float64, np.nan)
    column.write(2, np.array([1.0, 2.0]))
    column.write(6, np.arange(10_000.0))

    found = column.finish(10_008)

    assert found.shape == (10_008,)
    assert np.isnan(found[[0, 1, 4, 5, 10_006, 10_007]]).all()
    assert found[2:4].tolist() == [1, 2] and found[6:10_006].tolist() == list(range(10_000))


def test_a_column_that_nobody_wrote_has_its_gap_only():
    assert Numbers(np.int32, -1).finish(3).tolist() == [-1, -1, -1]
    assert Numbers(np.int32, -1).finish(0).tolist() == []


def test_texts_are_numbered_in_the_order_of_the_schema_and_then_as_they_come():
    texts = Texts(["north", "south"])

    codes = [texts.code(text) for text in ("south", None, "west", "north", 7, "west")]

    assert codes == [1, -1, 2, 0, 3, 2]
    assert texts.texts == ["north", "south", "west", "7"]
