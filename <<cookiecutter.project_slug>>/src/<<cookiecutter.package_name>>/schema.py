"""The contract of the data: columns, types, ranges and target, read from ``configs/schema.yaml``.

The same schema guards training, batch and serving; the rules themselves are in ``validation``.
"""

import json
from functools import cached_property
from operator import not_
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

ColumnType = Literal["number", "integer", "boolean", "category"]


class SchemaFileError(ValueError):
    """The schema file is missing or says something impossible; the message names file and place."""


class _Strict(BaseModel):
    # A misspelt key must be an error: an ignored "minimun: 0" is a guard that never fires.
    # So must a limit of .nan or .inf, with which no value can be compared.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Column(_Strict):
    """One feature; ``minimum`` and ``maximum`` are inclusive, ``values`` are a category's texts.

    What a row says of a ``personal`` one is written to no log: neither in events nor in messages.
    """

    name: str = Field(min_length=1)
    type: ColumnType
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: list[str] | None = None
    description: str | None = None
    # Written only where it is true: servers of before refuse a key that they do not know, which is
    # right where it would go unheeded, and else for nothing.
    personal: bool = Field(default=False, exclude_if=not_)

    @model_validator(mode="after")
    def _rules_fit_the_type(self) -> "Column":
        ranged = self.minimum is not None or self.maximum is not None
        if self.type == "category":
            if not self.values:
                raise ValueError(f"category column {self.name!r} needs a non-empty list of values")
            if len(set(self.values)) != len(self.values):
                raise ValueError(f"column {self.name!r} lists a value twice")
        elif self.values is not None:
            raise ValueError(f"column {self.name!r} has values but is of type {self.type}")
        if ranged and self.type not in ("number", "integer"):
            raise ValueError(f"column {self.name!r} has a range but is of type {self.type}")
        _check_range(self.name, self.minimum, self.maximum)
        return self


class Target(_Strict):
    """The column to predict: ``classes`` makes it a classification, their absence a regression."""

    name: str = Field(min_length=1)
    classes: list[str] | None = None
    positive: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _rules_fit_the_task(self) -> "Target":
        if self.classes is None:
            if self.positive is not None:
                raise ValueError(f"target {self.name!r} has a positive class but no classes")
            _check_range(self.name, self.minimum, self.maximum)
            return self
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError(f"target {self.name!r} needs at least two different classes")
        if self.minimum is not None or self.maximum is not None:
            raise ValueError(f"target {self.name!r} has classes and a range; keep one")
        if self.positive is not None and (
            len(self.classes) != 2 or self.positive not in self.classes
        ):
            raise ValueError(f"positive of target {self.name!r} must be one of exactly two classes")
        return self

    @property
    def task(self) -> Literal["classification", "regression"]:
        return "classification" if self.classes is not None else "regression"

    @property
    def positive_class(self) -> str | None:
        """The class whose probability is the score; the second of two if none is named."""
        if self.classes is None or len(self.classes) != 2:
            return None
        return self.positive or self.classes[1]


class Schema(_Strict):
    """Target, optional row id, and the features in the order in which the model sees them."""

    target: Target
    id: str | None = None
    features: list[Column] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Schema":
        names = [column.name for column in self.features] + [self.target.name]
        names += [self.id] if self.id is not None else []
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"column named more than once in the schema: {', '.join(twice)}")
        return self

    @cached_property
    def feature_names(self) -> list[str]:
        return [column.name for column in self.features]

    @cached_property
    def loggable(self) -> list[str]:
        """Names of the features that may be logged at all: those that are not personal."""
        return [column.name for column in self.features if not column.personal]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.features}

    @cached_property
    def is_numeric(self) -> bool:
        """True if a row can be written as plain numbers, so that one matrix can carry it."""
        return all(column.type != "category" for column in self.features)

    def column(self, name: str) -> Column:
        """The feature of that name; ``KeyError`` if there is none."""
        return self._by_name[name]

    def to_json(self) -> bytes:
        return self.model_dump_json(indent=2, exclude_none=True).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes | str) -> "Schema":
        return cls.model_validate(json.loads(text))


def load_schema(path: Path) -> Schema:
    """Read a schema from YAML or JSON (which is YAML too).

    Raises ``SchemaFileError`` that names the file, the place in it and what is wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SchemaFileError(
            f"{path} does not exist; write one from your data with `make schema`"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SchemaFileError(f"{path} is not valid YAML: {error}") from error
    try:
        return Schema.model_validate(content)
    except ValidationError as error:
        raise SchemaFileError(f"{path} is not a valid schema:\n{readable(error)}") from error


def readable(error: ValidationError) -> str:
    """One line a problem: where it is and what is wrong."""
    return "\n".join(
        f"  - {'.'.join(str(part) for part in problem['loc']) or 'file'}: {problem['msg']}"
        for problem in error.errors()
    )


def _check_range(name: str, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValueError(f"column {name!r} has minimum {minimum:g} above maximum {maximum:g}")
