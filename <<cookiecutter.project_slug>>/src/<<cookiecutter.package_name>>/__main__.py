"""Command line: ``python -m <package> <command>``; every command has a make target."""

import argparse
import os
import sys
from pathlib import Path

from . import commands, console, labelling
from .dashboards import command as dashboards
from .failures import expected_errors
from .kpis import command as kpis
from .observe import command as observe
from .promotion import cli as promotion
from .promotion import rollout_cli as rollouts
from .promotion import status_cli as state

# Nobody is asked and nothing is sent: set before any library that would.
for _variable, _value in (
    ("ZENML_ANALYTICS_OPT_IN", "false"),
    ("MLFLOW_DISABLE_TELEMETRY", "true"),
    ("DVC_NO_ANALYTICS", "1"),
    ("DO_NOT_TRACK", "1"),
):
    os.environ.setdefault(_variable, _value)


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    kinds = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run, text: str) -> argparse.ArgumentParser:
        command = kinds.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("data", commands.data, "fetch the source, record it with DVC, remake what depends on it")
    add("ingest", commands.ingest, "fetch the source of params.yaml into data/raw")
    add("prepare", commands.prepare, "DVC stage: raw to prepared data")
    add("reference", commands.reference, "DVC stage: prepared to reference data")
    add("push-data", commands.push_data, "send the dataset's bytes to the DVC remote")
    add("pull-data", commands.pull_data, "get the dataset's bytes from the DVC remote")
    train = add("train", commands.train, "run the training pipeline")
    train.add_argument("--config", type=Path, default=Path("configs/training.yaml"))
    train.add_argument("--revision", help="train on the dataset of this tag, branch or commit")
    train.add_argument("--no-cache", action="store_true", help="run every step anew")
    monitor = add("monitor", commands.monitor, "predictions, or a batch, against the champion")
    monitor.add_argument("--config", type=Path, default=Path("configs/monitoring.yaml"))
    monitor.add_argument("--batch", help="CSV or Parquet file instead of logged predictions")
    monitor.add_argument("--output", type=Path, help="folder of pages; else artifacts/reports")
    monitor.add_argument("--findings-exit", type=int, default=3, help="status if there are any")
    compare = add("compare", commands.compare, "the last runs as a table and an HTML page")
    compare.add_argument("--last", type=int, default=10)
    compare.add_argument("--output", type=Path, default=Path("artifacts/reports/compare.html"))
    schema = add("schema", commands.schema, "propose configs/schema.yaml from data")
    schema.add_argument("--source", type=Path, help="CSV or Parquet file; otherwise data/raw")
    schema.add_argument("--target", required=True, help="the column to predict")
    schema.add_argument("--id", help="a column that names the row and predicts nothing")
    schema.add_argument("--write", action="store_true", help="write configs/schema.yaml")
    champion = add("champion", commands.champion, "the version that serves, and its bundle")
    champion.add_argument("--bundle", action="store_true", help="print the bundle's path only")
    verify = add("verify", commands.verify, "check every file of a bundle against its digest")
    verify.add_argument("bundle", type=Path)
    request = add("example-request", commands.example_request, "a request body from the dataset")
    request.add_argument("--rows", type=int, default=1)
    batch = add("example-batch", commands.example_batch, "rows of the dataset as a CSV batch")
    batch.add_argument("file", type=Path)
    batch.add_argument("--rows", type=int, default=200)
    batch.add_argument("--shifted", action="store_true", help="move every second feature")
    for part in (labelling, kpis, promotion, rollouts, state, dashboards, observe):
        part.add_commands(add)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; errors that a person can mend are one message, without a traceback."""
    arguments = parser().parse_args(argv)
    if console.wanted(arguments.command):
        return console.run(arguments.command, lambda: arguments.run(arguments))
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Python would flush once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except expected_errors() as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
