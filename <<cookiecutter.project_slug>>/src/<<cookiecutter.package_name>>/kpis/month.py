"""The counts of a calendar month, from the days that the monitoring job has booked."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from .formulas import Counts, Period


class DayVolume(Protocol):
    """All predictions of a day, and the delays of the labelled ones in seconds."""

    predictions: int
    labelled: int
    delay_sum: float
    delay_max: float


class KpiReportError(ValueError):
    """There is nothing to report, or the book fits another file; the message says what to do."""


class Month(NamedTuple):
    """A calendar month; days are UTC."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From ``2026-10``. Raises ``KpiReportError``."""
        year, _, number = text.partition("-")
        if not (len(year) == 4 and len(number) == 2 and (year + number).isdecimal()):
            raise KpiReportError(f"{text!r} is no month; write it as 2026-10")
        if not (int(year) and 1 <= int(number) <= 12):
            raise KpiReportError(f"{text!r} is no month; they go from 01 to 12")
        return cls(int(year), int(number))

    @classmethod
    def before(cls, day: date) -> "Month":
        """The last whole month before ``day``."""
        last = day.replace(day=1) - timedelta(days=1)
        return cls(last.year, last.month)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def days(self) -> int:
        return calendar.monthrange(self.year, self.number)[1]

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.first + timedelta(days=self.days)

    @property
    def previous(self) -> "Month":
        return Month.before(self.first)

    def __str__(self) -> str:
        return f"{calendar.month_name[self.number]} {self.year}"


@dataclass(frozen=True)
class Book:
    """What monitoring has booked: by day (such as 2026-11-28) and model version.

    ``outcomes`` are counts of labelled decisions, ``volumes`` those of all of them.
    """

    outcomes: Mapping[str, Mapping[str, Counts]]
    volumes: Mapping[str, Mapping[str, DayVolume]]

    @property
    def first(self) -> date:
        """The first day of all. Raises ``KpiReportError`` if there is none."""
        days = [*self.outcomes, *self.volumes]
        if not days:
            raise KpiReportError(
                "nothing is booked yet: `make monitor` books decisions once their labels are known"
            )
        return date.fromisoformat(min(days))


@dataclass(frozen=True)
class Day:
    """One day: labelled decisions by outcome, and all predictions."""

    date: date
    outcomes: Counts
    predictions: int


@dataclass(frozen=True)
class Tally:
    """Counts of ``month`` from ``start`` to before ``end``; delays are in days."""

    month: Month
    start: date
    end: date
    outcomes: Counts
    predictions: int
    versions: tuple[str, ...] = ()
    delay_mean: float | None = None
    delay_max: float | None = None
    days: tuple[Day, ...] = field(default=(), repr=False)

    @property
    def labelled(self) -> int:
        return sum(self.outcomes.values())

    @property
    def coverage(self) -> float | None:
        """The labelled share of all predictions."""
        return self.labelled / self.predictions if self.predictions else None

    @property
    def period(self) -> Period:
        """For costs: a month that is cut short costs its share of the days."""
        days = (self.end - self.start).days
        return Period(days, days / self.month.days)

    @property
    def is_whole(self) -> bool:
        return (self.end - self.start).days == self.month.days


def tally(book: Book, names: tuple[str, ...], month: Month, today: date) -> Tally:
    """The counts of ``month`` up to and with ``today``, by the outcomes ``names``.

    The month in which the book begins is counted, and costs, from that day. Raises
    ``KpiReportError`` for a month outside the book, or if the book has other outcomes.
    """
    start = max(month.first, book.first)
    end = min(month.end, today + timedelta(days=1))
    if start >= end:
        raise KpiReportError(
            f"nothing is booked for {month}; the book goes from {book.first} to {today}"
        )
    days, versions, waited, labelled, longest = [], set(), 0.0, 0, 0.0
    for offset in range((end - start).days):
        day = start + timedelta(days=offset)
        booked = book.outcomes.get(day.isoformat(), {})
        volumes = book.volumes.get(day.isoformat(), {})
        counts = {name: sum(entry.get(name, 0) for entry in booked.values()) for name in names}
        _refuse_others(day, booked, names)
        versions |= {*booked, *volumes}
        for volume in volumes.values():
            waited, labelled = waited + volume.delay_sum, labelled + volume.labelled
            longest = max(longest, volume.delay_max)
        known = sum(volume.predictions for volume in volumes.values())
        # A labelled decision was one, whatever became of the logs that count them.
        days.append(Day(day, counts, max(known, sum(counts.values()))))
    return Tally(
        month=month,
        start=start,
        end=end,
        outcomes={name: sum(day.outcomes[name] for day in days) for name in names},
        predictions=sum(day.predictions for day in days),
        versions=tuple(sorted(versions)),
        delay_mean=waited / labelled / 86400 if labelled else None,
        delay_max=longest / 86400 if labelled else None,
        days=tuple(days),
    )


def _refuse_others(day: date, booked: Mapping[str, Counts], names: tuple[str, ...]) -> None:
    others = sorted({name for entry in booked.values() for name in entry} - {*names})
    if others:
        raise KpiReportError(
            f"on {day} there are outcomes {', '.join(others)} in the book, to which "
            f"observability/kpi.yaml gives no value; it has {', '.join(names)}. Report with the "
            "file of that time, or start a new book"
        )
