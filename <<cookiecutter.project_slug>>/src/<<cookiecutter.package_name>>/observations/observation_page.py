"""The page of one observation: what was found, quality by slice, and what could not be measured."""

from pathlib import Path
from typing import Any

from ..page import Cell, Fact, Page, Tone

_UNKNOWN = "not known"


def write_observation(observation: dict[str, Any], path: Path) -> Path:
    """Write the page of ``Observation.to_dict()``."""
    findings, events = observation["findings"], observation["events"]
    performance, labels = observation["performance"], observation["labels"]
    status, tone = _status(observation)
    page = Page(
        title="Predictions in production",
        status=status,
        tone=tone,
        lead=_lead(observation),
        facts=[
            Fact("Model version", observation["model_version"]),
            Fact("Predictions", f"{events['of_version']:,}", f"{events['recent']:,} recent"),
            Fact("Labelled", _share(labels["coverage"]), f"{labels['used']:,} labels used"),
            Fact(
                "Label delay",
                _duration(labels["delay_seconds"].get("0.5")),
                f"95 %: {_duration(labels['delay_seconds'].get('0.95'))}",
            ),
            Fact("Prediction drift", *_predicted(observation["prediction_drift"])),
        ],
    )
    if findings:
        rows = [[Cell(text.partition(": ")[0], tone="bad"), text] for text in findings]
        page.add_table("Findings", ["Kind", "What was found"], rows)
    if performance["metrics"]:
        _add_performance(page, performance)
    if any(labels["rejected"].values()):
        rows = [[reason, f"{count:,}"] for reason, count in labels["rejected"].items()]
        page.add_table("Labels that were not used", ["Reason", "Labels"], rows)
    if len(events["versions"]) > 1:
        rows = [[name, f"{count:,}"] for name, count in events["versions"].items()]
        page.add_table("Predictions by model version", ["Version", "Predictions"], rows)
    page.notes += [f"{note[0].upper()}{note[1:]}." for note in observation["notes"]]
    page.write(path, None)
    return path


def _status(observation: dict[str, Any]) -> tuple[str, Tone]:
    if observation["findings"]:
        return "findings", "bad"
    if not observation["events"]["recent"]:
        return "nothing to measure", "unsure"
    return "as expected", "good"


def _lead(observation: dict[str, Any]) -> str:
    count = len(observation["findings"])
    if count:
        return "1 finding." if count == 1 else f"{count} findings."
    if not observation["events"]["recent"]:
        return f"{observation['notes'][0]}."
    return "Nothing is beyond its limit."


def _add_performance(page: Page, performance: dict[str, Any]) -> None:
    names = list(performance["metrics"]["all"])
    reference = performance["reference"]
    rows: list[list[Cell | str]] = [
        ["at the evaluation", "", *(_value(reference.get(name)) for name in names)]
    ]
    for part, metrics in performance["metrics"].items():
        cells = [_value(metrics.get(name)) for name in names]
        rows.append([part, f"{performance['rows'][part]:,}", *cells])
    head = ["Slice", "Labels", *(name.replace("_", " ") for name in names)]
    page.add_table("Quality of labelled predictions", head, rows)


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _share(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.1%}"


def _predicted(drift: dict[str, Any] | None) -> tuple[str, str]:
    if drift is None:
        return _UNKNOWN, ""
    return f"{drift['score']:.3f}", f"threshold {drift['threshold']:g}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return _UNKNOWN
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
