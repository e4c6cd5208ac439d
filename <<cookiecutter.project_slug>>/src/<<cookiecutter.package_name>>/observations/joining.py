"""Which label belongs to which prediction; whatever does not fit is counted, never lost."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from .labels import Labels
from .predictions import Predictions
from .records import milliseconds

# Two machines' clocks may differ; a label that is older than this is not one of the prediction.
_CLOCKS = 60_000


@dataclass(frozen=True)
class Joined:
    """``rows`` are the labelled predictions, ``truth`` and ``delays`` (seconds) are beside them.

    ``waits`` are the delays of just those rows; ``delays`` has late labels, too.
    ``rejected`` counts labels that are not used by reason: ``unknown`` (no such prediction),
    ``duplicate`` (another label of the same event is newer), ``late``, ``invalid``. ``earlier`` are
    those whose prediction may be older than what was read: nothing can be said about them.
    """

    rows: np.ndarray
    truth: np.ndarray
    delays: np.ndarray
    rejected: dict[str, int]
    earlier: int
    examples: tuple[str, ...]
    waits: np.ndarray = field(default_factory=lambda: np.zeros(0))


def last_of_each(keys: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Which rows are the newest of their key, bool of shape (rows,); of equals the last one."""
    keep = ~pd.Series(keys, copy=False).duplicated(keep=False).to_numpy()
    if keep.all():
        return keep
    repeated = np.flatnonzero(~keep)
    ordered = repeated[np.argsort(times[repeated], kind="stable")]
    last = ~pd.Series(keys[ordered]).duplicated(keep="last").to_numpy()
    keep[ordered[last]] = True
    return keep


def join(
    predictions: Predictions,
    chosen: np.ndarray,
    labels: Labels,
    since: datetime,
    max_delay: timedelta,
) -> Joined:
    """Labels of the ``chosen`` predictions, bool of shape (rows,), each event at most once.

    ``since`` is where the predictions begin. A label that comes before its prediction is invalid.
    """
    newest = last_of_each(labels.keys, labels.times)
    duplicate = int(len(labels) - newest.sum())
    keys, truth, times = labels.keys[newest], labels.truth[newest], labels.times[newest]
    places = np.flatnonzero(chosen)
    index = pd.Index(predictions.keys[places], copy=False)
    found = index.get_indexer(keys)
    matched = found >= 0
    first = milliseconds(since + max_delay)
    unknown = ~matched & (times >= first)
    rows = places[found[matched]]
    delays = times[matched] - predictions.times[rows]
    early, late = delays < -_CLOCKS, delays > max_delay.total_seconds() * 1000
    used = ~early & ~late
    rejected = {
        "unknown": int(unknown.sum()),
        "duplicate": duplicate,
        "late": int(late.sum()),
        "invalid": labels.invalid + int(early.sum()),
    }
    return Joined(
        rows=rows[used],
        truth=truth[matched][used],
        delays=np.maximum(delays[~early], 0) / 1000,
        rejected=rejected,
        earlier=int((~matched & ~unknown).sum()),
        examples=tuple(map(str, labels.ids[newest][unknown][:3])),
        waits=np.maximum(delays[used], 0) / 1000,
    )
