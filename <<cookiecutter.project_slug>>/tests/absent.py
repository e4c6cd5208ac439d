"""What a test needs and this machine does not have."""

import os
import shutil
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skip; but in CI, where a test that is always skipped would never be missed, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def program(*names: str) -> str:
    """The path of a program under the first of its names that is there; else see ``absent``."""
    found = next((place for name in names if (place := shutil.which(name))), None)
    return found or absent(f"{names[0]} is not installed: make programs")
