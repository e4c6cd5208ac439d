"""The programs of the live proof, around one generated repository, all with labels of ``prod``."""

import json
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.process import Processes, answers
from tests.observability.live import history
from tests.observability.live.stand_ins import Orchestrators, Predictor, Webhook
from tests.ports import Ports
from tests.project.workspace import ROOT, environment

ENVIRONMENT = "prod"
HERE = Path(__file__).parent
FLEET = ROOT / "observability" / "grafana" / "fleet.json"
FLEET_REASONS = ROOT / "observability" / "healthy-empty.yaml"
FLEET_RULES = ROOT / "observability" / "prometheus" / "fleet.yaml"
NAMES = ("http", "grpc", "metrics")
WATCHERS = ("pushgateway", "alertmanager", "prometheus")


class Rig:
    """A trained model, two servers of it, what watches them, and what a person may do with it.

    `programs` are the watchers' places, and promtool's. What is trained and remembered is below
    `folder`, since others use the repository as well.
    """

    def __init__(self, project: Path, programs: dict[str, str]) -> None:
        self.project, self.programs = project, programs
        self.slug = self.project.name
        self.package = self.slug.replace("-", "_")
        self.namespace = f"{self.slug}-{ENVIRONMENT}"
        self.folder = self.project / "artifacts" / "proof"
        self.folder.mkdir(parents=True)
        self.processes, self._ports = Processes(self.folder), Ports()
        names = [*WATCHERS, *(f"{who}-{name}" for who in ("default", "canary") for name in NAMES)]
        self.ports = {name: self._ports.take() for name in names}
        self.webhook = Webhook()
        self.orchestrators: Orchestrators | None = None

    def start(self) -> None:
        """Train with a Pushgateway, then start all else; a minute or two."""
        # In memory only: Debian's keeps what was pushed in a file of the whole machine.
        self._start_watcher("pushgateway", ["--persistence.file="])
        self.make("train")
        _, self.version, bundle = self.run("champion").stdout.rstrip().split(maxsplit=2)
        self._serve("default", Path(bundle), SERVING_EVENT_FEATURES=",".join(self._features()))
        self._serve("canary", self._fragile())
        self.orchestrators = Orchestrators(
            self.namespace,
            [
                Predictor("default", self.version, f"{self.address('default-metrics')}/metrics"),
                Predictor("canary", "v7", f"{self.address('canary-metrics')}/metrics"),
            ],
        )
        self.labels = self._configure()
        data = history.write(self.programs["promtool"], self.folder, self.labels, self.version)
        self._start_watcher("alertmanager", ["--cluster.listen-address=", *self._kept("storage")])
        # Both were loading meanwhile.
        self._wait_served("default")
        self._wait_served("canary")
        self._start_watcher(
            "prometheus",
            [f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=45d"],
        )

    def stop(self) -> None:
        """Stop everything that was started."""
        self.processes.stop_all()
        if self.orchestrators is not None:
            self.orchestrators.stop()
        self.webhook.stop()
        self._ports.release()

    def address(self, name: str) -> str:
        """Where one of the programs answers."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        asked = urllib.parse.urlencode({"query": expression})
        address = f"{self.address('prometheus')}/api/v1/query?{asked}"
        with urllib.request.urlopen(address, timeout=20) as answer:
            return json.load(answer)["data"]["result"]

    def wait_for(self, expression: str, seconds: float = 60) -> list[dict[str, Any]]:
        """The result once it is not empty."""
        end = time.monotonic() + seconds
        while not (found := self.query(expression)):
            if time.monotonic() > end:
                raise TimeoutError(f"nothing from {expression} in {seconds} s")
            time.sleep(0.5)
        return found

    def wait_for_alert(self, name: str, seconds: float = 90) -> dict[str, Any]:
        """The alert as the webhook received it."""
        end = time.monotonic() + seconds
        while not (found := self.webhook.fired(name)):
            if time.monotonic() > end:
                raise TimeoutError(f"{name} was not received in {seconds} s")
            time.sleep(0.5)
        return found[-1]

    def make(self, *targets: str) -> None:
        """Run targets of the repository with the Pushgateway known."""
        log = self.folder / f"make-{targets[0]}.log"
        with log.open("w", encoding="utf-8") as output:
            command = ["make", *targets]
            done = subprocess.run(
                command, cwd=self.project, env=self._environment(), stdout=output, stderr=output
            )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed, see {log}")

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess:
        """Run a command of the package; its status is for the caller to judge."""
        return subprocess.run(
            [self.python, "-m", self.package, *arguments],
            cwd=self.project,
            env={**self._environment(), **more},
            capture_output=True,
            text=True,
        )

    @property
    def python(self) -> Path:
        return self.project / ".venv/dev/bin/python"

    def monitor(self, labels: Path | None = None) -> str:
        """Run the monitoring pipeline on what the default predictor has logged so far."""
        content = yaml.safe_load((self.project / "configs/monitoring.yaml").read_text("utf-8"))
        logged = content["parameters"]["logged"]
        events = (self.folder / "logs" / "default.log").relative_to(self.project)
        logged["predictions"] = {"kind": "files", "path": events.as_posix()}
        place = None if labels is None else labels.relative_to(self.project).as_posix()
        logged["labels"] = None if place is None else {"kind": "files", "path": place}
        path = self.folder / "monitoring.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        done = self.run("monitor", "--config", str(path))
        # 3 is a finding.
        if done.returncode not in (0, 3):
            raise RuntimeError(f"monitoring failed\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def check_queries(self) -> subprocess.CompletedProcess:
        """Every query of the repository, and of the fleet's dashboard and rules, now."""
        also = ("--also", str(FLEET), "--also", str(FLEET_RULES), "--reasons", str(FLEET_REASONS))
        asked = (self.address("prometheus"), "--environment", ENVIRONMENT, *also)
        return self.run("check-queries", *asked)

    def script(self, name: str, *arguments: str, given: str = "") -> str:
        """Run a script of this folder in the repository's environment; its standard output."""
        done = subprocess.run(
            [self.python, HERE / name, self.package, *arguments],
            cwd=self.project,
            env=self._environment(),
            input=given,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr[-3000:]}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {
            **environment(),
            "PUSHGATEWAY_URL": self.address("pushgateway"),
            "MLOPS_ENVIRONMENT": ENVIRONMENT,
            "MONITORING_STATE": str(self.folder / "state"),
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.folder / 'mlflow.db'}",
            "BUNDLE_STORE": str(self.folder / "store"),
            "ZENML_CONFIG_PATH": str(self.folder / "zenml"),
        }

    def _serve(self, predictor: str, bundle: Path, **more: str) -> None:
        """Start a server; it is not ready yet."""
        command = [self.project / ".venv/serve/bin/python", "-m", f"{self.package}.serving"]
        command += ["--bundle", bundle, "--host", "127.0.0.1"]
        for name in NAMES:
            command += [f"--{name}-port", str(self.ports[f"{predictor}-{name}"])]
        self.processes.start(
            predictor,
            command,
            MLSERVER_MODEL_NAME=self.slug,
            PREDICTOR_ID=predictor,
            SERVING_ENVIRONMENT=ENVIRONMENT,
            SERVING_DRAIN_SECONDS="0",
            **more,
        )

    def _wait_served(self, predictor: str) -> None:
        ready = f"{self.address(f'{predictor}-http')}/v2/health/ready"
        self.processes[predictor].wait_until(lambda: answers(ready), 60)

    def _start_watcher(self, name: str, options: list[str]) -> None:
        where = f"--web.listen-address=127.0.0.1:{self.ports[name]}"
        files = {"prometheus": "prometheus.yaml", "alertmanager": "alertmanager.yaml"}
        if name in files:
            options = [f"--config.file={self.folder / files[name]}", *options]
        command = [self.programs[name], where, *options]
        self.processes.start(name, command, lambda: answers(f"{self.address(name)}/-/ready"))

    def _kept(self, kind: str) -> list[str]:
        return [f"--{kind}.path={self.folder / kind}"]

    def _configure(self) -> dict[str, str]:
        jobs = {
            "default": {"port": self.ports["default-metrics"], "predictor": "default"},
            "canary": {"port": self.ports["canary-metrics"], "predictor": "canary"},
            "orchestrators": {"port": self.orchestrators.port, "predictor": "orchestrators"},
            "pushgateway": {"port": self.ports["pushgateway"], "predictor": None},
        }
        given = json.dumps({"jobs": jobs, "alertmanager": self.ports["alertmanager"]})
        arguments = (self.slug, ENVIRONMENT, str(self.folder), self.webhook.address)
        arguments += (str(FLEET_RULES),)
        return json.loads(self.script("configure.py", *arguments, given=given))

    def _features(self) -> list[str]:
        content = yaml.safe_load((self.project / "configs/schema.yaml").read_text("utf-8"))
        return [feature["name"] for feature in content["features"]]

    def _fragile(self) -> Path:
        """A bundle whose model fails on half of what its schema allows: real faults on demand."""
        return Path(self.script("canary.py", "bundle", str(self.folder / "bundles")).strip())
