"""A past for Prometheus: what an earlier monitoring run found, and a budget of three quiet days.

Some alerts look at yesterday. Their expressions are not shortened; yesterday is written.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HOUR, STEP = 3600, 300


def write(promtool: str, folder: Path, labels: dict[str, str], version: str) -> Path:
    """Make Prometheus' data folder from series of the last days; return it."""
    source, data = folder / "history.txt", folder / "data"
    source.write_text("\n".join([*_lines(labels, version), "# EOF", ""]), encoding="utf-8")
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", source, data]
    subprocess.run(command, check=True, capture_output=True)
    return data


def _lines(labels: dict[str, str], version: str) -> Iterator[str]:
    """Drift as of yesterday: two runs in a row are needed before anybody is told."""
    now = int(time.time())
    text = ",".join(f'{name}="{value}"' for name, value in labels.items())
    text += f',model_version="{version}",job="ml-monitoring",instance=""'
    yield "# TYPE ml_drift_share gauge"
    for at in range(now - 30 * HOUR, now - 20 * HOUR, STEP):
        yield f"ml_drift_share{{{text}}} 0.8 {at}"
