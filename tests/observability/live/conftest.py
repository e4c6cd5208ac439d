"""One rig for all live tests, loaded, monitored and ready to be asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observability.live import traffic
from tests.observability.live.rig import Rig
from tests.observability.needs import either

SECONDS = 40
# As Debian names them; elsewhere without its word before.
PROGRAMS = {
    "prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "pushgateway": ("prometheus-pushgateway", "pushgateway"),
}


# Of the session, as the repository is: so it comes first, and nothing is baked in vain.
@pytest.fixture(scope="session")
def programs() -> dict[str, str]:
    """The place of each program."""
    return {name: either(*names) for name, names in PROGRAMS.items()}


# Of this folder: its servers are stopped before the search engine of other tests is started.
@pytest.fixture(scope="package")
def rig(programs: dict[str, str], repository: Path) -> Iterator[Rig]:
    """A served model after a while of healthy load, labels and a monitoring run."""
    made = Rig(repository, programs)
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
