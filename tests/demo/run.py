"""The whole way once, on this machine: from an empty folder to a failed canary and its rollback.

Everything happens in ``build/demo``; logs of every part are in ``build/demo/logs``. Ends with a
table of what happened and with status 0 only if every part did what it should.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.demo.observing import Observing
from tests.demo.promotion import Promotion
from tests.ports import held_ports
from tests.project import environments
from tests.project.workspace import environment, place_project

AREA = Path(__file__).resolve().parents[2] / "build" / "demo"
LOGS = AREA / "logs"
DRIFT_FOUND = 3
LOOK = (
    ("make mlflow", "runs and the registered model"),
    ("artifacts/reports/compare.html", "the last runs side by side"),
    ("artifacts/reports/monitoring-drift.html", "the drifted batch"),
    ("artifacts/bundles/", "what is served, with its reports"),
    ("artifacts/reports/load/report.html", "the load test"),
    ("artifacts/reports/status.html", "what runs where"),
    ("artifacts/reports/observe/index.html", "every dashboard, from live data"),
    ("artifacts/reports/kpi/", "what the model was worth"),
    ("git log --graph", "every promotion and rollback"),
)
START_SECONDS = 60


class PartFailed(RuntimeError):
    """A part of the demo did not do what it should; the message says where to look."""


@dataclass
class Part:
    """One line of the closing table."""

    name: str
    seconds: float
    result: str
    failed: bool = False


class Demo:
    """Runs parts one after the other and remembers what came of them."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.project = Path()
        self.server: subprocess.Popen | None = None

    def part(self, name: str, work: Callable[[], str]) -> None:
        """Run one part; after a failure the remaining ones are left out."""
        if any(part.failed for part in self.parts):
            return
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        try:
            part = Part(name, 0.0, work())
        except (PartFailed, OSError, ValueError) as error:
            part = Part(name, 0.0, str(error), failed=True)
        part.seconds = time.monotonic() - start
        print(f"    {'FAILED: ' if part.failed else ''}{part.result}", flush=True)
        self.parts.append(part)

    def make(self, *arguments: str, expect: int = 0, shown: bool = False) -> str:
        """``make`` in the project; its output goes to a log and is returned."""
        log = LOGS / f"{len(self.parts) + 1:02}-{arguments[0]}.log"
        command = ["make", "--no-print-directory", *arguments]
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                command,
                cwd=self.project,
                env=environment(),
                stdout=subprocess.PIPE if shown else stream,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for line in process.stdout or ():
                stream.write(line)
                print(f"    {line.rstrip()}", flush=True)
            status = process.wait()
        text = log.read_text(encoding="utf-8")
        # make itself ends with 2 whatever the command's own status was, and names that one.
        if (status != 0 or expect) and not (expect and f"Error {expect}" in text):
            tail = "\n".join(text.splitlines()[-25:])
            raise PartFailed(f"make {arguments[0]}: status {status}, see {log}\n{tail}")
        return text

    # The parts, in order.

    def bake(self) -> str:
        self.project = place_project("demo", "defaults")
        return f"{self.project}"

    def set_up(self) -> str:
        self.make("setup", shown=True)
        environments.keep(self.project)
        return "environments dev, serve and client are ready"

    def data(self) -> str:
        text = self.make("data")
        # A release needs a model whose code and data are a commit.
        Promotion(self).commit("First dataset")
        return next(line for line in text.splitlines() if line.startswith("dataset "))

    def train(self) -> str:
        text = self.make("train").splitlines()
        champion = next(line for line in text if line.endswith("is the champion"))
        metric = next(line.split() for line in text if line.strip().startswith("roc_auc "))
        return f"{champion}, roc_auc {metric[1]} {' '.join(metric[2:])}"

    def compare(self) -> str:
        self.make("compare")
        return "artifacts/reports/compare.html"

    def serve(self) -> str:
        http, grpc, metrics = held_ports(3)
        ports = [f"HTTP_PORT={http}", f"GRPC_PORT={grpc}", f"METRICS_PORT={metrics}"]
        log = LOGS / "serve.log"
        with log.open("w", encoding="utf-8") as stream:
            self.server = subprocess.Popen(
                ["make", "--no-print-directory", "serve", *ports],
                cwd=self.project,
                env=environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        address = f"http://127.0.0.1:{http}"
        self._wait(f"{address}/v2/health/ready", log)
        answer = self._ask(address)
        outputs = {output["name"]: output["data"] for output in answer["outputs"]}
        series = _get(f"http://127.0.0.1:{metrics}/metrics").count("ml_predictions_total{")
        if not series:
            raise PartFailed(f"no ml_predictions_total at the metrics port, see {log}")
        return f"{answer['model_name']} {answer['model_version']} answers {outputs['class'][0]!r}"

    def stop_server(self) -> str:
        server, self.server = self.server, None
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            raise PartFailed(f"the server did not stop in 30 s, see {LOGS / 'serve.log'}") from None
        return "ended on SIGTERM"

    def load(self) -> str:
        # Eight users, as the budget has it, keep two cores busy: times would be those of waiting
        # for one, and a busy neighbour would break the budget.
        usual = self.project / "tests" / "load" / "budget.yaml"
        budget = AREA / "budget.yaml"
        budget.write_text(usual.read_text().replace("users: 8\n", "users: 2\n"))
        lines = self.make("load-test", f"BUDGET={budget}").splitlines()
        result = self.project / "artifacts" / "reports" / "load" / "result.json"
        if json.loads(result.read_text())["budget"]["users"] != 2:
            raise PartFailed(f"{result} is not about the budget in {budget}")
        verdict = next(line for line in lines if line.startswith("budget"))
        whole = next(line for line in lines if line.strip().startswith("Aggregated"))
        _, requests, _, _, _, _, median, rate, _ = whole.replace("|", " ").split()
        return f"{verdict}: {requests} requests, {rate} a second, median {median} ms"

    def usual_batch(self) -> str:
        return self._monitor("usual", 0)

    def drifted_batch(self) -> str:
        return self._monitor("shifted", DRIFT_FOUND)

    def _monitor(self, kind: str, expect: int) -> str:
        batch = AREA / f"{kind}.csv"
        self._package("example-batch", str(batch), *["--shifted"] * (kind == "shifted"))
        text = self.make("monitor", f"BATCH={batch}", expect=expect)
        return next(line for line in text.splitlines() if "columns over the limit" in line)

    def _package(self, *arguments: str) -> str:
        """Output of a command of the project's package."""
        python = self.project / ".venv" / "dev" / "bin" / "python"
        command = [python, "-m", self.project.name.replace("-", "_"), *arguments]
        done = subprocess.run(
            command, cwd=self.project, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PartFailed(f"{arguments[0]}: {done.stderr}")
        return done.stdout

    def _wait(self, address: str, log: Path) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.server.poll() is not None:
                break
            try:
                _get(address)
                return
            except OSError:
                time.sleep(0.2)
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-25:])
        raise PartFailed(f"the server was not ready after {START_SECONDS} s, see {log}\n{tail}")

    def _ask(self, address: str) -> dict:
        """One row of the dataset, one tensor a column."""
        body = self._package("example-request")
        request = urllib.request.Request(
            f"{address}/v2/models/{self.project.name}/infer",
            body.encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def close(self) -> None:
        """Leave nothing running, however the demo ended."""
        if self.server is not None and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()

    def report(self) -> None:
        width = max(len(part.name) for part in self.parts)
        print(f"\n{'part':<{width}}  {'seconds':>7}  result\n{'-' * (width + 40)}")
        for part in self.parts:
            first = part.result.splitlines()[0] if part.result else ""
            print(f"{part.name:<{width}}  {part.seconds:7.1f}  {'FAILED ' * part.failed}{first}")
        work = sum(part.seconds for part in self.parts if part.name != "environments")
        print(f"{'all but environments':<{width}}  {work:7.1f}")
        print(f"\nWhere to look, in {self.project}:")
        for place, what in LOOK:
            # Not what was left out, or never came because a part failed.
            if not place.startswith("artifacts/") or (self.project / place).exists():
                print(f"  {place:<46} {what}")
        print(f"  {LOGS}   the log of every part")


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as response:
        return response.read().decode()


def main() -> int:
    """Status 0 if and only if every part did what it should."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in LOGS.iterdir():
        old.unlink()
    demo = Demo()
    try:
        demo.part("bake", demo.bake)
        demo.part("environments", demo.set_up)
        demo.part("data", demo.data)
        demo.part("train and register", demo.train)
        demo.part("compare runs", demo.compare)
        demo.part("serve and ask", demo.serve)
        demo.part("stop the server", demo.stop_server)
        demo.part("load test", demo.load)
        demo.part("monitor a usual batch", demo.usual_batch)
        demo.part("monitor a drifted batch", demo.drifted_batch)
        promotion = Promotion(demo)
        demo.part("open the window", promotion.open_the_window)
        demo.part("release to dev", promotion.release)
        demo.part("promote up to prod", lambda: promotion.promote("test", "staging", "prod"))
        demo.part("train a slower model", promotion.train_second)
        demo.part("load test it", demo.load)
        demo.part("release it to dev", promotion.release)
        demo.part("promote to staging", lambda: promotion.promote("test", "staging"))
        demo.part("start a canary in prod", promotion.start_canary)
        demo.part("the canary fails", promotion.fail_canary)
        demo.part("promote it again", promotion.refuse_blocked)
        demo.part("roll back staging", promotion.roll_back)
        demo.part("what runs where", promotion.status)
        observing = Observing(demo)
        demo.part("draw the dashboards", observing.observe)
        demo.part("what the model is worth", observing.worth)
    finally:
        demo.close()
    demo.report()
    failed = any(part.failed for part in demo.parts)
    print("\ndemo FAILED" if failed else "\ndemo passed; nothing is left running")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
