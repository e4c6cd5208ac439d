"""The report: complete, the same in both forms, and silent on outcomes before the horizon."""

import base64
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from <<cookiecutter.package_name>>.promotion.abtest import evaluate
from <<cookiecutter.package_name>>.promotion.abtest_log import Assignments, Outcome, Unit
from <<cookiecutter.package_name>>.promotion.abtest_report import markdown, write_page
from <<cookiecutter.package_name>>.promotion.hypothesis import VARIANTS, Hypothesis

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
RELEASES = {"default": "v7-3f9a1c20d4e1", "challenger": "v8-0a1b2c3d4e5f"}
QUESTION = Hypothesis("paid | renewed", 0.2, 0.1, days=0.0)
MONEY = Hypothesis("<revenue>", 100.0, 10.0, deviation=20.0, better="lower", days=0.0)


def result(count, hypothesis=QUESTION, rates=(0.0, 1.0), **log):
    assignments = Assignments(lines=count, **log)
    outcomes = {}
    for number in range(count):
        variant = number % 2
        name = f"u{number}"
        assignments.units.append(Unit(name, VARIANTS[variant], START + timedelta(minutes=number)))
        value = rates[variant] if number % 5 else rates[0]
        outcomes[name] = Outcome(value + (number % 3 if hypothesis is MONEY else 0))
    return evaluate(hypothesis, assignments, outcomes, START, START + timedelta(days=30))


def rows(text, first):
    """The cells of the Markdown table whose row starts with ``first``."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_a_winner():
    text = markdown(result(700), RELEASES)
    assert text.startswith("**challenger wins.** The challenger becomes the release")
    assert rows(text, "default")[:2] == ["default", "v7-3f9a1c20d4e1"]
    assert rows(text, "challenger")[-2:] == ["294", "294"]
    assert rows(text, "Outcome")[1] == "`paid \\| renewed (proportion), higher is better`"
    assert rows(text, "Rate of default") == ["Rate of default", "0.00%"]
    assert rows(text, "95 % interval of the difference")[1].startswith("+7")
    assert "112 units after the horizon, left out" in text
    assert "horizon 2026-11-02 17:47 UTC" in text


def test_before_the_horizon_nothing_is_told_of_outcomes(tmp_path):
    found = result(300)
    text = markdown(found, RELEASES)
    assert text.startswith("**not yet.**")
    assert "150 of 294 units with an outcome, 144 missing" in text
    write_page(found, RELEASES, "prod", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    for words in ("Rate of", "p-value", "Difference", "interval"):
        assert words not in text and words not in page
    assert "144 missing" in page


def test_means_are_told_in_their_own_unit():
    text = markdown(result(700, MONEY, rates=(100.0, 80.0)), RELEASES)
    assert text.startswith("**challenger wins.**")
    assert rows(text, "Expected of default")[1] == "`100, deviation 20`"
    assert rows(text, "Difference")[1].startswith("-15.9")
    assert rows(text, "Smallest difference worth a change")[1] == "`10`"


def test_rates_that_are_too_small_for_the_z_test_are_marked():
    text = markdown(result(700, rates=(0.0, 0.0)), RELEASES)
    assert "Only 0.0 events expected in one cell" in text
    assert text.startswith("**no difference.** The default stays")


def test_what_was_left_out_of_the_log():
    text = markdown(
        result(700, duplicates=3, before_start=12, unusable=2, problem="log:4 has no unit"),
        RELEASES,
    )
    assert "Units answered by both variants: 3, left out" in text
    assert "12 answers before traffic was split" in text
    assert "2 lines of the log that cannot be used; the first: log:4 has no unit." in text


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.images, self.loads = [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "img":
            self.images.append(found)
        self.loads += [value for key, value in attributes if key in ("src", "href")]


@pytest.mark.parametrize(
    "found", [result(700), result(300), result(700, duplicates=90), result(700, MONEY)]
)
def test_the_page_stands_alone(tmp_path, found):
    path = tmp_path / "reports" / "ab.html"
    write_page(found, RELEASES, "prod", path)
    page = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    (image,) = tags.images
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert all(place.startswith("data:") for place in tags.loads)
    assert "<revenue>" not in page
    for reason in found.reasons:
        assert reason[1:].split("'")[0] in page


def test_equal_results_give_equal_pages(tmp_path):
    pages = []
    for name in ("a.html", "b.html"):
        write_page(result(700), RELEASES, "prod", tmp_path / name)
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1]
