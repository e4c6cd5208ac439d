"""`make dashboards`: write the committed dashboards anew."""

import argparse
from pathlib import Path

from ..settings import load_settings

FOLDER = Path("observability/cluster/dashboards")


def add_commands(add) -> None:
    """The command and its options."""
    command = add("dashboards", dashboards, "write observability/cluster/dashboards anew")
    command.add_argument("--output", type=Path, help="another folder")


def dashboards(arguments: argparse.Namespace) -> int:
    """Write every dashboard, say where."""
    from ..kpis.file import KPI_FILE, load_kpi
    from .writing import write

    settings = load_settings()
    folder = arguments.output or settings.root / FOLDER
    for file in write(settings.model_name, load_kpi(settings.root / KPI_FILE).currency, folder):
        print(file)
    return 0
