"""Files column by column, with the content that pandas itself would read."""

import pandas as pd

from <<cookiecutter.package_name>>.parquet import read_parquet


def test_a_file_is_read_as_pandas_reads_it(wines, tmp_path):
    odd = {"ash.1": 1.5, "größe (m²)": "x", "two  words": None, 'he said "no"': True, "a.b.c": 7}
    frame = wines.frame.assign(**odd)
    frame.to_parquet(tmp_path / "rows.parquet", index=False)

    found = read_parquet(tmp_path / "rows.parquet")

    pd.testing.assert_frame_equal(found, pd.read_parquet(tmp_path / "rows.parquet"))
    assert list(found.columns) == list(frame.columns)


def test_a_file_without_rows_keeps_its_columns(wines, tmp_path):
    wines.frame.head(0).to_parquet(tmp_path / "rows.parquet", index=False)

    pd.testing.assert_frame_equal(read_parquet(tmp_path / "rows.parquet"), wines.frame.head(0))
