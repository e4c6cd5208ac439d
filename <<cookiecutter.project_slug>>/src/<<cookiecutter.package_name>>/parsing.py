"""Values of raw columns, as the schema's types; what does not parse stays as it is."""

import pandas as pd

# What a boolean may look like in a CSV file, in any case.
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
# Those of them that can only be meant as one.
_WORDS = ("true", "false", "yes", "no")


def from_csv(values: pd.Series, kind: str | None, decimal: str) -> pd.Series:
    if kind == "boolean":
        known = values.str.casefold().map(_BOOLEANS)
        return known.astype(bool) if known.notna().all() else _patched(known, values)
    if kind in ("number", "integer") and not pd.api.types.is_numeric_dtype(values):
        return _patched(_numbers(values, decimal), values)
    return values


def from_parquet(values: pd.Series, kind: str | None, decimal: str) -> pd.Series:
    """Codes that the file stores as numbers or pandas categories are text in the schema."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if kind == "category" and pd.api.types.is_integer_dtype(values):
        return values.astype("str").where(values.notna())
    return values


def may_hide_text(values: pd.Series) -> bool:
    """Whether a column that pandas took for numbers may be codes: "007" is read as 7."""
    if not pd.api.types.is_numeric_dtype(values):
        return values.dtype == object
    present = values.dropna()
    return not pd.api.types.is_bool_dtype(values) and bool((present == present.round()).all())


def guessed(values: pd.Series, texts: pd.Series | None) -> pd.Series:
    """``values`` in the type that they seem to have; ``texts`` is how the file writes them."""
    if texts is not None:
        texts = texts.astype("str")
        codes = values.dtype == object or texts.str.match(r"\s*[+-]?0\d").any()
        return texts if codes else values
    if pd.api.types.is_string_dtype(values):
        known = values.str.casefold().map({text: _BOOLEANS[text] for text in _WORDS})
        return known if known.notna().equals(values.notna()) and known.notna().any() else values
    return values


def _numbers(values: pd.Series, decimal: str) -> pd.Series:
    """Float64, NaN where a text is no number."""
    if decimal != ".":
        values = values.str.replace(".", "?", regex=False).str.replace(decimal, ".", regex=False)
    return pd.to_numeric(values, errors="coerce")


def _patched(parsed: pd.Series, original: pd.Series) -> pd.Series:
    """``parsed``, with the original text where nothing could be parsed."""
    failed = parsed.isna() & original.notna()
    return parsed if not failed.any() else parsed.astype(object).where(~failed, original)
