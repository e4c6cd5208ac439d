"""One rig for all live tests, loaded, monitored and ready to be asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observability.live import traffic
from tests.observability.live.rig import Missing, Rig
from tests.parts import lacking

SECONDS = 40


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A served model after a while of healthy load, labels and a monitoring run."""
    try:
        made = Rig()
    except Missing as error:
        lacking(str(error), "OBSERVABILITY_REQUIRE_ALL")
    try:
        made.start()
        rows = made.folder / "rows.json"
        made.script("prepare_rows.py", "rows", str(rows))
        with traffic.canary(made, failing=0):
            traffic.load(made, SECONDS, rows)
        made.monitor(label(made, rows))
        made.wait_for(f'ml_drift_share{{namespace="{made.namespace}"}}')
        yield made
    finally:
        made.stop()


def label(rig: Rig, rows: Path) -> Path:
    """Labels of what was predicted so far."""
    path = rig.folder / "labels" / "labels.csv"
    log = rig.folder / "logs" / "default.log"
    rig.script("prepare_rows.py", "labels", str(rows), str(log), str(path))
    return path
