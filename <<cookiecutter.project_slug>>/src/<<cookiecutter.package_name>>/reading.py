"""Raw CSV and Parquet files as one frame, typed by the schema and not by a guess.

Text stays text ("007" keeps its zeros, "NA" may be a country), numbers are numbers, and a value
that does not parse stays as it is, so that validation can name it.
"""

import csv
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from .params import CsvSettings
from .parsing import from_csv, from_parquet, guessed, may_hide_text
from .schema import Schema

_SUFFIXES = (".csv", ".parquet")
# Column types whose CSV fields must not be taken for numbers on the way.
_TEXTUAL = ("category", "boolean")
# Delimiters worth suggesting when a header does not split.
_DELIMITERS = (";", "\t", "|", ",")


class DataError(ValueError):
    """Raw data cannot be read or used; the message names the file and, where known, the column."""


def is_part(path: Path) -> bool:
    """Whether the file has one of the two extensions that can be read, in any case."""
    return path.suffix.lower() in _SUFFIXES


def part_files(folder: Path) -> list[Path]:
    """The CSV and Parquet files under ``folder``, sorted by path; [] if there is no folder.

    Names that start with a dot or an underscore are markers of other tools and left out.
    Raises ``DataError`` for any other file: data that is skipped in silence is data lost.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith((".", "_"))
    )
    others = [str(path.relative_to(folder)) for path in files if not is_part(path)]
    if others:
        raise DataError(
            f"{folder} holds files that are neither .csv nor .parquet: {', '.join(others[:5])}; "
            "convert them or move them away"
        )
    return files


def read_raw(
    folder: Path,
    schema: Schema,
    settings: CsvSettings | None = None,
    rename: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """All parts in ``folder`` as one frame of (rows, raw columns), under their raw names.

    ``rename`` maps raw names to names of the schema, which says how a column is to be read.
    Raises ``DataError`` naming the file for what cannot be read: nothing there, an empty file, a
    wrong delimiter or encoding, a column name twice, rows of unequal length, parts that differ.
    """
    settings, rename = settings or CsvSettings(), rename or {}
    kinds = _kinds(schema)

    def kind_of(name: str) -> str | None:
        return kinds.get(rename.get(name, name))

    def read(path: Path) -> pd.DataFrame:
        if path.suffix.lower() == ".parquet":
            frame, convert = _read_parquet(path), from_parquet
        else:
            texts = [name for name in _header(path, settings) if kind_of(name) in _TEXTUAL]
            frame, convert = _read_csv(path, settings, dict.fromkeys(texts, str)), from_csv
        for name in frame.columns:
            frame[name] = convert(frame[name], kind_of(name), settings.decimal)
        return frame

    return _together(folder, read)


def read_for_inference(path: Path, settings: CsvSettings | None = None) -> pd.DataFrame:
    """A file or folder without a schema yet: the frame that a first schema is inferred from.

    A CSV column is numeric only if every value is a number without leading zeros, and boolean only
    if every value is true, false, yes or no; anything else is text. Raises as ``read_raw`` does.
    """
    settings = settings or CsvSettings()

    def read(part: Path, texts: list[str] | None = None) -> pd.DataFrame:
        if part.suffix.lower() == ".parquet":
            return _read_parquet(part) if texts is None else _read_parquet(part)[texts]
        _header(part, settings)
        return _read_csv(part, settings, dict.fromkeys(texts or [], str), texts)

    frame = _together(path, read)
    suspects = [name for name in frame.columns if may_hide_text(frame[name])]
    texts = _together(path, lambda part: read(part, suspects)) if suspects else None
    for name in frame.columns:
        frame[name] = guessed(frame[name], texts[name] if name in suspects else None)
    return frame


def _together(place: Path, read: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    if place.is_file() and not is_part(place):
        raise DataError(f"{place} is neither .csv nor .parquet; convert it first")
    parts = [place] if place.is_file() else part_files(place)
    if not parts:
        what = "holds no .csv or .parquet file" if place.exists() else "does not exist"
        raise DataError(f"{place} {what}; `make data` fetches what params.yaml names as the source")
    frames = [read(path) for path in parts]
    for path, frame in zip(parts, frames, strict=True):
        odd = sorted(set(frame.columns) ^ set(frames[0].columns))
        if odd:
            raise DataError(f"{path} and {parts[0]} differ in these columns: {', '.join(odd)}")
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        raise DataError(f"{place}: a header but no rows in {', '.join(p.name for p in parts)}")
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def _header(path: Path, settings: CsvSettings) -> list[str]:
    """The names in the first line; refuses what pandas would quietly repair or misread."""
    if not path.stat().st_size:
        raise DataError(f"{path} is empty (0 bytes)")
    try:
        with path.open(encoding=settings.encoding, newline="") as lines:
            names = next(csv.reader(lines, delimiter=settings.delimiter), [])
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, settings, error) from error
    _refuse_twice(path, names)
    if any(not name.strip() for name in names) or not names:
        raise DataError(f"{path}: the first line must name every column, it is {names}")
    others = [mark for mark in _DELIMITERS if mark != settings.delimiter and mark in names[0]]
    if len(names) == 1 and others:
        raise DataError(
            f"{path}: the first line does not split at {settings.delimiter!r} but holds "
            f"{others[0]!r}; set csv.delimiter in params.yaml"
        )
    return names


def _refuse_twice(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: column name more than once: {', '.join(map(repr, twice))}")


def _read_csv(
    path: Path,
    settings: CsvSettings,
    types: dict[str, type],
    columns: list[str] | None = None,
) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # Fields that have no name would only be warned about, and lost.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                sep=settings.delimiter,
                decimal=settings.decimal,
                encoding=settings.encoding,
                dtype=types,
                usecols=columns,
                index_col=False,
                keep_default_na=False,
                na_values=["", *settings.missing_values],
                low_memory=False,
            )
    except UnicodeDecodeError as error:
        raise _wrong_encoding(path, settings, error) from error
    except pd.errors.ParserWarning as error:
        raise DataError(f"{path}: rows have more fields than the first line has names") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path} is not a regular CSV file: {error}") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is not a readable Parquet file: {error}") from error
    frame.columns = [str(name) for name in frame.columns]
    _refuse_twice(path, list(frame.columns))
    return frame.reset_index(drop=True)


def _wrong_encoding(path: Path, settings: CsvSettings, error: UnicodeDecodeError) -> DataError:
    return DataError(
        f"{path} is not {settings.encoding.removesuffix('-sig')} text ({error.reason}, byte "
        f"0x{error.object[error.start]:02x}); set csv.encoding in params.yaml, for files from "
        "Windows it is often cp1252"
    )


def _kinds(schema: Schema) -> dict[str, str]:
    kinds: dict[str, str] = {column.name: column.type for column in schema.features}
    kinds[schema.target.name] = "category" if schema.target.classes else "number"
    if schema.id is not None:
        kinds[schema.id] = "category"
    return kinds
