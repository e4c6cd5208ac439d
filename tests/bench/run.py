"""Measure against the stated bounds: a table for people, ``build/bench.json`` for machines.

Every bound is a ratio to a floor measured in the same run, or a time that a person waits. Ends
with a non-zero status if a bound is broken.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from tests.bench import load, servers
from tests.project.workspace import ROOT, environment, place_project

AREA = ROOT / "build" / "bench"
HERE = Path(__file__).parent
CONNECTIONS = 8
# Of the telemetry: so many turns in a round, each after a warm-up of two seconds.
TURNS, TURN_SECONDS = 4, 3
PARTS = ("bake", "check", "training", "data_checks", "monitoring", "serving", "telemetry")


class Bench:
    """Collects one row a figure, with its bound if it has one."""

    def __init__(self, seconds: int, rounds: int) -> None:
        self.seconds, self.rounds = seconds, rounds
        self.rows: list[dict] = []
        self.project = place_project("bench", "defaults")
        self.package = self.project.name.replace("-", "_")
        self.python = self.project / ".venv/dev/bin/python"

    def add(self, name: str, value: float, unit: str, bound: float | None = None, note: str = ""):
        """``bound`` is the most that ``value`` may be."""
        within = None if bound is None else value <= bound
        row = {"name": name, "value": round(value, 3), "unit": unit, "bound": bound}
        self.rows.append({**row, "within": within, "note": note})
        verdict = {None: "", True: "ok", False: "BROKEN"}[within]
        limit = "" if bound is None else f"at most {bound:g}"
        print(f"{name:<44} {value:10.2f} {unit:<12} {limit:<14} {verdict} {note}", flush=True)

    def make(self, *targets: str) -> float:
        """Seconds that make took in the project; its output goes to a log."""
        log = AREA / f"{targets[0]}.log"
        start = time.monotonic()
        with log.open("w", encoding="utf-8") as stream:
            done = subprocess.run(
                ["make", *targets],
                cwd=self.project,
                env=environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        if done.returncode:
            raise SystemExit(f"make {' '.join(targets)} failed, see {log}")
        return time.monotonic() - start

    def median(self, work: Callable[[], float]) -> float:
        return statistics.median(work() for _ in range(self.rounds))

    def bake(self) -> None:
        command = [Path(sys.executable).with_name("cookiecutter"), ROOT, "--no-input", "-o"]
        place = AREA / "bakes"

        def once() -> float:
            shutil.rmtree(place, ignore_errors=True)
            start = time.monotonic()
            subprocess.run([*command, place], check=True, capture_output=True)
            return time.monotonic() - start

        self.add("bake", self.median(once), "s", 2.0)

    def check(self) -> None:
        self.add("make check", self.make("check"), "s", 60.0)

    def training(self) -> None:
        """First and repeated training against the same functions called plainly."""
        own = {**environment(), "ZENML_CONFIG_PATH": str(AREA / "zenml")}
        own |= {"MLFLOW_DISABLE_TELEMETRY": "true", "ZENML_ANALYTICS_OPT_IN": "false"}
        state = [self.project / name for name in ("mlflow.db", "artifacts")] + [AREA / "zenml"]

        def timed(*arguments: str) -> float:
            start = time.monotonic()
            done = subprocess.run(
                [self.python, *arguments], cwd=self.project, env=own, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"{arguments}: {done.stdout}{done.stderr}")
            return time.monotonic() - start

        def forget() -> None:
            for place in state:
                if place.is_dir():
                    shutil.rmtree(place)
                else:
                    place.unlink(missing_ok=True)

        plain, first, again = [], [], []
        for _ in range(self.rounds):
            forget()
            plain.append(timed(str(HERE / "plain_training.py"), self.package))
            forget()
            first.append(timed("-m", self.package, "train"))
            again.append(timed("-m", self.package, "train"))
        floor = statistics.median(plain)
        self.add("training, plain functions in one process", floor, "s")
        for name, times, bound in (("first run", first, 4.0), ("repeated", again, 2.0)):
            median = statistics.median(times)
            self.add(
                f"training by ZenML, {name}", median / floor, "x plain", bound, f"{median:.1f} s"
            )

    def data_checks(self) -> None:
        """A million rows against what pandas itself needs for them."""
        found = self._measured("data_checks.py")
        note = f"{found['seconds']:.2f} s"
        bound = found["ratio_bound"]
        self.add("data checks, 1,000,000 x 30", found["ratio"], "x describe", bound, note)
        ratio = found["ratio_with_reading"]
        self.add("data checks with reading", ratio, "x describe", bound)
        self._add_peak("data checks", found)

    def monitoring(self) -> None:
        """A million logged predictions with their labels: read, joined, measured, drawn."""
        found = self._measured("monitoring.py")
        if found["usual"] or "drift" not in found["shifted"]:
            raise SystemExit(f"drift is not told apart: {found['usual']}, {found['shifted']}")
        note = f"{found['cpu_seconds']:.1f} s cpu; pandas reads in {found['floor_seconds']:.1f} s"
        name = "monitoring, 1,000,000 x 30 logged"
        self.add(name, found["seconds"], "s", found["seconds_bound"], note)
        self._add_peak("monitoring", found)

    def _measured(self, script: str) -> dict:
        """What a script says that measures the package; a broken bound is a row, not its status."""
        command = [self.python, HERE / script, "--package", self.package]
        done = subprocess.run(command, cwd=self.project, capture_output=True, text=True)
        if not done.stdout:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout)

    def _add_peak(self, name: str, found: dict) -> None:
        note = f"frame {found['frame_mb']:.0f} MB"
        self.add(f"{name}, peak memory", found["peak_mb"], "MB", found["peak_mb_bound"], note)

    def serving(self) -> None:
        """One row a request over eight connections, each server with the same two models."""
        for kind in ("linear", "forest"):
            found = {}
            for name, server in self._servers(kind).items():
                with servers.running(server, AREA / f"{kind}-{name}.log".replace(" ", "-")) as pid:
                    figures = load.drive(server, pid, self.seconds, CONNECTIONS)
                found[name] = figures
                note = (
                    f"p50 {figures.p50_ms:.1f} ms, p99 {figures.p99_ms:.1f} ms, "
                    f"{figures.cpu_ms_per_request:.2f} ms cpu, {figures.memory_mb:.0f} MB"
                )
                if figures.errors:
                    raise SystemExit(f"{name}: {figures.errors} failed requests")
                self.add(f"{kind}, {name}", figures.requests_per_second, "requests/s", None, note)
                self.rows[-1]["figures"] = asdict(figures)
            theirs = found["mlflow models serve"].requests_per_second
            ratio = theirs / found["ours"].requests_per_second
            self.add(f"{kind}, mlflow models serve against ours", ratio, "x", 1.0)

    def telemetry(self) -> None:
        """Processor time of a request with and without logs and metrics, in turns, in one process.

        One row a request over eight connections; every line goes to a file, as in a container.
        """
        for kind in ("linear", "forest"):
            server = servers.with_telemetry(self._servers(kind)["ours"])
            costs = {parts: [] for parts in ("none", "logs", "own metrics", "metrics", "both")}
            with servers.running(server, AREA / f"telemetry-{kind}.log") as pid:
                for _ in range(TURNS * self.rounds):
                    for parts, found in costs.items():
                        figures = load.drive(server, pid, TURN_SECONDS, CONNECTIONS)
                        if figures.errors:
                            raise SystemExit(f"telemetry {parts}: {figures.errors} failed")
                        found.append(figures.cpu_ms_per_request)
                        os.kill(pid, signal.SIGUSR1)
            without = statistics.median(costs["none"])
            self.add(f"{kind}, cpu of a request without telemetry", without, "ms")
            bounds = {"logs": 5.0, "own metrics": None, "metrics": 5.0, "both": None}
            for parts, bound in bounds.items():
                # Against its neighbour in time, so that a slow minute does not count.
                pairs = zip(costs[parts], costs["none"], strict=True)
                more = statistics.median(with_it - plain for with_it, plain in pairs)
                note = f"{1000 * more:.0f} us"
                self.add(f"{kind}, {parts} add", 100 * more / without, "%", bound, note)

    def _servers(self, kind: str) -> dict[str, servers.Server]:
        place = AREA / "models" / kind
        shutil.rmtree(place, ignore_errors=True)
        done = subprocess.run(
            [self.python, HERE / "fit_model.py", self.package, kind, place],
            cwd=self.project,
            env={**environment(), "MLFLOW_DISABLE_TELEMETRY": "true"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        made = json.loads(done.stdout.splitlines()[-1])
        model, row = place / "model.joblib", made["row"]
        serve = self.project / ".venv/serve/bin/python"
        stock = _stock_environment()
        return {
            "ours": servers.ours(self.project, Path(made["bundle"]), row),
            "mlflow models serve": servers.mlflow_serve(
                self.project, made["model_uri"], row, made["names"]
            ),
            "MLServer scikit-learn": servers.stock_mlserver(stock, model, place / "stock", row),
            "bare Starlette": servers.bare_starlette(serve, model, row),
        }


def _stock_environment() -> Path:
    """MLServer with its own scikit-learn runtime, made once."""
    place = AREA / "stock"
    python = place / "bin" / "python"
    if not (place / ".ready").exists():
        uv = Path(sys.executable).with_name("uv")
        requirements = ROOT / "requirements" / "bench.txt"
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, place], check=True
        )
        install = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes"]
        subprocess.run([*install, "--compile-bytecode", requirements], check=True)
        (place / ".ready").touch()
    return python


def main() -> int:
    """Status 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10, help="of load for each server")
    parser.add_argument("--rounds", type=int, default=3, help="of everything else; medians count")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    if shutil.which("wrk") is None and options.only in (None, "serving", "telemetry"):
        raise SystemExit("the serving figures need wrk: apt-get install wrk, brew install wrk")
    AREA.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.seconds, options.rounds)
    print(f"{os.cpu_count()} processors, {platform.platform()}\n")
    bench.make("setup")
    bench.make("data")
    for name in PARTS:
        if options.only in (None, name):
            getattr(bench, name)()
    path = ROOT / "build" / "bench.json"
    path.write_text(json.dumps(bench.rows, indent=2) + "\n", encoding="utf-8")
    broken = [row["name"] for row in bench.rows if row["within"] is False]
    print(f"\n{path}\n" + (f"BROKEN: {', '.join(broken)}" if broken else "every bound holds"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
