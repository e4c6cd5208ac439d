"""Real tables, small and typed: two classes, three classes of mixed columns, and a number."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any, NamedTuple

import pandas as pd
import pytest

from <<cookiecutter.package_name>>.schema import Schema

TUMOURS = {
    "target": {"name": "diagnosis", "classes": ["benign", "malignant"], "positive": "malignant"},
    "features": [
        {"name": "mean radius", "type": "number", "minimum": 0, "maximum": 60},
        {"name": "mean texture", "type": "number", "minimum": 0, "maximum": 80},
        {"name": "mean smoothness", "type": "number", "minimum": 0, "maximum": 0.5},
        {"name": "worst concavity", "type": "number", "minimum": 0},
    ],
}
# Codes with leading zeros and a class that looks like a number, as tables of this world have them.
WINES = {
    "target": {"name": "cultivar", "classes": ["01", "02", "03"]},
    "id": "bottle",
    "features": [
        {"name": "alcohol", "type": "number", "minimum": 10, "maximum": 16},
        {"name": "ash", "type": "number"},
        {"name": "magnesium", "type": "integer", "minimum": 50, "maximum": 200, "nullable": True},
        {"name": "strong", "type": "boolean"},
        {"name": "colour", "type": "category", "values": ["pale", "ruby", "dark"]},
        {"name": "code", "type": "category", "values": ["007", "070", "700"], "nullable": True},
    ],
}
DIABETES = {
    "target": {"name": "progression", "minimum": 0, "maximum": 1000},
    "features": [
        {"name": "age", "type": "integer", "minimum": 0, "maximum": 120},
        {"name": "sex", "type": "category", "values": ["1", "2"]},
        {"name": "bmi", "type": "number", "minimum": 10, "maximum": 80},
        {"name": "bp", "type": "number", "minimum": 30, "maximum": 250},
        {"name": "s5", "type": "number", "minimum": 1, "maximum": 10},
    ],
}


class Case(NamedTuple):
    """A frame that fits the schema, in the types of ``coerce_frame``."""

    frame: pd.DataFrame
    schema: Schema


@pytest.fixture
def tumours() -> Case:
    """569 rows of numbers, two classes."""
    return _case(_tumours(), TUMOURS)


@pytest.fixture
def wines() -> Case:
    """178 rows with every type of column, missing values and an id; three classes."""
    return _case(_wines(), WINES)


@pytest.fixture
def diabetes() -> Case:
    """442 rows with a category; the target is a number."""
    return _case(_diabetes(), DIABETES)


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """Within it the kernel refuses to write more than 4 KiB into a file, as on a full disk."""

    @contextmanager
    def limited() -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limited


def _case(frame: pd.DataFrame, content: dict[str, Any]) -> Case:
    return Case(frame.copy(), Schema.model_validate(content))


@cache
def _tumours() -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer(as_frame=True)
    frame = data.frame[[column["name"] for column in TUMOURS["features"]]]
    return frame.assign(diagnosis=data.target_names[data.target].astype(str))


@cache
def _wines() -> pd.DataFrame:
    from sklearn.datasets import load_wine

    raw = load_wine(as_frame=True).frame
    colour = pd.cut(raw["color_intensity"], [0, 4, 7, 20], labels=["pale", "ruby", "dark"])
    code = pd.cut(raw["flavanoids"], [0, 1, 2, 6], labels=["007", "070", "700"])
    return pd.DataFrame(
        {
            "bottle": [f"b{number}" for number in raw.index],
            "alcohol": raw["alcohol"],
            "ash": raw["ash"],
            "magnesium": raw["magnesium"].where(raw["alcalinity_of_ash"] < 25),
            "strong": raw["alcohol"] > 13,
            "colour": colour.astype("str"),
            "code": code.astype("str").where(raw["malic_acid"] < 4.5),
            "cultivar": ("0" + (raw["target"] + 1).astype(str)).astype("str"),
        }
    )


@cache
def _diabetes() -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    raw = load_diabetes(as_frame=True, scaled=False).frame
    sex = raw["sex"].astype(int).astype("str")
    typed = {"age": raw["age"].astype("int64"), "sex": sex, "progression": raw["target"]}
    return raw.assign(**typed)[["age", "sex", "bmi", "bp", "s5", "progression"]]
