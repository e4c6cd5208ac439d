"""Round numbers for the axis of a chart."""

import math

from .units import scale

# About so many from one end to the other.
_STEPS = 4


def axis(low: float, high: float, unit: str = "none") -> tuple[float, float, list[float]]:
    """Round limits around the values, and round places between them, in the unit's own steps."""
    counted = scale(max(abs(low), abs(high)), unit)
    low, high = low / counted, high / counted
    flat = high == low
    high = low + 1 if flat else high
    rough = (high - low) / _STEPS
    power = 10 ** math.floor(math.log10(rough))
    size = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    # Some air above what touches the top.
    if not flat and high > (last - 0.08) * size:
        last += 1
    size *= counted
    return first * size, last * size, [place * size for place in range(first, last + 1)]
