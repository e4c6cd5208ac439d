"""Files that monitoring keeps from run to run, and the days that they count by."""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from .records import ObservationError

DAY_MS = 86_400_000
# Of the book, below what monitoring keeps. Reading it must not load what measures models.
FOLDER = "outcomes"


def day_name(day: int) -> str:
    """The day, counted from 1970 in UTC, such as 2026-11-28."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()


def write_whole(place: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill another file that then takes the place of the old one.

    Raises ``ObservationError`` if that fails, as on a full disk, and leaves the old file as it was.
    """
    draft = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=place.parent)
        os.close(handle)
        draft = Path(name)
        write(draft)
        draft.replace(place)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise ObservationError(
            f"{place} cannot be written: {error.strerror or error}; free some space or name "
            "another place with MONITORING_STATE, then run again"
        ) from error
