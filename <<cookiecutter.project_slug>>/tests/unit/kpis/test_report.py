"""What the monthly report says, in words, in figures and in pictures."""

import base64
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from test_formulas import COUNTS, kpi

from <<cookiecutter.package_name>>.kpis.content import build_report
from <<cookiecutter.package_name>>.kpis.figures import figures_of_month, is_met, measured
from <<cookiecutter.package_name>>.kpis.file import Indicator, Target
from <<cookiecutter.package_name>>.kpis.formulas import figures
from <<cookiecutter.package_name>>.kpis.month import Book, KpiReportError, Month, tally
from <<cookiecutter.package_name>>.kpis.plot import plot
from <<cookiecutter.package_name>>.kpis.report import months_until, write_due, write_report
from <<cookiecutter.package_name>>.kpis.words import money, rounded, shown, signed
from <<cookiecutter.package_name>>.observations.volumes import Volume

TODAY = date(2026, 11, 28)
SEPTEMBER = Month(2026, 9)
INDICATORS = [
    Indicator(metric="roi", kpi="Return", owner="Ann", target=Target(at_least=50)),
    Indicator(metric="recall", kpi="Missed <b>", owner="Bob", target=Target(at_least=0.9)),
    Indicator(metric="cost_per_1000", kpi="Unit cost", owner="Cy", target=Target(at_most=200)),
    Indicator(metric="availability", kpi="Lost", owner="Di", target=Target(at_least=0.99)),
    Indicator(metric="precision", kpi="Wasted", owner="Di"),
]
FILE = kpi(cores=2.0, per_core_hour=0.25, memory_gib=4.0, per_gib_hour=0.125, per_month=1780.0)
FILE = FILE.model_copy(update={"kpis": INDICATORS, "minimum_labels": 200})


def book(counts=COUNTS, predictions=20000, month=SEPTEMBER):
    """The counts on the first day of the month, and nothing on the others."""
    first, second = month.first, month.first + timedelta(days=1)
    labelled = sum(counts.values())
    volume = Volume(predictions, labelled, labelled * 3 * 86400.0, 9 * 86400.0)
    return Book({f"{first}": {"v7": counts}}, {f"{first}": {"v7": volume}, f"{second}": {}})


def report_of(the_book, file=FILE, month=SEPTEMBER):
    return build_report(file, months_until(file, the_book, month, TODAY), "credit-risk")


def rows_of(report, caption):
    (rows,) = [rows for title, _, rows in report.tables if title == caption]
    return [[cell if isinstance(cell, str) else cell.text for cell in row] for row in rows]


def test_the_worked_example_in_plain_words():
    report = report_of(book())

    assert report.title == "Value of credit-risk in September 2026"
    assert (report.status, report.tone) == ("brings more than it costs", "good")
    assert "9,720 decisions whose outcome is known were worth −7,200 EUR" in report.lead
    assert "would have been worth −216,000 EUR" in report.lead
    assert "After costs of 4,000 EUR the model's net benefit is 204,800 EUR (95 %" in report.lead
    facts = {fact.name: fact.value for fact in report.facts}
    assert facts["Return on costs"] == "51.2"
    assert facts["With a label"] == "48.6%"
    assert facts["Until the label"] == "3.0 days"
    assert "10,280 decisions have no label yet" in report.notes[0]


def test_the_sum_adds_up_line_by_line():
    rows = rows_of(report_of(book()), "How the sum comes about")

    amounts = [float(re.sub("[^0-9−]", "", row[1]).replace("−", "-")) for row in rows]
    assert sum(amounts[:-1]) == amounts[-1] == 204800


def test_targets_have_an_owner_and_are_met_or_missed():
    rows = rows_of(report_of(book()), "What it is measured by")

    assert rows == [
        ["Return", "return on costs", "Ann", "at least 50", "51.2", "met"],
        ["Missed <b>", "recall", "Bob", "at least 90.0%", "66.7%", "missed"],
        ["Unit cost", "cost per 1000", "Cy", "at most 200.00 EUR", "200.00 EUR", "met"],
        ["Lost", "availability", "Di", "at least 0.99", "–", "see the dashboard"],
        ["Wasted", "precision", "Di", "–", "33.3%", "–"],
    ]


def test_with_too_few_labels_nothing_is_said_about_money():
    report = report_of(book({"tp": 150, "fn": 49, "fp": 0, "tn": 0}))

    assert report.status == "not enough labels"
    assert "asks for 200 before anything is said" in report.lead
    assert report.facts[0].value == "–"
    assert rows_of(report, "What it is measured by")[0][-2:] == ["–", "not known"]
    assert "How the sum comes about" not in [caption for caption, _, _ in report.tables]
    assert report_of(book({"tp": 150, "fn": 50, "fp": 0, "tn": 0})).status != "not enough labels"


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"tp": 0, "fp": 400, "tn": 0, "fn": 0}, "costs more than it brings"),
        ({"tp": 13, "fp": 20, "tn": 200, "fn": 0}, "may be chance"),
    ],
)
def test_loss_and_chance_are_called_so(counts, status):
    assert report_of(book(counts, 0)).status == status


def test_the_month_before_is_compared_with_and_so_is_no_month():
    earlier, now = book({"tp": 300, "fp": 0, "tn": 0, "fn": 100}, 1000), book()
    both = Book(
        {"2026-08-31": earlier.outcomes["2026-09-01"], **now.outcomes},
        {"2026-08-31": earlier.volumes["2026-09-01"], **now.volumes},
    )

    rows = {row[0]: row[1:] for row in rows_of(report_of(both), "Against the month before")}

    assert rows["Decisions"] == ["1,000", "20,000", "+19,000"]
    assert rows["Recall"] == ["75.0%", "66.7%", "−8.3 points"]
    assert rows["Net benefit"][1] == "204,800 EUR"
    alone = rows_of(report_of(now), "Against the month before")
    assert alone == [["Nothing is booked for the month before."]]


def test_a_month_under_way_says_so():
    report = report_of(book(month=Month(2026, 11)), month=Month(2026, 11))

    assert "The month is not whole: the report is about 2026-11-01 to before" in report.notes[0]


def test_markdown_and_page_say_the_same(tmp_path):
    markdown, page = write_report(FILE, book(), "credit-risk", SEPTEMBER, TODAY, tmp_path)

    assert [markdown.name, page.name] == ["2026-09.md", "2026-09.html"]
    text, html = markdown.read_text(), page.read_text()
    for said in ("204,800 EUR", "brings more than it costs", "Missed", "66.7%", "Bob"):
        assert said in text
        assert said in html
    assert "<b>" not in html
    image = base64.b64decode(re.search("data:image/svg\\+xml;base64,([^']+)", html)[1]).decode()
    assert image.count('<g id="axes_') == 4
    # Nothing is loaded from anywhere.
    assert not re.findall("(?:src|href)='?\"?(?!data:)[^'\" >]", html)


def test_equal_figures_give_an_equal_page(tmp_path):
    pages = []
    for name in ("first", "second"):
        _, page = write_report(FILE, book(), "m", SEPTEMBER, TODAY, tmp_path / name)
        pages.append(page.read_bytes())

    assert pages[0] == pages[1]


def test_without_labels_there_are_no_pictures_of_money(tmp_path):
    few = book({"tp": 1, "fp": 0, "tn": 0, "fn": 0})

    _, page = write_report(FILE, few, "m", SEPTEMBER, TODAY, tmp_path)

    assert "data:image" not in page.read_text()


def test_pictures_can_be_drawn_of_other_outcomes_and_of_many_months():
    from test_outcomes import kpi as build

    values = {"within": 12.0, "over": -6.0, "under": -40.0}
    file = build(values, tolerance=5.0, minimum_labels=10)
    days = {
        f"2026-{month:02}-03": {"v1": {"within": 30 - month, "over": 4}} for month in range(1, 12)
    }
    months = months_until(file, Book(days, {}), Month(2026, 11), TODAY)

    assert len(months) == 11
    assert plot(file, months).startswith("data:image/svg+xml;base64,")


def plots_of(months):
    """The SVG of each of the four plots; texts are in its comments."""
    image = base64.b64decode(plot(FILE, months).partition(",")[2]).decode()
    return re.split('<g id="axes_.">', image)[1:]


def test_the_month_before_is_drawn_and_one_with_few_labels_is_named():
    few, now = book({"tp": 1, "fp": 0, "tn": 0, "fn": 0}, month=Month(2026, 10)), book()
    both = Book(few.outcomes | now.outcomes, few.volumes | now.volumes)

    _, _, days, history = plots_of(months_until(FILE, both, Month(2026, 10), TODAY))

    assert "<!-- September 2026 -->" in days
    assert "<!-- October 2026 -->" in days
    assert "<!-- too few -->" in history


def test_a_month_of_one_day_is_seen_in_the_plot_of_days():
    def marks(today):
        months = months_until(FILE, book(month=Month(2026, 11)), Month(2026, 11), today)
        # The line itself is blue as well, but not filled.
        return re.findall("<use [^>]*fill: #2463a6", plots_of(months)[2])

    # One at the value and one in the legend; days that make a line need none.
    assert len(marks(date(2026, 11, 1))) == 2
    assert marks(TODAY) == []


def test_an_unknown_month_writes_nothing(tmp_path):
    with pytest.raises(KpiReportError):
        write_report(FILE, book(), "m", Month(2025, 1), TODAY, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_report_is_due_once_when_labels_had_their_time(tmp_path):
    def made(day, the_book=None):
        return [path.name for path in write_due(FILE, the_book or book(), "m", day, tmp_path)]

    assert made(date(2026, 10, 14)) == []
    assert made(date(2026, 10, 15)) == ["2026-09.md", "2026-09.html"]
    assert made(date(2026, 10, 16)) == []
    # Booked since September, so October has a report, and August had none.
    assert made(date(2026, 11, 30)) == ["2026-10.md", "2026-10.html"]
    assert made(date(2026, 9, 20)) == []
    assert made(date(2026, 9, 20), Book({}, {})) == []


def test_metrics_are_measured_on_labelled_decisions():
    month = figures_of_month(FILE, tally(book(), FILE.names, SEPTEMBER, TODAY))

    assert measured("precision", month) == 720 / 2160
    assert measured("correct_share", month) == (720 + 7200) / 9720
    assert measured("label_delay_days", month) == 3
    assert measured("value_per_1000", month) == figures(FILE, COUNTS, 20000).value_per_1000
    assert measured("availability", month) is None
    assert is_met(INDICATORS[4], 0.5) is None
    assert measured("precision", replace(month, has_enough_labels=False)) is None


def test_figures_are_written_for_people():
    assert money(FILE, -0.4) == "0 EUR"
    assert (rounded(-0.4), rounded(-1234.5)) == ("0", "−1,234")
    assert money(FILE, -1234.5, 2) == "−1,234.50 EUR"
    assert shown("roi", 51.2, FILE) == "51.2"
    assert shown("label_delay_days", 3.04, FILE) == "3.0 days"
    assert shown("recall", None, FILE) == "–"
    assert signed("recall", 0.051, FILE) == "+5.1 points"
    assert signed("net_benefit", -5, FILE) == "−5 EUR"
    assert signed("recall", -0.0001, FILE) == "no change"
