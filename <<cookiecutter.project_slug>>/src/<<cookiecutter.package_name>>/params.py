"""What ``params.yaml`` may say: where data comes from and how the dataset is made from it.

Training settings are not here but in ``configs/training.yaml``: DVC reruns a stage when its part of
``params.yaml`` changes, and a new learning rate is no reason to make the data again.
"""

import codecs
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .schema import readable

PARAMS_FILE = "params.yaml"


class ParamsError(ValueError):
    """``params.yaml`` is missing or says something impossible; the message names the key."""


class _Section(BaseModel):
    # A misspelt key that is ignored would be a setting that never applies.
    model_config = ConfigDict(extra="forbid", frozen=True)


class CsvSettings(_Section):
    """How CSV files are written. ``missing_values`` are texts that mean "no value", besides ""."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = Field("utf-8", validate_default=True)
    missing_values: list[str] = []

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name: str) -> str:
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            raise ValueError(f"no such encoding: {name!r}; usual ones: utf-8, cp1252") from None
        # Spreadsheets put a byte order mark in front of UTF-8; it is no part of the first name.
        return "utf-8-sig" if codec == "utf-8" else codec


class PrepareSettings(_Section):
    """What happens to the raw rows: rename, then drop columns (by new name), then drop rows."""

    rename: dict[str, str] = {}
    drop_columns: list[str] = []
    drop_duplicates: bool = True
    rows_without_target: Literal["refuse", "drop"] = "refuse"


class ReferenceSettings(_Section):
    """Size and seed of the sample that stands for the training data in reports."""

    rows: int = Field(5000, ge=1)
    seed: int = Field(42, ge=0)


class Params(_Section):
    """All of ``params.yaml``. The keys of ``source`` depend on its kind, see ``sources``."""

    source: dict[str, Any]
    csv: CsvSettings = CsvSettings()
    prepare: PrepareSettings = PrepareSettings()
    reference: ReferenceSettings = ReferenceSettings()


def load_params(root: Path) -> Params:
    """Read ``params.yaml`` in ``root``; raises ``ParamsError`` naming every wrong key."""
    path = root / PARAMS_FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist; restore it from git") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} is not valid YAML: {error}") from error
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(f"{path}:\n{readable(error)}") from error
