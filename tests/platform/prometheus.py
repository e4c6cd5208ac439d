"""Programs that come with Prometheus, for tests that cannot do without."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.parts import required

REQUIRED = required("OBSERVABILITY_REQUIRE_ALL")
needs = {
    name: pytest.mark.skipif(
        shutil.which(name) is None and not REQUIRED, reason=f"{name} is not installed: {place}"
    )
    for name, place in (
        ("promtool", "apt-get install prometheus"),
        ("amtool", "apt-get install prometheus-alertmanager"),
        ("prometheus-alertmanager", "apt-get install prometheus-alertmanager"),
    )
}


def run(*command: str | Path) -> str:
    """Return what a program prints; raise `AssertionError` with it if it is not content."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
