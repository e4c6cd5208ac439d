"""Programs that a test starts: without one it is skipped, or fails where all must be there."""

import shutil
from pathlib import Path

from tests.parts import lacking


def need(*programs: str | Path) -> None:
    """Skip, by name, if one of them is missing; OBSERVABILITY_REQUIRE_ALL=1 makes it a failure."""
    missing = [str(each) for each in programs if shutil.which(each) is None]
    if not missing:
        return
    text = f"missing: {', '.join(missing)}; `make test-observability` and README.md say how"
    lacking(text, "OBSERVABILITY_REQUIRE_ALL")


def either(*names: str) -> str:
    """The place of a program that has several names; without it as `need`, by the first one."""
    found = next(filter(shutil.which, names), names[0])
    need(found)
    return shutil.which(found)
