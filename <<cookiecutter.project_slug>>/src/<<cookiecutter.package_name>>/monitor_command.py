"""`make monitor`: the monitoring pipeline, its pages as files, and its findings on the terminal."""

import argparse
from pathlib import Path
from typing import Any

from .commands import output_of, run_pipeline
from .settings import load_settings


def run(arguments: argparse.Namespace) -> int:
    """Look at a batch if one is named or configured, else at logged predictions."""
    changes = {"batch": arguments.batch} if arguments.batch else {}
    done = run_pipeline("monitoring", arguments.config, changes, cached=False)
    pages = arguments.output or load_settings().reports
    found = _batch(done, pages) if "check_batch" in done.steps else _logged(done, pages)
    # 1 is an error and 2 a wrong command line.
    return arguments.findings_exit if found else 0


def _batch(done: Any, pages: Path) -> bool:
    _write_pages(done, "check_batch", ("quality", "drift"), pages)
    quality = output_of(done, "check_batch", "quality")
    for finding in quality["findings"]:
        place = f"{finding['column']}: " if finding["column"] else ""
        print(f"  {finding['level']}: {place}{finding['message']}")
    drift = output_of(done, "check_batch", "drift")
    _say_drift(drift)
    return drift["status"] == "drift" or not quality["passed"]


def _logged(done: Any, pages: Path) -> bool:
    step = "observe_predictions"
    _write_pages(done, step, ("predictions", "quality", "drift"), pages)
    observation = output_of(done, step, "observation")
    events, labels = observation["events"], observation["labels"]
    print(
        f"{events['of_version']} predictions of {observation['model_version']}, "
        f"{events['recent']} of them recent, {labels['used']} labelled"
    )
    if observation["drift"] is not None:
        _say_drift(observation["drift"])
    for name, value in observation["performance"]["metrics"].get("all", {}).items():
        before = observation["performance"]["reference"].get(name)
        told = "" if before is None else f"  (evaluation {before:.4f})"
        print(f"  {name:<22} {value:9.4f}{told}")
    rejected = {name: count for name, count in labels["rejected"].items() if count}
    if rejected:
        print("labels not used: " + ", ".join(f"{n} {name}" for name, n in rejected.items()))
    for note in observation["notes"]:
        print(f"  note: {note}")
    for finding in observation["findings"]:
        print(f"  finding: {finding}")
    if not output_of(done, "push_observation", "pushed"):
        print("figures were not pushed: PUSHGATEWAY_URL is not set")
    if observation["findings"]:
        print(output_of(done, "answer_findings", "answer"))
    return bool(observation["findings"])


def _write_pages(done: Any, step: str, names: tuple[str, ...], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        page = folder / f"monitoring-{name}.html"
        text = output_of(done, step, f"{name}_report")
        if text:
            page.write_text(text, encoding="utf-8")
            print(f"{name} report: {page}")
        else:
            # One of an earlier run would show what is not so any more.
            page.unlink(missing_ok=True)


def _say_drift(drift: dict[str, Any]) -> None:
    drifted = [name for name, entry in drift["columns"].items() if entry["drifted"]]
    print(f"{drift['status']}: {len(drifted)} of {len(drift['columns'])} columns over the limit")
    for name in drifted[:10]:
        entry = drift["columns"][name]
        print(f"  {name}: {entry['score']:.3f} over {entry['threshold']:g}")
