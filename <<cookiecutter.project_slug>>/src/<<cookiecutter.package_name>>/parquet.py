"""Parquet files as frames, with no second copy of the data beside the frame."""

from pathlib import Path

import pandas as pd


def read_parquet(path: Path) -> pd.DataFrame:
    """All columns of the file.

    Column by column: for a file of numbers, pandas' own reader holds the whole table and the frame
    at the same time, which is twice the memory.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    columns = {name: file.read(columns=[name]).to_pandas()[name] for name in names}
    return pd.DataFrame(columns, copy=False)
