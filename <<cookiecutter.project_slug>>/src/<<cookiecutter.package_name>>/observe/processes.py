"""Programs that run beside this one, each stopped by its own process id, whatever happens."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

START_SECONDS, STOP_SECONDS = 90, 20


class ProcessError(RuntimeError):
    """A program did not start; the message holds the end of its log."""


class Processes:
    """Starts programs on this machine; leaving the context stops them, the last one first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen]] = []

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
        self._running.append((name, process))
        end = time.monotonic() + START_SECONDS
        while not answers(ready):
            if process.poll() is not None or time.monotonic() > end:
                tail = (output or log).read_text(errors="replace")[-1500:]
                tail += log.read_text(errors="replace")[-1500:] if output else ""
                raise ProcessError(f"{name} did not start, see {log}\n{tail}")
            time.sleep(0.1)
        return process.pid

    def stop(self) -> None:
        """Stop every program that this object has started."""
        while self._running:
            _, process = self._running.pop()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def inherited(**more: str) -> dict[str, str]:
    """This process's environment with some variables more."""
    return {**os.environ, **more}


def answers(address: str) -> bool:
    """Whether a GET of ``address`` is answered with 2xx now."""
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except (OSError, urllib.error.URLError):
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
