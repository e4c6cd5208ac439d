"""Values as people read them."""

import pytest

from <<cookiecutter.package_name>>.observe.axes import axis
from <<cookiecutter.package_name>>.observe.units import show


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.0314, "percentunit", None, "3.14 %"),
        (0.6000000000000001, "percentunit", None, "60 %"),
        (12.34, "reqps", 1, "12.3 req/s"),
        (0.0154, "s", None, "15.4 ms"),
        (86400, "s", None, "1 day"),
        (3.5 * 86400, "s", None, "3.50 days"),
        (250, "ms", None, "250 ms"),
        (0, "s", None, "0 s"),
        (14498, "short", None, "14.5 k"),
        (999, "short", None, "999"),
        (-1234567.4, "currencyEUR", 0, "−€1,234,567"),
        (2.5, "currencyCHF", 2, "CHF 2.50"),
        (0.0041, "short", None, "0.0041"),
        (float("nan"), "short", None, "not a number"),
    ],
)
def test_units(value, unit, decimals, text):
    assert show(value, unit, decimals) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "ticks"),
    [
        (0, 0, "short", [0, 0.25, 0.5, 0.75, 1.0]),
        (0, 95, "short", [0, 25, 50, 75, 100]),
        (0, 100, "short", [0, 25, 50, 75, 100, 125]),
        (-50, 90, "short", [-50, 0, 50, 100]),
        (0, 60 * 86400, "s", [day * 86400 for day in (0, 20, 40, 60, 80)]),
    ],
)
def test_axes_are_round(low, high, unit, ticks):
    assert axis(low, high, unit) == (ticks[0], ticks[-1], pytest.approx(ticks))
