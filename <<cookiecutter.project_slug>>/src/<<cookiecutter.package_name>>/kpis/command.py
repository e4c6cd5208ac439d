"""Commands about what the model is worth; each has a make target."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import Settings, load_settings

if TYPE_CHECKING:
    from .month import Book


def add_commands(add) -> None:
    """Hang the commands into the command line; ``add`` makes a parser for one."""
    add("kpi-rules", write_rules, "write the constants of observability/kpi.yaml as rules")
    report = add("kpi-report", write_report, "what the model was worth in a month")
    report.add_argument("--month", help="such as 2026-10; otherwise the last whole month")
    report.add_argument("--ledger", type=Path, help="folder of the daily outcomes")
    report.add_argument("--output", type=Path, help="folder; otherwise artifacts/reports/kpi")


def write_rules(arguments: argparse.Namespace) -> int:
    from .file import KPI_FILE, load_kpi
    from .recording_rules import RULES_FILE, rules_text

    root = load_settings().root
    (root / RULES_FILE).write_text(rules_text(load_kpi(root / KPI_FILE)), encoding="utf-8")
    print(f"{RULES_FILE} is written from {KPI_FILE}; commit both")
    return 0


def write_report(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from .file import KPI_FILE, load_kpi
    from .month import Month
    from .report import write_report as write

    settings, today = load_settings(), datetime.now(UTC).date()
    book = read_book(settings, arguments.ledger)
    month = Month.parse(arguments.month) if arguments.month else Month.before(today)
    kpi = load_kpi(settings.root / KPI_FILE)
    output = arguments.output or settings.reports / "kpi"
    for path in write(kpi, book, settings.model_name, month, today, output):
        print(f"report: {path}")
    return 0


def read_book(settings: Settings, folder: Path | None = None) -> "Book":
    """What monitoring has booked, in ``folder`` or where monitoring keeps it.

    Raises ``ObservationError`` for a damaged file.
    """
    from ..observations.ledger import Ledger
    from ..observations.state_files import FOLDER
    from ..observations.volumes import Volumes
    from .month import Book

    place = folder or settings.monitoring_state / FOLDER
    return Book(Ledger(place).by_day(), Volumes(place).by_day())
