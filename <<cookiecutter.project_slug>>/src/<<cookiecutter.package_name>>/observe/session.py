"""What the local look runs: the model server, what watches it, load, and the monitoring job."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..settings import Settings
from .configuration import (
    RETENTION,
    identity,
    rule_groups,
    scraped,
    write_alertmanager,
    write_monitoring,
    write_prometheus,
)
from .processes import Processes, free_ports, inherited
from .programs import Programs
from .prometheus import Prometheus

INTERVAL = "2s"
_KINDS = ("http", "grpc", "metrics")


@dataclass
class Session:
    """What runs, where it answers, and what has been learnt so far."""

    settings: Settings
    programs: Programs
    processes: Processes
    say: Callable[[str], None]
    interval: str = INTERVAL
    predictors: list[str] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.processes.folder

    @property
    def events(self) -> Path:
        """What the default predictor logs; the canary's predictions are nobody's business."""
        return self.log_of("default")

    def log_of(self, predictor: str) -> Path:
        return self.folder / "events" / f"{predictor}.ndjson"

    @property
    def pages(self) -> Path:
        """Where the dashboards and the pages of the monitoring run are written."""
        return self.settings.reports / "observe"

    @property
    def prometheus(self) -> Prometheus:
        return Prometheus(self.address("prometheus"))

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start_servers(self, bundle: Path, features: list[str], canary: Path | None) -> None:
        """Start the model's server, a canary if its bundle is given, then what watches them."""
        self.predictors = ["default"] if canary is None else ["default", "canary"]
        names = [f"{who}-{kind}" for who in self.predictors for kind in _KINDS]
        names += ["prometheus", "alertmanager", "pushgateway"]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.events.parent.mkdir(parents=True, exist_ok=True)
        self._serve("default", bundle, SERVING_EVENT_FEATURES=",".join(features))
        if canary is not None:
            self._serve("canary", canary)
        self._watch()

    def _serve(self, predictor: str, bundle: Path, **more: str) -> None:
        self.say(f"model server: {predictor}")
        command = [self.settings.root / ".venv/serve/bin/python", "-m", f"{_package()}.serving"]
        command += ["--bundle", bundle, "--host", "127.0.0.1"]
        for kind in _KINDS:
            command += [f"--{kind}-port", str(self.ports[f"{predictor}-{kind}"])]
        telling = {"SERVING_EVENT_SAMPLE_RATE": "1", "SERVING_DRAIN_SECONDS": "0", **more}
        telling |= {"MLSERVER_MODEL_NAME": self.settings.model_name, "PREDICTOR_ID": predictor}
        ready = f"{self.address(f'{predictor}-http')}/v2/health/ready"
        output = self.log_of(predictor)
        self.processes.start(f"server-{predictor}", command, ready, telling, output=output)

    def _watch(self) -> None:
        self.say("Pushgateway, Alertmanager, Prometheus")
        where = "--web.listen-address=127.0.0.1:"
        command = [self.programs.pushgateway, f"{where}{self.ports['pushgateway']}"]
        # In memory only: Debian's keeps what was pushed in a file of the whole machine.
        command += ["--persistence.file="]
        self.processes.start("pushgateway", command, f"{self.address('pushgateway')}/-/ready")
        command = [
            self.programs.alertmanager,
            f"--config.file={write_alertmanager(self.folder)}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"{where}{self.ports['alertmanager']}",
            # Alone: no other Alertmanager is looked for.
            "--cluster.listen-address=",
        ]
        self.processes.start("alertmanager", command, f"{self.address('alertmanager')}/-/ready")
        root = self.settings.root
        who = identity(root, self.settings.model_name)
        targets = {
            name: (self.ports[f"{name}-metrics"], scraped(who, name)) for name in self.predictors
        }
        configuration = write_prometheus(
            self.folder,
            rule_groups(root, who),
            {**targets, "pushgateway": (self.ports["pushgateway"], {})},
            self.ports["alertmanager"],
            self.interval,
        )
        command = [
            self.programs.prometheus,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--storage.tsdb.retention.time={RETENTION}",
            f"{where}{self.ports['prometheus']}",
            "--log.level=warn",
        ]
        self.processes.start("prometheus", command, f"{self.address('prometheus')}/-/ready")

    def watch(self, seconds: int) -> None:
        """Let the load go on for some time, and say how much of it is over."""
        start = time.monotonic()
        while (gone := time.monotonic() - start) < seconds:
            self.say(f"load: {gone:.0f} of {seconds} s")
            time.sleep(min(10.0, seconds - gone))

    def monitor(self, labels: Path) -> None:
        """Run the monitoring pipeline on what was logged here, and push what it finds here."""
        root, log = self.settings.root, self.folder / "monitoring.log"
        configuration = write_monitoring(self.folder, root, self.events, labels)
        who = identity(root, self.settings.model_name)
        environment = inherited(
            PUSHGATEWAY_URL=self.address("pushgateway"),
            MONITORING_STATE=str(self.folder / "state"),
            # As what is scraped here, wherever this shell thinks that it is.
            MLOPS_ENVIRONMENT=who.environment,
            POD_NAMESPACE=who.namespace,
            MLOPS_TEAM=who.team,
        )
        command = [sys.executable, "-m", _package(), "monitor", "--config", configuration]
        # Beside the dashboards: the pages of `make monitor` are about other predictions.
        command += ["--output", self.pages]
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                cwd=root,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=600,
            )
        # 3 is a finding.
        if done.returncode not in (0, 3):
            self.notes.append(f"Monitoring failed with status {done.returncode}, see {log}.")
            self.say(self.notes[-1])

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that Alertmanager has now, with ``since`` in Unix seconds."""
        address = f"{self.address('alertmanager')}/api/v2/alerts?active=true"
        with urllib.request.urlopen(address, timeout=10) as answer:
            found = json.load(answer)
        for alert in found:
            alert["since"] = datetime.fromisoformat(alert["startsAt"]).timestamp()
        return sorted(
            found, key=lambda alert: (alert["labels"].get("severity", ""), alert["since"])
        )


def _package() -> str:
    return __name__.split(".")[0]
