"""ElastAlert2 with the platform's own configuration and guard, and an Alertmanager to hear it.

The environment build/elastalert is made by make: it wants a client library of 2020.
"""

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.process import Process, answers
from tests.observability.program import Program
from tests.ports import Ports

ROOT = Path(__file__).parents[2]
PLATFORM = ROOT / "observability" / "elastalert2" / "base"
PROGRAMS = ROOT / "build" / "elastalert" / "bin"
RUN_SECONDS = 180
# Of the log: all of it.
LINES = 100_000


def rules_of(project: Path) -> dict[str, str]:
    """The team's rules by the names of the files that the sidecar makes of their ConfigMaps."""
    folder = project / "observability" / "cluster" / "logs"
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        item = yaml.safe_load(path.read_text(encoding="utf-8"))
        if item["kind"] != "ConfigMap":
            continue
        assert item["metadata"]["labels"] == {"elastalert_rule": "1"}, path
        for key, text in item["data"].items():
            found[file_name(project.name, item["metadata"]["name"], key)] = text
    return found


def file_name(slug: str, config_map: str, key: str) -> str:
    """What the sidecar calls a file that came from this team's namespace of dev."""
    return f"namespace_{slug}-dev.configmap_{config_map}.{key}"


class Alertmanager(Program):
    """Debian's, with the smallest configuration; stopped at the end of the `with` block."""

    name = "alertmanager"
    ready = "/-/ready"
    seconds = 60

    def command(self, port: int) -> list[str]:
        config = self._folder / "alertmanager.yml"
        config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n", encoding="utf-8")
        command = ["prometheus-alertmanager", f"--config.file={config}"]
        command += [f"--storage.path={self._folder / 'alertmanager'}", "--cluster.listen-address="]
        return [*command, f"--web.listen-address=127.0.0.1:{port}"]

    def alerts(self) -> list[dict[str, Any]]:
        """Return all alerts that have arrived."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            return json.load(answer)


class ElastAlert:
    """ElastAlert2 as its pod starts it; only addresses differ from what the platform installs."""

    def __init__(self, folder: Path, engine: str, alertmanager: str) -> None:
        self.folder = folder
        host, _, port = engine.removeprefix("http://").partition(":")
        config = yaml.safe_load((PLATFORM / "config.yaml").read_text(encoding="utf-8"))
        config |= {"es_host": host, "es_port": int(port), "use_ssl": False, "ca_certs": None}
        config |= {"alertmanager_hosts": [alertmanager], "rules_folder": str(folder / "rules")}
        (folder / "rules").mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def run(self, rules: dict[str, str], start: str, names: list[str]) -> str:
        """Run `rules` from `start` (ISO 8601) to now, until each of `names` has; return the log."""
        for name, text in rules.items():
            (self.folder / "rules" / name).write_text(text, encoding="utf-8")
        variables = {"PYTHONPATH": str(PLATFORM), "PYTHONDONTWRITEBYTECODE": "1"}
        options = ["--config", str(self.folder / "config.yaml")]
        done = subprocess.run(
            [PROGRAMS / "elastalert-create-index", *options],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)} | variables,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        ports = Ports()
        port = ports.take()
        command = [str(PROGRAMS / "elastalert"), *options, "--start", start]
        command += ["--prometheus_port", str(port)]
        process = Process("elastalert", command, self.folder, **variables)
        try:
            process.wait_until(
                lambda: all(f" Ran {name} from " in process.tail(LINES) for name in names),
                RUN_SECONDS,
            )
            # The pod is alive as long as this port is open.
            assert answers(f"http://127.0.0.1:{port}/metrics")
        finally:
            process.stop()
            ports.release()
        return process.tail(LINES)
