"""The second half of the demo: a model through all environments, a failed canary, its rollback.

There is no cluster here: the project's own repository is the forge, its pull requests are refs in
it, and the demo says `deployed` where Argo CD would, after what it could measure itself.
"""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from tests.demo.run import Demo

# The canary may take so many times as long as the release that it would replace; as in prod.
P95_RATIO = 1.3
_KIND = "one row"


class Promotion:
    """Parts of the demo; each returns what its line of the closing table says."""

    def __init__(self, demo: "Demo") -> None:
        self.demo = demo
        self.p95: dict[str, float] = {}

    @property
    def project(self) -> Path:
        return self.demo.project

    def commit(self, message: str) -> None:
        """Commit everything that git tracks in the project."""
        self._git("add", "--all")
        self._git(
            "-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-qm", message
        )

    def open_the_window(self) -> str:
        """Production has working hours; the demo runs whenever somebody looks at it."""
        path = self.project / "gitops" / "environments.yaml"
        before = path.read_text(encoding="utf-8")
        window = r"^ +window:\n(?: +(?:days|from|to|time_zone): .*\n)+"
        after = re.sub(window, "", before, flags=re.MULTILINE)
        if yaml.safe_load(before) == yaml.safe_load(after):
            raise ValueError(f"{path} has no window of the expected form")
        path.write_text(after, encoding="utf-8")
        self.commit("Production may be changed at any time: this is a demo")
        return "prod may be promoted to at any time, in this copy"

    def release(self) -> str:
        """Champion to dev, with the load test as evidence."""
        self._remember_p95()
        # Nothing is built or pushed here, so the image's digest is one of the demo's own.
        digest = hashlib.sha256(b"an image that the demo never builds").hexdigest()
        image = yaml.safe_load((self.project / "configs" / "release.yaml").read_text())["image"]
        text = self.demo.make(
            "release",
            f"IMAGE={image}@sha256:{digest}",
            "LOAD_TEST=artifacts/reports/load/result.json",
            "MERGE=1",
        )
        self._deployed("dev")
        return self._title(text)

    def promote(self, *targets: str) -> str:
        for target in targets:
            text = self.demo.make("promote", f"TO={target}", "MERGE=1")
            self._deployed(target)
        return self._title(text)

    def train_second(self) -> str:
        """A forest in place of the linear model: as good, and slower."""
        path = self.project / "configs" / "training.yaml"
        text = path.read_text(encoding="utf-8")
        text = text.replace("kind: linear", "kind: forest").replace("C: 1.0", "n_estimators: 150")
        path.write_text(text, encoding="utf-8")
        self.commit("Try a forest")
        return self.demo.train()

    def start_canary(self) -> str:
        text = self.demo.make("promote", "TO=prod", "MERGE=1")
        self._deployed("prod")
        return self._title(text)

    def fail_canary(self) -> str:
        """Compare what the two load tests measured; too slow, so the traffic goes back."""
        default, canary = (self.p95[version] for version in ("v1", "v2"))
        ratio = canary / default
        if ratio <= P95_RATIO:
            raise ValueError(f"the forest was expected to be slow: p95 {canary} to {default} ms")
        said = f"p95 canary / p95 default = {canary:.0f} ms / {default:.0f} ms = {ratio:.1f}"
        reason = f"{said}, limit {P95_RATIO}"
        self._deployed("prod", "failure", reason)
        self.demo.make("canary-abort", "ENV=prod", f"REASON={reason}", "MERGE=1")
        self._deployed("prod")
        return f"aborted: {reason}"

    def refuse_blocked(self) -> str:
        """The release that failed is not promoted a second time."""
        text = self.demo.make("promote", "TO=prod", "MERGE=1", expect=1)
        return next(line for line in text.splitlines() if "blocked" in line)

    def roll_back(self) -> str:
        """Staging goes back to the first release as well."""
        self.demo.make("rollback", "ENV=staging", "REASON=too slow for production", "MERGE=1")
        self._deployed("staging")
        return "staging serves the first release again"

    def status(self) -> str:
        self.demo.make("status", "HTML=artifacts/reports/status.html", shown=True)
        return "artifacts/reports/status.html"

    def _remember_p95(self) -> None:
        path = self.project / "artifacts" / "reports" / "load" / "result.json"
        result = json.loads(path.read_text(encoding="utf-8"))
        self.p95[f"v{len(self.p95) + 1}"] = result["p95_milliseconds"][_KIND]

    def _deployed(self, environment: str, state: str = "success", message: str = "demo") -> None:
        self.demo.make(
            "report-deployment",
            f"ENV={environment}",
            f"COMMIT={self._git('rev-parse', 'HEAD')}",
            f"STATE={state}",
            f"MESSAGE={message}",
        )

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", self.project, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    @staticmethod
    def _title(text: str) -> str:
        """The first line that names a pull request."""
        return next(line for line in text.splitlines() if line.startswith(("merged: ", "open: ")))
