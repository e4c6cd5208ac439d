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

from tests.cluster.ports import Ports
from tests.cluster.process import Process, answers

ROOT = Path(__file__).parents[2]
PLATFORM = ROOT / "observability" / "elastalert2" / "base"
PROGRAMS = ROOT / "build" / "elastalert" / "bin"
RUN_SECONDS = 180


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


class Alertmanager:
    """Debian's, with the smallest configuration; stopped at the end of the `with` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = Ports()
        self._process: Process | None = None
        self.url = ""

    def __enter__(self) -> "Alertmanager":
        config = self._folder / "alertmanager.yml"
        config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n", encoding="utf-8")
        port = self._ports.take()
        self.url = f"http://127.0.0.1:{port}"
        command = ["prometheus-alertmanager", f"--config.file={config}"]
        command += [f"--storage.path={self._folder / 'alertmanager'}", "--cluster.listen-address="]
        command += [f"--web.listen-address=127.0.0.1:{port}"]
        self._process = Process("alertmanager", command, self._folder)
        self._process.wait_until(lambda: answers(f"{self.url}/-/ready"), 60)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.stop()
        self._ports.release()

    def alerts(self) -> list[dict[str, Any]]:
        """Return all alerts that have arrived."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            return json.load(answer)


class ElastAlert:
    """ElastAlert2 over one stretch of time: every rule is run over it once, live.

    Only addresses and waiting times differ from what the platform installs.
    """

    def __init__(self, folder: Path, engine: str, alertmanager: str) -> None:
        self.folder = folder
        host, _, port = engine.removeprefix("http://").partition(":")
        config = yaml.safe_load((PLATFORM / "config.yaml").read_text(encoding="utf-8"))
        config |= {"es_host": host, "es_port": int(port), "use_ssl": False, "ca_certs": None}
        config |= {"alertmanager_hosts": [alertmanager], "query_delay": {"seconds": 0}}
        config |= {"rules_folder": str(folder / "rules")}
        (folder / "rules").mkdir(parents=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def run(self, rules: dict[str, str], start: str, end: str) -> str:
        """Run `rules` from `start` to `end` (ISO 8601) and return the log."""
        for name, text in rules.items():
            (self.folder / "rules" / name).write_text(text, encoding="utf-8")
        self._call("elastalert-create-index")
        return self._call("elastalert", "--start", start, "--end", end)

    def _call(self, program: str, *arguments: str) -> str:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PLATFORM), "LC_ALL": "C.UTF-8"}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "HOME": str(self.folder)}
        done = subprocess.run(
            [PROGRAMS / program, "--config", self.folder / "config.yaml", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
        )
        log = done.stdout + done.stderr
        assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{log[-4000:]}"
        return log
