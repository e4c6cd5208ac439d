"""`make dashboards`: write the committed dashboards anew."""

import argparse
from pathlib import Path

from ..failures import ConfigError
from ..settings import load_settings

FOLDER = Path("observability/cluster/dashboards")
KPI = Path("observability/kpi.yaml")


def add_commands(add) -> None:
    """The command and its options."""
    command = add("dashboards", dashboards, "write observability/cluster/dashboards anew")
    command.add_argument("--output", type=Path, help="another folder")


def dashboards(arguments: argparse.Namespace) -> int:
    """Write every dashboard, say where."""
    from .writing import write

    settings = load_settings()
    folder = arguments.output or settings.root / FOLDER
    for file in write(settings.model_name, currency(settings.root / KPI), folder):
        print(file)
    return 0


def currency(path: Path) -> str:
    """The code of the currency that the KPI file counts in."""
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))["currency"]
    except (OSError, TypeError, KeyError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} has no `currency: EUR` or the like: {error}") from error
    return str(found)
