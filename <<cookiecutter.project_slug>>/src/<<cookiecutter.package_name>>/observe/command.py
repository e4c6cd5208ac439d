"""`make observe`: dashboards drawn from live data, without a cluster."""

import argparse
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from ..settings import load_settings

SECONDS, ROWS = 60, 400
# The share of predictions that get a label, and the mean time until it comes.
LABELLED, LABEL_DELAY_SECONDS = 0.7, 8.0


def add_commands(add) -> None:
    """The command and its options."""
    command = add("observe", observe, "serve, load, watch; draw every dashboard as one page")
    command.add_argument("--seconds", type=int, default=SECONDS, help="of load")
    command.add_argument("--faults", action="store_true", help="with a canary that fails")
    command.add_argument("--keep", action="store_true", help="serve on, without load, until Ctrl-C")
    command = add("check-queries", check_queries, "does every query return data, and why not?")
    command.add_argument("prometheus", help="its address, such as http://127.0.0.1:9090")
    command.add_argument("--environment", default="dev", help="whose series are asked for")
    command.add_argument("--also", type=Path, action="append", default=[], help="one more file")
    command.add_argument("--reasons", type=Path, help="of queries in those files")


def observe(arguments: argparse.Namespace) -> int:
    """Run the whole look and print where the page is; what was started is stopped in the end."""
    # As after Ctrl-C, in order; a terminal that was closed hangs up, unless `nohup` forbids it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        return _look(arguments)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 128 + signal.SIGINT


def _look(arguments: argparse.Namespace) -> int:
    from ..monitoring import reference_of
    from ..registry import Registry
    from .candidate import calls, failing_bundle
    from .loading import load
    from .processes import Processes, alone
    from .programs import find_programs
    from .session import Session

    settings, began = load_settings(), time.monotonic()
    programs = find_programs()
    bundle = reference_of(Registry(settings).champion()).bundle

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)

    place = settings.root / "artifacts" / "observe"
    with alone(place) as folder, Processes(folder) as processes, ExitStack() as load_of_all:
        session = Session(settings, programs, processes, say)
        canary = failing_bundle(settings.root, folder / "bundles") if arguments.faults else None
        session.start_servers(bundle.folder, bundle.schema.loggable, canary)
        start = time.time()
        rows, truth = _rows(session, bundle.schema)
        default = session.address("default-http")
        load_of_all.enter_context(load(settings.root, default, rows, folder / "load.log"))
        if canary is not None:
            session.notes.append("The canary fails on purpose.")
            load_of_all.enter_context(calls(session.address("canary-http"), settings.model_name))
        session.watch(arguments.seconds)
        labels = _monitor(session, truth)
        path = _draw(session, bundle.version, start, arguments.seconds, labels)
        load_of_all.close()
        print(f"\npage: {path}", flush=True)
        if arguments.keep:
            _wait(session)
    return 0


def check_queries(arguments: argparse.Namespace) -> int:
    """Run every query of this repository, say which are empty without a reason; 1 if any is."""
    from .asking import first_metric, first_version
    from .checking import REASONS, check, read_reasons
    from .filling import local_values
    from .finding import find, in_file, numbered
    from .prometheus import Prometheus

    settings, prometheus = load_settings(), Prometheus(arguments.prometheus)
    queries = find(settings.root)
    for path in arguments.also:
        queries = numbered([*queries, *in_file(path, path.name)])
    values = local_values(
        settings.model_name,
        first_version(prometheus, f"{settings.model_name}-{arguments.environment}"),
        first_metric(prometheus),
        environment=arguments.environment,
    )
    # The first reason whose name fits counts.
    reasons = read_reasons(arguments.reasons) if arguments.reasons else []
    reasons += read_reasons(settings.root / REASONS)
    problems = check(queries, prometheus, values, reasons)
    for problem in problems:
        print(problem)
    print(f"{len(queries)} queries, {len(problems)} without data and without a reason")
    return 1 if problems else 0


def _rows(session, schema) -> tuple[Path, list]:
    """Rows of the dataset for the load test, and what is true of them."""
    from ..dataset import resolve
    from ..parquet import read_parquet
    from .traffic import SEED, write_rows

    frame = read_parquet(resolve(session.settings.root).path)
    rows = frame.sample(min(ROWS, len(frame)), random_state=SEED)
    path = session.folder / "rows.json"
    write_rows(path, rows, schema)
    return path, rows[schema.target.name].tolist()


def _monitor(session, truth: list) -> str:
    """Labels of a part of what was predicted so far, and a run of the monitoring pipeline."""
    from .traffic import write_labels

    path = session.folder / "labels" / "labels.csv"
    count = write_labels(path, session.events, truth, LABELLED, LABEL_DELAY_SECONDS)
    session.say(f"monitoring: drift, and quality with {count:,} labels")
    session.monitor(path)
    return f"{count:,} labels"


def _draw(session, version: str, start: float, seconds: int, labels: str) -> Path:
    from ..dashboards.command import FOLDER
    from .asking import first_metric, wait_for
    from .filling import local_values
    from .page import Look, alert_names, write_page

    session.say("panels")
    # What was pushed last is scraped, and what is computed from it follows; a line has two ends.
    wait_for(session.prometheus, "count_over_time(ml:kpi_net_benefit:30d[1m]) > 1", 20)
    end = time.time()
    boards = session.settings.root / FOLDER
    # What it is worth comes last.
    files = sorted(boards.glob("*.json"), key=lambda file: (file.stem == "business-kpis", file))
    day = time.strftime("%d %B %Y, %H:%M", time.localtime(end))
    look = Look(
        model=session.settings.model_name,
        start=start,
        end=end,
        lead=f"{day}. Version {version}, {seconds} s of load with rows of the dataset, {labels} "
        f"made from it; Prometheus looked every {session.interval}.",
        logs=[session.log_of(name) for name in session.predictors],
        alerts=session.alerts(),
        notes=[
            "Everything here is what the running programs answered; nothing is made up. Rows and "
            "labels are those of the dataset, part of which the model was trained on, so quality "
            "looks better than it would on new cases.",
            "Rates over five minutes and longer count the time before the start as quiet.",
            *session.notes,
        ],
    )
    path = session.pages / "index.html"
    metric = first_metric(session.prometheus)
    values = local_values(session.settings.model_name, version, metric, interval="20s")
    write_page(path, files, session.prometheus, values, look)
    for name in look.empty:
        print(f"no data: {name}")
    for name in alert_names(look.alerts):
        print(f"alert: {name}")
    return path


def _wait(session) -> None:
    for name in ("default-http", "prometheus", "alertmanager", "pushgateway"):
        print(f"{name:<14}{session.address(name)}")
    print("Ctrl-C stops all of it.", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()
