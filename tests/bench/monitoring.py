"""Speed and memory of monitoring a million logged predictions, against pandas reading them.

Run it with the development Python of a generated repository, whose package it measures:

    .venv/dev/bin/python monitoring.py --package tumour_screening --rows 1000000

The events are lines as the server prints them, with 30 features; every tenth is labelled. The
floor is pandas' own reader of such lines, in parts, since all at once needs many times the file.
Floor and monitoring run in processes of their own. Memory is the peak resident size of the process
that reads, joins and measures, imports included. Pages are drawn afterwards, in the same process.
Time of the processor is told beside that of the clock, for machines that others use as well.
"""

import argparse
import importlib
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Beside this script, which the Python of another repository runs.
import own_process
from own_process import MEMORY_EXTRA_MB, MEMORY_FACTOR, peak_mb, timed

SECONDS_BOUND = 60.0
_JITTER = 0.01
_LABELLED = 10
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def measure(package: str, rows: int) -> dict:
    """Figures and verdicts of the bounds as plain types; times in seconds, sizes in 10^6 bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # Not in this process: a child's peak starts at what its parent has in use.
        for name, shift in (("usual", "0"), ("shifted", "1")):
            own_process.run(__file__, package, rows, "write", folder / name, shift)
        floor, usual, shifted = (
            own_process.run(__file__, package, rows, what, folder / name, "0")
            for what, name in (("floor", "usual"), ("monitor", "usual"), ("monitor", "shifted"))
        )
    frame, peak = usual["frame_mb"], max(usual["peak_mb"], shifted["peak_mb"])
    allowed = MEMORY_FACTOR * frame + MEMORY_EXTRA_MB
    return {
        "rows": rows,
        "file_mb": round(usual["file_mb"], 1),
        "floor_seconds": round(floor["seconds"], 2),
        "floor_cpu_seconds": round(floor["cpu_seconds"], 2),
        "seconds": round(usual["seconds"], 2),
        "cpu_seconds": round(usual["cpu_seconds"], 2),
        "seconds_bound": SECONDS_BOUND,
        "ratio": round(usual["seconds"] / floor["seconds"], 2),
        "parts": {name: round(value, 2) for name, value in usual["parts"].items()},
        "frame_mb": round(frame, 1),
        "before_mb": round(usual["before_mb"], 1),
        "peak_mb": round(peak, 1),
        "peak_mb_bound": round(allowed, 1),
        "frames_above_before": round((peak - usual["before_mb"]) / frame, 2),
        "usual": usual["findings"],
        "shifted": shifted["findings"],
        "time_within_bound": usual["seconds"] <= SECONDS_BOUND,
        "memory_within_bound": peak <= allowed,
    }


def _write(folder: Path, rows: int, shifted: bool) -> dict:
    """Breast cancer rows, drawn with replacement and shaken by 1 %, as events; a tenth labelled."""
    import numpy as np
    import orjson
    from sklearn.datasets import load_breast_cancer

    folder.mkdir()
    table = load_breast_cancer(as_frame=True)
    names = [name.replace(" ", "_") for name in table.data.columns]
    random, values = np.random.default_rng(0), table.data.to_numpy()
    reference = values[random.integers(0, len(values), 50_000)]
    np.save(folder / "reference.npy", reference * random.normal(1, _JITTER, reference.shape))
    start = (NOW - timedelta(hours=20)).timestamp()
    with (
        (folder / "events.ndjson").open("wb") as events,
        (folder / "labels.csv").open("w", encoding="utf-8") as labels,
    ):
        labels.write("event_id,label,labelled_at\n")
        for first in range(0, rows, 10_000):
            drawn = random.integers(0, len(values), min(10_000, rows - first))
            matrix = values[drawn] * random.normal(1, _JITTER, (len(drawn), values.shape[1]))
            if shifted:
                matrix[:, ::2] += values[:, ::2].std(axis=0)
            lines = []
            for position, row in enumerate(matrix.tolist()):
                number = first + position
                moment = datetime.fromtimestamp(start + number * 0.05, UTC).isoformat()
                name = f"4bf92f35-77b3-4da6-a3ce-{number // 20:012d}"
                guess = int(table.target[drawn[position]])
                lines.append(orjson.dumps(_event(moment, name, number, guess, names, row)))
                if not number % _LABELLED:
                    text = ("malignant", "benign")[guess]
                    later = datetime.fromtimestamp(start + number * 0.05 + 600, UTC).isoformat()
                    labels.write(f"{name}-{number % 20},{text},{later}\n")
            events.write(b"\n".join(lines) + b"\n")
            if not first:
                (folder / "few.ndjson").write_bytes(b"\n".join(lines[:200]) + b"\n")
    (folder / "names.json").write_text(json.dumps(names))
    return {}


def _event(
    moment: str, request: str, number: int, guess: int, names: list[str], row: list[float]
) -> dict[str, Any]:
    return {
        "@timestamp": moment,
        "log.level": "info",
        "message": "prediction",
        "ecs.version": "9.4.0",
        "service.name": "tumour-screening",
        "service.environment": "prod",
        "service.version": "v7",
        "ml.model.name": "tumour-screening",
        "ml.model.version": "v7",
        "ml.model.run_id": "0123456789abcdef0123456789abcdef",
        "event.dataset": "ml.prediction",
        "event.action": "prediction",
        "event.outcome": "success",
        "http.request.id": request,
        "event.id": f"{request}-{number % 20}",
        "ml.prediction.class": ("malignant", "benign")[guess],
        "ml.prediction.score": 0.05 + 0.9 * (1 - guess) + number % 7 / 1000,
        "ml.features": dict(zip(names, row, strict=True)),
    }


def _floor(folder: Path) -> dict:
    import pandas as pd

    def read() -> int:
        with pd.read_json(folder / "events.ndjson", lines=True, chunksize=50_000) as parts:
            return sum(len(part) for part in parts)

    begun = time.process_time()
    seconds, _ = timed(read)
    return {"seconds": seconds, "cpu_seconds": time.process_time() - begun}


def _monitor(package: str, folder: Path) -> dict:
    import numpy as np
    import pandas as pd

    drift, profile, quality, schema = (
        importlib.import_module(f"{package}.{name}")
        for name in ("drift", "profile", "quality", "schema")
    )
    parts = ("files", "labels", "ledger", "logged_settings", "observation", "predictions")
    files, labels, ledger, logged, observation, predictions = (
        importlib.import_module(f"{package}.observations.{name}") for name in parts
    )
    table = json.loads((folder / "names.json").read_text())
    features = [schema.Column(name=name, type="number") for name in table]
    target = schema.Target(name="diagnosis", classes=["benign", "malignant"], positive="malignant")
    contract = schema.Schema(target=target, features=features)
    reference = pd.DataFrame(np.load(folder / "reference.npy"), columns=table)
    found = profile.build_profile(reference, contract)
    del reference
    bundle = SimpleNamespace(version="v7", schema=contract)
    settings = logged.LoggedSettings.model_validate(
        {"predictions": {"kind": "files", "path": "*"}, "slices": [{"feature": table[0]}]}
    )
    since = NOW - settings.history
    metrics = {"metrics": {"balanced_accuracy": 0.95, "roc_auc": 0.99, "accuracy": 0.95}}

    def run(pattern: str, times: dict[str, float]):
        reader = files.FileReader(folder, pattern)
        times["read"], events = timed(
            lambda: predictions.read_predictions(reader, contract, since, NOW)
        )
        times["labels"], told = timed(
            lambda: labels.read_label_files(folder, "labels.csv", contract)
        )
        times["measure"], (seen, joined) = timed(
            lambda: observation.observe(
                bundle,
                found,
                metrics,
                events,
                told,
                settings,
                quality.QualitySettings(max_duplicate_share=0.5),
                drift.DriftSettings(),
                since,
                NOW - settings.recent,
            )
        )

        def book():
            rows = joined.rows
            names = observation.outcomes_by_row(
                events, joined, lambda truth, said: np.where(truth == said, "correct", "incorrect")
            )
            versions = np.full(len(rows), "v7", dtype=object)
            place = ledger.Ledger(folder / f"ledger-{len(events)}")
            return place.book(events.keys[rows], events.times[rows], versions, names, since)

        times["book"], _ = timed(book)
        return events, seen

    # A few lines let every late import happen before the clock starts.
    run("few.ndjson", {})
    before = peak_mb()
    times: dict[str, float] = {}
    begun = time.process_time()
    events, seen = run("events.ndjson", times)
    peak = peak_mb()
    columns = [events.keys, events.times, events.predicted, events.scores, events.versions]
    frame = sum(values.nbytes for values in (*columns, *events.features.values()))
    pages = importlib.import_module(f"{package}.observations.pages")
    del events
    times["pages"], _ = timed(
        lambda: pages.pages_of(seen, seen.rows.head(5000), drift.DriftSettings(), 5000)
    )
    return {
        "parts": times,
        "seconds": sum(times.values()),
        "cpu_seconds": time.process_time() - begun,
        "frame_mb": frame / 1e6,
        "file_mb": (folder / "events.ndjson").stat().st_size / 1e6,
        "before_mb": before,
        "peak_mb": peak,
        "findings": [text.partition(":")[0] for text in seen.findings],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, help="the generated package, importable")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, folder, shift = options.child[0], Path(options.child[1]), options.child[2] == "1"
        children = {
            "write": lambda: _write(folder, options.rows, shift),
            "floor": lambda: _floor(folder),
            "monitor": lambda: _monitor(options.package, folder),
        }
        print(json.dumps(children[what]()))
        return 0
    figures = measure(options.package, options.rows)
    print(json.dumps(figures, indent=2))
    decided = "drift" in figures["shifted"] and not figures["usual"]
    return 0 if figures["time_within_bound"] and figures["memory_within_bound"] and decided else 1


if __name__ == "__main__":
    sys.exit(main())
