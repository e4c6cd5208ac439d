"""Programs that run for the length of a test: started in order, watched, stopped in reverse."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# The kernel ends the programs when the test run dies without a chance to stop them.
GUARD = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()


class NotReady(RuntimeError):
    """A program died, or was not ready in time; the message holds the end of its log."""


class Process:
    """One program in a process group of its own, with its log in a file."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, **environment: str) -> None:
        self.name = name
        self.log = folder / "logs" / f"{name}.log"
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                [*GUARD, *command],
                cwd=folder,
                env=_environment(folder, environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def memory(self) -> int:
        """Resident memory in bytes; 0 when the program is gone."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def tail(self, lines: int = 15) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-lines:])

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready()`; raise `NotReady` when the program dies or the time is up."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.alive:
                code = self._popen.returncode
                raise NotReady(f"{self.name} ended with code {code}:\n{self.tail()}")
            if time.monotonic() > end:
                raise NotReady(f"{self.name} is not ready after {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.1)

    def stop(self, seconds: float = 10) -> None:
        """Ask the process group to end; kill it when it does not within `seconds`."""
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            if not self.alive:
                return
            os.killpg(self.pid, signal_number)
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                continue


class Processes:
    """The programs of one run, in the order of their start; their ids are kept in pids.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, Process] = {}

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        ready: Callable[[], bool] | None = None,
        seconds: float = 60,
        **environment: str,
    ) -> Process:
        """Start a program and wait until it is ready; `name` must not be running."""
        if name in self._running:
            raise ValueError(f"{name} is running already")
        process = Process(name, [str(part) for part in command], self.folder, **environment)
        self._running[name] = process
        self._record()
        if ready:
            process.wait_until(ready, seconds)
        return process

    def __getitem__(self, name: str) -> Process:
        return self._running[name]

    def __iter__(self):
        return iter(self._running.values())

    def stop(self, name: str) -> None:
        """Stop one program."""
        self._running.pop(name).stop()
        self._record()

    def stop_all(self) -> None:
        """Stop all programs, the last one first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def _record(self) -> None:
        pids = {process.name: process.pid for process in self._running.values()}
        (self.folder / "pids.json").write_text(json.dumps(pids), encoding="utf-8")


def answers(address: str) -> bool:
    """Whether a GET of `address` is answered with 200."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _environment(folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    # Nothing of the person who runs the tests: no proxies, tokens or Git configuration.
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"} | dict(extra)
