"""How many predictions there were on each day, and how long their labels took.

The ledger knows labelled predictions only. What a prediction costs and which share was labelled
needs all of them, for longer than logs are kept: one small file, a line for each day and version.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..pushing import Figure
from .records import ObservationError
from .state_files import DAY_MS, day_name, write_whole

FILE = "volumes.json"


@dataclass(frozen=True)
class Volume:
    """One day of one version: predictions, the labelled ones, and their delays in seconds."""

    predictions: int
    labelled: int = 0
    delay_sum: float = 0.0
    delay_max: float = 0.0


class Volumes:
    """The file in ``folder``; only one job at a time may write there."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def book(
        self, times: np.ndarray, versions: np.ndarray, labelled: np.ndarray, delays: np.ndarray
    ) -> dict[str, dict[str, Volume]]:
        """Write down events of shape (n,) as they are known now, and return all days.

        ``times`` are milliseconds since 1970, ``labelled`` are rows among them with ``delays``. A
        day that was read in part, or whose logs are gone by now, keeps what it had.
        """
        created, known = self.created() or datetime.now(UTC), self.by_day()
        days, (codes, names) = times // DAY_MS, pd.factorize(versions)
        # One number for a day and version: a million rows are counted in a moment.
        groups, places = np.unique(days * max(len(names), 1) + codes, return_inverse=True)
        counts = np.bincount(places, minlength=len(groups))
        late = places[labelled]
        waited = np.bincount(late, minlength=len(groups))
        sums = np.bincount(late, weights=delays, minlength=len(groups))
        longest = np.zeros(len(groups))
        np.maximum.at(longest, late, delays)
        for place, group in enumerate(groups.tolist()):
            day, code = divmod(group, len(names))
            found = Volume(
                int(counts[place]), int(waited[place]), float(sums[place]), float(longest[place])
            )
            entry = known.setdefault(day_name(day), {})
            before = entry.get(names[code])
            if before is None or found.predictions >= before.predictions:
                entry[names[code]] = found
        self._write(created, known)
        return known

    def created(self) -> datetime | None:
        """When the first run wrote something down."""
        found = self._read().get("created")
        return None if found is None else datetime.fromisoformat(found)

    def by_day(self) -> dict[str, dict[str, Volume]]:
        """Volumes by day of prediction (UTC, such as 2026-11-28) and model version."""
        return {
            day: {version: Volume(**entry) for version, entry in entries.items()}
            for day, entries in self._read().get("days", {}).items()
        }

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            datetime.fromisoformat(content["created"])
            for entries in content["days"].values():
                for entry in entries.values():
                    Volume(**entry)
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # No JSON or no time; a value of another type or name; no mapping; a missing part.
            raise ObservationError(
                f"{self._path} is damaged: {error}; restore it from a backup. Without it the costs "
                "of earlier predictions are not known"
            ) from error
        return content

    def _write(self, created: datetime, days: Mapping[str, Mapping[str, Volume]]) -> None:
        told = {
            day: {version: asdict(volume) for version, volume in sorted(entries.items())}
            for day, entries in sorted(days.items())
        }
        content = {"created": created.isoformat(timespec="seconds"), "days": told}
        text = json.dumps(content, indent=1)
        write_whole(self._path, lambda path: path.write_text(text, encoding="utf-8"))


def volume_figures(volumes: Volumes) -> list[Figure]:
    """All predictions so far by version, the first day, and when the first run was.

    The KPI rules count costs by them, and tell a young ledger from an old one.
    """
    days, created = volumes.by_day(), volumes.created()
    if not days or created is None:
        return []
    totals: dict[str, int] = {}
    for entries in days.values():
        for version, volume in entries.items():
            totals[version] = totals.get(version, 0) + volume.predictions
    text = "Logged predictions, with a label or without, since the first one."
    name = "ml_ledger_predictions_total"
    first = datetime.fromisoformat(min(days)).replace(tzinfo=UTC).timestamp()
    start = "When the first day began whose outcomes are booked."
    begun = "When outcomes were booked for the first time."
    return [
        Figure("ml_ledger_start_timestamp_seconds", start, first),
        Figure("ml_ledger_created_timestamp_seconds", begun, created.timestamp()),
        *(
            Figure(name, text, count, {"model_version": version}, "counter")
            for version, count in sorted(totals.items())
        ),
    ]
