"""What tests need and a machine may lack: skipped there by name, but not where all must run."""

import os
from typing import NoReturn

import pytest


def required(variable: str) -> bool:
    """Whether a missing part is a failure: the variable is 1, as continuous integration sets it."""
    return os.environ.get(variable) == "1"


def lacking(text: str, variable: str) -> NoReturn:
    """Skip and say what is missing; fail instead if `variable` asks for every part."""
    if required(variable):
        pytest.fail(text, pytrace=False)
    # A person may lack a program and still run the rest; `-ra` lists what was left out.
    pytest.skip(text)
