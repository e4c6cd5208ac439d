"""Programs that run beside this one, each stopped by its own process id when this one ends."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

START_SECONDS, STOP_SECONDS = 90, 20


class ProcessError(RuntimeError):
    """A program did not start or may not; the message holds the end of its log, or says why."""


class Processes:
    """Starts programs on this machine; leaving the context stops them, the last one first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[subprocess.Popen] = []

    def __enter__(self) -> "Processes":
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        ready: str,
        environment: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> int:
        """Start a program and return its process id once the address ``ready`` answers.

        What it says is kept in ``<name>.log``; ``output`` names another file for its standard
        output.
        """
        log = self.folder / f"{name}.log"
        with log.open("wb") as errors, (output or log).open("ab") as said:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=inherited(**(environment or {})),
                stdout=said,
                stderr=errors if output else subprocess.STDOUT,
                # A Ctrl-C at the terminal is ours to handle, in order.
                start_new_session=True,
            )
        self._running.append(process)
        latest = time.monotonic() + START_SECONDS
        while not answers(ready):
            if process.poll() is not None or time.monotonic() > latest:
                tail = (output or log).read_text(errors="replace")[-1500:]
                tail += log.read_text(errors="replace")[-1500:] if output else ""
                raise ProcessError(f"{name} did not start, see {log}\n{tail}")
            time.sleep(0.1)
        return process.pid

    def stop(self) -> None:
        """Stop every program that this object has started; at once, if asked a second time."""
        try:
            while self._running:
                end(self._running[-1], STOP_SECONDS)
                self._running.pop()
        finally:
            # Some are left only if somebody did not want to wait for them.
            for process in self._running:
                end(process, 0)


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """``folder``, empty; ``ProcessError`` while somebody else's programs keep their data in it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProcessError(f"{folder} is in use: end the other `make observe` first") from None
        if folder.exists():
            shutil.rmtree(folder)
        yield folder


def inherited(**more: str) -> dict[str, str]:
    """This process's environment with some variables more."""
    return {**os.environ, **more}


def answers(address: str) -> bool:
    """Whether a GET of ``address`` is answered with 2xx now."""
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback address that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


def end(process: subprocess.Popen, seconds: float) -> None:
    """Ask a program and what it started to end; kill them if they have not in ``seconds``."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
