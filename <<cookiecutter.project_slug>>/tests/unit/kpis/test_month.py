"""Counts of a month from what was booked by day."""

from datetime import date

import pytest

from <<cookiecutter.package_name>>.kpis.month import Book, KpiReportError, Month, tally
from <<cookiecutter.package_name>>.observations.volumes import Volume

NAMES = ("tp", "fp", "tn", "fn")
DAY = 86400.0
TODAY = date(2026, 11, 28)
BOOK = Book(
    {
        "2026-09-30": {"v7": {"tp": 100}},
        "2026-10-01": {"v7": {"tp": 1, "fn": 2}},
        "2026-10-31": {"v7": {"tp": 3}, "v8": {"fp": 4, "tn": 5}},
        "2026-11-02": {"v8": {"tn": 7}},
    },
    {
        "2026-09-30": {"v7": Volume(100, 100, 0.0, 0.0)},
        "2026-10-01": {"v7": Volume(10, 3, 6 * DAY, 4 * DAY)},
        "2026-10-31": {"v7": Volume(2), "v8": Volume(20, 9, 6 * DAY, 2 * DAY)},
    },
)


def test_a_month_is_counted_from_its_first_to_its_last_day():
    found = tally(BOOK, NAMES, Month(2026, 10), TODAY)

    assert found.outcomes == {"tp": 4, "fp": 4, "tn": 5, "fn": 2}
    # On the last day v7 has more labels than its logs count predictions: both versions together.
    assert found.predictions == 10 + 22
    assert (found.labelled, found.coverage) == (15, 15 / 32)
    assert found.versions == ("v7", "v8")
    assert (found.delay_mean, found.delay_max) == (1.0, 4.0)
    assert found.period.days == 31
    assert found.period.months == 1
    assert found.is_whole
    assert [day.date.day for day in found.days] == list(range(1, 32))


def test_labelled_decisions_were_decisions_even_without_their_logs():
    assert tally(BOOK, NAMES, Month(2026, 11), TODAY).predictions == 7


def test_a_month_that_is_cut_short_costs_its_days_only():
    running = tally(BOOK, NAMES, Month(2026, 11), TODAY)
    first = tally(BOOK, NAMES, Month(2026, 9), TODAY)

    assert (running.start, running.end) == (date(2026, 11, 1), date(2026, 11, 29))
    assert running.period.days == 28
    assert first.period == (first.period.__class__)(1, 1 / 30)
    assert not running.is_whole


@pytest.mark.parametrize("month", [Month(2026, 8), Month(2026, 12)])
def test_a_month_outside_the_book_is_refused(month):
    with pytest.raises(KpiReportError, match="nothing is booked for .* 2026-09-30 to 2026-11-28"):
        tally(BOOK, NAMES, month, TODAY)


def test_an_empty_book_says_what_to_do():
    with pytest.raises(KpiReportError, match="nothing is booked yet: `make monitor`"):
        tally(Book({}, {}), NAMES, Month(2026, 10), TODAY)


def test_outcomes_without_a_value_are_named_with_their_day():
    with pytest.raises(KpiReportError, match="on 2026-10-01 there are outcomes fn, tp in the book"):
        tally(BOOK, ("within", "over", "under"), Month(2026, 10), TODAY)


def test_months_are_written_as_year_and_number():
    assert Month.parse("2026-02").days == 28
    assert Month.before(date(2026, 1, 5)) == Month(2025, 12)
    assert Month(2026, 12).end == date(2027, 1, 1)
    assert str(Month(2026, 10)) == "October 2026"
    for wrong in ("2026-13", "2026-1", "October", "2026-00", "0000-01", "-2026-1"):
        with pytest.raises(KpiReportError, match="is no month"):
            Month.parse(wrong)
