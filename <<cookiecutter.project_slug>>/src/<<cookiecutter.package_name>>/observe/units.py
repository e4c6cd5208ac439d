"""Values as a person reads them, by the names of units that Grafana uses."""

import math

_RATES = {"reqps": "req/s", "rowsps": "rows/s"}
_CURRENCIES = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_SECONDS = (
    (86400, "days"),
    (3600, "h"),
    (60, "min"),
    (1, "s"),
    (1e-3, "ms"),
    (1e-6, "µs"),
)
# From when on a number is shortened, by what, and how that is written.
_LARGE = ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e4, 1e3, "k"))


def show(value: float, unit: str, decimals: int | None = None) -> str:
    """``value`` with its unit, rounded to what is worth reading."""
    if math.isnan(value):
        return "not a number"
    if unit == "percentunit":
        return f"{_round(value * 100, decimals)} %"
    if unit == "percent":
        return f"{_round(value, decimals)} %"
    if unit in ("s", "ms"):
        return _duration(value if unit == "s" else value / 1000)
    if unit.startswith("currency"):
        code = unit.removeprefix("currency")
        sign = "−" if value < 0 else ""
        digits = (0 if abs(value) >= 100 else 2) if decimals is None else decimals
        return f"{sign}{_CURRENCIES.get(code, code + ' ')}{abs(value):,.{digits}f}"
    text = _large(value, decimals)
    return f"{text} {_RATES[unit]}" if unit in _RATES else text


def scale(most: float, unit: str) -> float:
    """What a step of an axis for ``unit`` is counted in: days where values are days, else 1."""
    factor = 1000 if unit == "ms" else 1
    if unit not in ("s", "ms"):
        return 1.0
    return next((size * factor for size, _ in _SECONDS if most / factor >= size), 1.0)


def _duration(seconds: float) -> str:
    if seconds == 0:
        return "0 s"
    for size, name in _SECONDS:
        if abs(seconds) >= size:
            text = _round(seconds / size, None)
            return f"{text} {'day' if name == 'days' and text == '1' else name}"
    return f"{seconds * 1e9:.0f} ns"


def _large(value: float, decimals: int | None) -> str:
    for least, size, name in _LARGE:
        if abs(value) >= least:
            return f"{_round(value / size, 1)} {name}"
    return _round(value, decimals)


def _round(value: float, decimals: int | None) -> str:
    # Without the dust of binary fractions, 60.00000000000001 is 60.
    value = float(f"{value:.10g}")
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2
        if 0 < size < 0.1:
            return f"{value:.2g}".replace("-", "−")
    return f"{value:,.{decimals}f}".replace("-", "−")
