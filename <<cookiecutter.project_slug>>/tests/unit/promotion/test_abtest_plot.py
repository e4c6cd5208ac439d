"""The image of an A/B test: an image, and no outcome in it before the horizon."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from <<cookiecutter.package_name>>.promotion.abtest import evaluate
from <<cookiecutter.package_name>>.promotion.abtest_log import Assignments, Outcome, Unit
from <<cookiecutter.package_name>>.promotion.abtest_plot import alternative, plot
from <<cookiecutter.package_name>>.promotion.hypothesis import VARIANTS, Hypothesis

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
QUESTION = Hypothesis("paid", 0.2, 0.2, days=0.0)


def result(count: int, rate: float):
    units = [Unit(f"u{n}", VARIANTS[n % 2], START + timedelta(minutes=n)) for n in range(count)]
    outcomes = {unit.name: Outcome(float(n % 10 < 10 * rate)) for n, unit in enumerate(units)}
    log = Assignments(units, lines=count)
    return evaluate(QUESTION, log, outcomes, START, START + timedelta(days=9))


@pytest.mark.parametrize(
    "count, words", [(40, "Counted and needed units"), (400, "the difference with its interval")]
)
def test_an_image(count, words):
    found = result(count, 0.3)
    kind, _, data = plot(found).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert words in alternative(found)


def test_before_the_horizon_outcomes_make_no_difference():
    assert plot(result(40, 0.1)) == plot(result(40, 0.9))
    assert plot(result(400, 0.1)) != plot(result(400, 0.9))
