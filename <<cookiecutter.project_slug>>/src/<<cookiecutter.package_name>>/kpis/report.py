"""The monthly report: what the model was worth, as Markdown and as one page with plots."""

from datetime import date
from pathlib import Path

from .content import build_report
from .figures import MonthFigures, figures_of_month
from .file import KpiFile
from .month import Book, KpiReportError, Month, tally

# Months in the plot of the history.
_HISTORY = 12
# The day of the month on which the report of the one before is made without being asked for.
DUE_DAY = 15


def write_report(
    kpi: KpiFile, book: Book, name: str, month: Month, today: date, folder: Path
) -> list[Path]:
    """Write ``<month>.md`` and ``<month>.html`` of the model ``name`` into ``folder``.

    Raises ``KpiReportError`` if nothing is booked for the month.
    """
    months = months_until(kpi, book, month, today)
    report = build_report(kpi, months, name)
    image, alternative = None, ""
    if months[-1].has_enough_labels:
        from .plot import ALTERNATIVE, plot

        image, alternative = plot(kpi, months), ALTERNATIVE
    stem = stem_of(folder, month)
    report.page(image, alternative).write(stem.with_suffix(".html"), None)
    stem.with_suffix(".md").write_text(report.markdown(), encoding="utf-8")
    return [stem.with_suffix(".md"), stem.with_suffix(".html")]


def write_due(kpi: KpiFile, book: Book, name: str, today: date, folder: Path) -> list[Path]:
    """Write the report of the last whole month once labels had their time; nothing if it is there.

    On the 15th, or with the first run after it: earlier, half of the labels would be missing. A
    month before the book gets none.
    """
    month = Month.before(today)
    is_booked = bool(book.outcomes or book.volumes) and book.first < month.end
    if today.day < DUE_DAY or not is_booked or stem_of(folder, month).with_suffix(".md").exists():
        return []
    return write_report(kpi, book, name, month, today, folder)


def stem_of(folder: Path, month: Month) -> Path:
    """Where the report of a month is, without the ending."""
    return folder / f"{month.year}-{month.number:02}"


def months_until(kpi: KpiFile, book: Book, month: Month, today: date) -> list[MonthFigures]:
    """Figures of ``month``, last, and of up to eleven months before it that are booked."""
    found = [figures_of_month(kpi, tally(book, kpi.names, month, today))]
    for _ in range(_HISTORY - 1):
        month = month.previous
        try:
            earlier = tally(book, kpi.names, month, today)
        except KpiReportError:
            break
        found.insert(0, figures_of_month(kpi, earlier))
    return found
