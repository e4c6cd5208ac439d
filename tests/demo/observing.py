"""The last part of the demo: dashboards from live data, an alert, and what the model is worth."""

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.demo.run import Demo

# Two names of one program: Debian's, and that of the Prometheus project.
PROGRAMS = (
    ("prometheus",),
    ("prometheus-alertmanager", "alertmanager"),
    ("prometheus-pushgateway", "pushgateway"),
)
ALERT = "MLErrorBudgetBurn"


class Observing:
    """Parts of the demo; each returns what its line of the closing table says."""

    def __init__(self, demo: "Demo") -> None:
        self.demo = demo
        self.missing = [names[0] for names in PROGRAMS if not any(map(shutil.which, names))]

    def observe(self) -> str:
        """Serve, load, monitor, draw; a canary that fails on purpose makes one alert fire."""
        if self.missing:
            return self._left_out()
        self.began = datetime.now(UTC)
        lines = self.demo.make("observe", "FAULTS=1", "SECONDS=40", shown=True).splitlines()
        alerts = [line for line in lines if line.startswith("alert: ")]
        if not any(ALERT in line for line in alerts):
            raise ValueError(f"{ALERT} did not fire: see artifacts/observe in the project")
        page = self.demo.project / "artifacts" / "reports" / "observe" / "index.html"
        if not page.is_file():
            raise ValueError(f"{page} was not written")
        return "; ".join(alerts)

    def worth(self) -> str:
        """The report of this month, from what monitoring has just booked."""
        if self.missing:
            return self._left_out()
        month = f"{self.began:%Y-%m}"
        state = "MONITORING_STATE=artifacts/observe/state"
        lines = self.demo.make("kpi-report", f"MONTH={month}", state).splitlines()
        return " and ".join(line.split(": ", 1)[1] for line in lines if line.startswith("report: "))

    def _left_out(self) -> str:
        return f"left out: {', '.join(self.missing)} not on PATH, see docs/how-to/observe.md"
