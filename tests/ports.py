"""Free ports for programs that cannot pick one themselves, without a race between test runs."""

import atexit
import errno
import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

# Below the range that Linux gives to outgoing connections (32768 and up): one of those may take a
# port between our look and the program's start.
RANGE = range(20000, 32000)


class Ports:
    """Ports that stay ours until `release`: each is a locked file that other runs respect."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"test-ports-{os.getuid()}"
        self._folder.mkdir(exist_ok=True)
        self._locks: list[IO[str]] = []

    def take(self) -> int:
        """Return a port that nobody listens on and no other run has taken."""
        for port in self._candidates():
            lock = (self._folder / str(port)).open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            if _free(port):
                self._locks.append(lock)
                return port
            lock.close()
        raise OSError(errno.EADDRINUSE, f"no free port between {RANGE.start} and {RANGE.stop}")

    def release(self) -> None:
        """Give all ports back."""
        while self._locks:
            self._locks.pop().close()

    def _candidates(self) -> Iterator[int]:
        start = random.randrange(len(RANGE))
        return (RANGE[(start + step) % len(RANGE)] for step in range(len(RANGE)))


def _free(port: int) -> bool:
    # Some programs listen on all addresses, so all of them must be free.
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


_HELD = Ports()
atexit.register(_HELD.release)


def held_ports(count: int) -> list[int]:
    """Ports that stay ours until this process ends."""
    return [_HELD.take() for _ in range(count)]
