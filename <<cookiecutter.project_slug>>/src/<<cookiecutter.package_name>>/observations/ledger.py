"""Outcomes booked so far: counts that only grow, although logs are deleted after a while.

One file a day of predictions. As long as the day can be read again it lists the hashes of its
events, so that an event is booked once, however often the job runs; afterwards only its counts
stay. What was booked stays: a label that is corrected later changes the quality, not the book.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from pydantic import NonNegativeInt, TypeAdapter

from .records import ObservationError
from .state_files import DAY_MS, day_name, write_whole

_COUNTS = TypeAdapter(dict[str, dict[str, NonNegativeInt]])


class Booked(NamedTuple):
    """``totals`` by model version and outcome, over all days; ``new`` were booked by this run.

    ``corrected`` are events that this run would have booked otherwise.
    """

    totals: dict[str, dict[str, int]]
    new: int
    corrected: int


class Ledger:
    """The files in ``folder``; only one job at a time may write there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def book(
        self,
        keys: np.ndarray,
        times: np.ndarray,
        versions: np.ndarray,
        outcomes: np.ndarray,
        readable_from: datetime,
    ) -> Booked:
        """Book events of shape (n,) that are not booked yet, and total everything.

        ``times`` are milliseconds since 1970. Days that end before ``readable_from`` are not read
        any more, and shrink to their counts. Raises ``ObservationError`` if that cannot be written,
        and leaves every file whole.
        """
        rows = pd.DataFrame({"key": keys, "version": versions, "outcome": outcomes})
        new = corrected = 0
        for day, part in rows.groupby(times // DAY_MS):
            fresh, other = self._add(day_name(day), part)
            new, corrected = new + fresh, corrected + other
        self._shrink(readable_from)
        return Booked(self.totals(), new, corrected)

    def totals(self) -> dict[str, dict[str, int]]:
        """Counts of all days by model version and outcome."""
        found: dict[str, Counter] = {}
        for day in self._days():
            for version, counts in self._counts(day).items():
                found.setdefault(version, Counter()).update(counts)
        return {version: dict(counts) for version, counts in sorted(found.items())}

    def by_day(self) -> dict[str, dict[str, dict[str, int]]]:
        """Counts by day of prediction (UTC, such as 2026-11-28), model version and outcome."""
        return {day: self._counts(day) for day in self._days()}

    def _add(self, day: str, part: pd.DataFrame) -> tuple[int, int]:
        if self._list(day).exists():
            before = self._read(day)
        elif self._sums(day).exists():
            # Its events are not known any more, so nothing can be added without counting twice.
            return 0, 0
        else:
            before = part.iloc[:0]
        known = before.set_index("key")["outcome"]
        places = known.index.get_indexer(part["key"])
        seen = places >= 0
        there = known.to_numpy()[places[seen]]
        corrected = int((there != part["outcome"].to_numpy()[seen]).sum())
        fresh = part[~seen]
        if len(fresh):
            together = pd.concat([before, fresh], ignore_index=True)
            write_whole(self._list(day), lambda path: together.to_parquet(path, index=False))
        return len(fresh), corrected

    def _shrink(self, readable_from: datetime) -> None:
        last = readable_from.astimezone(UTC).date().isoformat()
        for path in sorted(self._folder.glob("*.parquet")):
            if path.stem < last:
                content = json.dumps(self._counts(path.stem), indent=1, sort_keys=True)
                write_whole(self._sums(path.stem), lambda place, text=content: _put(place, text))
                path.unlink()

    def _counts(self, day: str) -> dict[str, dict[str, int]]:
        # Both are there only if a run was cut off between writing one and removing the other.
        if self._list(day).exists():
            sizes = self._read(day).groupby(["version", "outcome"]).size()
            found: dict[str, dict[str, int]] = {}
            for (version, outcome), count in sizes.items():
                found.setdefault(version, {})[outcome] = int(count)
            return found
        try:
            return _COUNTS.validate_json(self._sums(day).read_bytes(), strict=True)
        except ValueError as error:
            raise _damaged(self._sums(day), error) from error

    def _read(self, day: str) -> pd.DataFrame:
        try:
            return pd.read_parquet(self._list(day))
        except (ValueError, OSError) as error:
            # pyarrow says the first of a file that is no Parquet, and the second of a broken page.
            raise _damaged(self._list(day), error) from error

    def _days(self) -> Iterator[str]:
        paths = [*self._folder.glob("????-??-??.parquet"), *self._folder.glob("????-??-??.json")]
        yield from sorted({path.stem for path in paths})

    def _list(self, day: str) -> Path:
        return self._folder / f"{day}.parquet"

    def _sums(self, day: str) -> Path:
        return self._folder / f"{day}.json"


def _put(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def _damaged(path: Path, error: Exception) -> ObservationError:
    return ObservationError(
        f"{path} is damaged: {error}; restore it from a backup. Without it the counts would fall"
    )
