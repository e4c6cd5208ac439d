"""Speed and memory of the data checks on a million rows, against what pandas itself needs.

Run it with the development Python of a generated repository, whose package it measures:

    .venv/dev/bin/python data_checks.py --package tumour_screening --rows 1000000

The floor is reading the Parquet file and ``describe()``. Floor and checks run in processes of their
own, in turn, so that a busy machine slows both alike; each takes its time without imports, and the
median of the rounds counts. Memory is the peak resident size of the process that reads the file and
runs all checks, imports included.
"""

import argparse
import importlib
import json
import statistics
import sys
import tempfile
from pathlib import Path

# Beside this script, which the Python of another repository runs.
import own_process
from own_process import MEMORY_EXTRA_MB, MEMORY_FACTOR, peak_mb, timed

TIME_BOUND = 5.0
_JITTER = 0.01


def measure(package: str, rows: int, rounds: int = 3) -> dict:
    """Figures and verdicts of the bounds as plain types; times in seconds, sizes in 10^6 bytes."""
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "rows.parquet"
        # Not in this process: a child's peak starts at what its parent has in use.
        own_process.run(__file__, package, rows, "write", data)
        floors, checks = [], []
        for _ in range(rounds):
            floors.append(own_process.run(__file__, package, rows, "floor", data))
            checks.append(own_process.run(__file__, package, rows, "checks", data))
    floor = statistics.median(run["seconds"] for run in floors)
    names = ("read", "schema", "quality", "drift")
    parts = {name: statistics.median(run[name] for run in checks) for name in names}
    seconds = statistics.median(sum(run[name] for name in names[1:]) for run in checks)
    frame, peak = checks[0]["frame_mb"], max(run["peak_mb"] for run in checks)
    allowed = MEMORY_FACTOR * frame + MEMORY_EXTRA_MB
    return {
        "rows": rows,
        "columns": checks[0]["columns"],
        "rounds": rounds,
        "floor_seconds": round(floor, 3),
        "seconds": round(seconds, 3),
        "parts": {name: round(value, 3) for name, value in parts.items()},
        "ratio": round(seconds / floor, 2),
        "ratio_with_reading": round((seconds + parts["read"]) / floor, 2),
        "ratio_bound": TIME_BOUND,
        "profile_seconds": round(statistics.median(run["profile"] for run in checks), 3),
        "frame_mb": round(frame, 1),
        "peak_mb": round(peak, 1),
        "peak_mb_bound": round(allowed, 1),
        "time_within_bound": (seconds + parts["read"]) / floor <= TIME_BOUND,
        "memory_within_bound": peak <= allowed,
    }


def _write(path: Path, rows: int) -> dict:
    """Breast cancer rows, drawn with replacement and shaken by 1 %, so that few are alike."""
    import numpy as np
    import pandas as pd
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True)
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(table.data), rows)
    columns = {
        name.replace(" ", "_"): values.to_numpy()[drawn] * generator.normal(1, _JITTER, rows)
        for name, values in table.data.items()
    }
    columns["diagnosis"] = np.array(["malignant", "benign"])[table.target][drawn]
    pd.DataFrame(columns).to_parquet(path, index=False)
    # A file of one row lets every process finish its late imports before its clock starts.
    pd.DataFrame(columns).iloc[:1].to_parquet(_small(path), index=False)
    return {}


def _small(path: Path) -> Path:
    return path.with_name(f"one-{path.name}")


def _floor(data: Path) -> dict:
    import pandas as pd

    pd.read_parquet(_small(data)).describe()
    return {"seconds": timed(lambda: pd.read_parquet(data).describe())[0]}


def _checks(package: str, data: Path) -> dict:
    drift, profile, quality, schema, validation = (
        importlib.import_module(f"{package}.{name}")
        for name in ("drift", "profile", "quality", "schema", "validation")
    )

    read = importlib.import_module(f"{package}.parquet").read_parquet
    read(_small(data))
    read_seconds, frame = timed(lambda: read(data))
    features = [
        schema.Column(name=name, type="number", minimum=-1e9, maximum=1e9)
        for name in frame.columns
        if name != "diagnosis"
    ]
    target = schema.Target(name="diagnosis", classes=["benign", "malignant"])
    contract = schema.Schema(target=target, features=features)
    settings = drift.DriftSettings(), quality.QualitySettings()
    # The profile is made with the dataset and not with every check, so it is timed apart.
    half = frame.iloc[: len(frame) // 2]
    profile_seconds, reference = timed(lambda: profile.build_profile(half, contract))
    quality.check_quality(frame.iloc[:200], contract, settings[1])
    schema_seconds, violations = timed(lambda: validation.check_frame(frame, contract))
    quality_seconds, good = timed(lambda: quality.check_quality(frame, contract, settings[1]))
    drift_seconds, verdict = timed(
        lambda: drift.measure_drift(reference, frame, contract, settings[0])
    )
    if violations or not good.passed or verdict.status != "no drift":
        raise RuntimeError(f"good data was refused: {violations}, {good}, {verdict}")
    return {
        "read": read_seconds,
        "schema": schema_seconds,
        "quality": quality_seconds,
        "drift": drift_seconds,
        "profile": profile_seconds,
        "columns": len(frame.columns),
        "frame_mb": float(frame.memory_usage(deep=True).sum()) / 1e6,
        "peak_mb": peak_mb(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", required=True, help="the generated package, importable")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        data = Path(options.child[1])
        children = {
            "write": lambda: _write(data, options.rows),
            "floor": lambda: _floor(data),
            "checks": lambda: _checks(options.package, data),
        }
        print(json.dumps(children[options.child[0]]()))
        return 0
    figures = measure(options.package, options.rows, options.rounds)
    print(json.dumps(figures, indent=2))
    return 0 if figures["time_within_bound"] and figures["memory_within_bound"] else 1


if __name__ == "__main__":
    sys.exit(main())
