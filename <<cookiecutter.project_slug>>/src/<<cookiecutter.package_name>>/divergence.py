"""How far a sample lies from a profile entry, and how far it would lie by chance alone.

- ``psi``: population stability index, the sum over bins of (p - q) ln(p / q), which is the
  symmetrised Kullback-Leibler divergence. The usual reading, from N. Siddiqi, *Credit Risk
  Scorecards* (Wiley, 2006): below 0.1 stable, 0.1 to 0.2 watch, above 0.2 changed.
- ``jensen_shannon``: the Jensen-Shannon distance in nats, the square root of the divergence of
  J. Lin, *Divergence Measures Based on the Shannon Entropy* (IEEE Trans. Inf. Theory 37, 1991):
  0 for equal shares, sqrt(ln 2) = 0.83 for disjoint ones.
- ``wasserstein``: the mean distance between equal quantiles of both samples in standard deviations
  of the reference (S. Vallender, Theory Probab. Appl. 18, 1974).

Two samples of one distribution never score zero, and the smaller they are, the higher they score.
Each function therefore returns (measured, noise), and noise is what to expect without any drift:

- PSI is about (1/n + 1/m) times a chi-squared variable with (bins - 1) degrees of freedom, so its
  mean is (bins - 1)(1/n + 1/m); B. Yurdakul, *Statistical Properties of Population Stability
  Index* (Western Michigan University, 2018). A bin that expects less than one row adds only that
  much. Near equality the Jensen-Shannon divergence is an eighth of PSI.
- Wasserstein: the distance is the integral of the difference of two distribution functions, which
  at x has the standard deviation sqrt(F (1 - F) (1/n + 1/m)); the mean size of a normal variable is
  sqrt(2/pi) standard deviations.
"""

import numpy as np
import pandas as pd

from .profile import GRID, Entry, as_numbers, count_values, reference_shares

# An empty bin counts as half a row, but never as less than this share: otherwise one stray row
# among a million would weigh more, the more rows there are.
_SMALLEST_SHARE = 1e-4


def psi(entry: Entry, values: pd.Series, reference_rows: int) -> tuple[float, float]:
    """(measured, noise) of the population stability index; missing and unseen are bins too."""
    p, q, noise = _shares(entry, values, reference_rows)
    return float(((p - q) * np.log(p / q)).sum()), noise


def jensen_shannon(entry: Entry, values: pd.Series, reference_rows: int) -> tuple[float, float]:
    """(measured, noise) of the Jensen-Shannon distance; missing and unseen are bins too."""
    p, q, noise = _shares(entry, values, reference_rows)
    middle = (p + q) / 2
    divergence = float((p * np.log(p / middle) + q * np.log(q / middle)).sum() / 2)
    # Noise adds to the divergence and not to its root: what it costs is a difference of roots.
    measured = max(0.0, divergence) ** 0.5
    return measured, measured - max(0.0, divergence - noise / 8) ** 0.5


def wasserstein(entry: Entry, values: pd.Series, reference_rows: int) -> tuple[float, float]:
    """(measured, noise) of the distance, for an entry that has ``quantiles``.

    Both samples stand on GRID quantiles, so that a tail thinner than half a step is not seen. A row
    that is missing in one sample and present in the other is charged one standard deviation.
    """
    numbers = as_numbers(values)
    ordered = np.sort(numbers[np.isfinite(numbers)]).astype(np.float64)
    missing = reference_shares(entry)[-1]
    gone = abs(missing - (1 - len(ordered) / len(numbers)))
    if not len(ordered):
        return gone, 0.0
    # A constant has no deviation; its own size is the only scale there is.
    unit = entry["std"] or abs(entry["mean"]) or 1.0
    reference = np.array(entry["quantiles"]) / unit
    steps = (np.arange(GRID) + 0.5) / GRID
    current = ordered[(steps * len(ordered)).astype(np.int64)] / unit
    below = np.arange(1, GRID) / GRID
    spread = float((np.sqrt(below * (1 - below)) * np.diff(reference)).sum())
    per_row = 1 / (reference_rows * (1 - missing)) + 1 / len(ordered)
    distance = float(np.abs(reference - current).mean())
    return distance + gone, float(np.sqrt(2 / np.pi * per_row) * spread)


def _shares(
    entry: Entry, values: pd.Series, reference_rows: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Smoothed shares of reference and sample in the bins that either uses, and the PSI noise."""
    counts, rows = count_values(values, entry), len(values)
    reference = np.rint(reference_shares(entry) * reference_rows)
    used = (counts + reference) > 0
    counts, reference = counts[used], reference[used]
    expected = (counts + reference) / (reference_rows + rows) * min(reference_rows, rows)
    noise = (np.minimum(expected, 1).sum() - 1) * (1 / reference_rows + 1 / rows)
    return _smooth(reference), _smooth(counts), max(0.0, float(noise))


def _smooth(counts: np.ndarray) -> np.ndarray:
    extra = max(0.5, _SMALLEST_SHARE * counts.sum())
    return (counts + extra) / (counts.sum() + extra * len(counts))
