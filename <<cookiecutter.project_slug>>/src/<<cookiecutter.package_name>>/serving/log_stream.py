"""Standard output that nobody waits for: who reads the log may be slow, stuck or gone."""

import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable

# A pipe that says it can be written to takes this much at once without blocking (PIPE_BUF).
_CHUNK = 4096
_PAUSE = 0.2


class PatientStream:
    """For log handlers: ``write`` never blocks and never raises.

    Lines that the reader does not take wait in memory, ``limit`` bytes of them, and are written
    by a thread that lives only as long as something waits. What is beyond the limit is dropped
    whole, line by line, and counted in ``dropped``; the next line that is written says so.
    """

    def __init__(self, descriptor: int, limit: int = 4 * 1024 * 1024) -> None:
        self._descriptor = descriptor
        self._limit = limit
        # What the log says about so many lost lines.
        self.note: Callable[[int], str] = lambda lines: f"{lines} lines dropped"
        self._told = 0
        self._torn = False
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.dropped = 0

    def write(self, text: str) -> int:
        """Write or keep ``text``, whole lines."""
        content = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if not self._waiting:
                content = self._send(content)
            if content:
                self._keep(content)
        return len(text)

    def flush(self) -> None:
        """Nothing: what could be written has been."""

    def drain(self, seconds: float) -> None:
        """At the end of the process: give the reader this long to take what waits."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _keep(self, content: bytes) -> None:
        if self._waiting and self._size + len(content) > self._limit:
            self.dropped += content.count(b"\n")
            return
        self._waiting.append(content)
        self._size += len(content)
        if self._thread is None:
            self._thread = threading.Thread(target=self._catch_up, name="log", daemon=True)
            self._thread.start()

    def _catch_up(self) -> None:
        while True:
            self._poll.poll(_PAUSE * 1000)
            with self._lock:
                self._write_waiting()
                if not self._waiting:
                    self._thread = None
                    return

    def _write_waiting(self) -> None:
        while self._waiting:
            content = self._waiting.popleft()
            left = self._send(content)
            self._size -= len(content) - len(left)
            if left:
                self._waiting.appendleft(left)
                return
            if not self._waiting and self.dropped > self._told:
                lines, self._told = self.dropped - self._told, self.dropped
                self._waiting.append(f"{self.note(lines)}\n".encode())
                self._size += len(self._waiting[-1])

    def _send(self, content: bytes) -> bytes:
        """Write as much as is taken at once, and return the rest; all is lost if nobody reads."""
        if self._torn:
            # After a part of a line that could not be finished, a new one begins.
            content, self._torn = b"\n" + content, False
        whole = len(content)
        while content:
            if not self._poll.poll(0):
                return content
            try:
                written = os.write(self._descriptor, content[:_CHUNK])
            except BlockingIOError:
                return content
            except OSError:
                # Closed, broken or full: there is no place to complain to.
                self.dropped += content.count(b"\n")
                self._torn = len(content) < whole
                return b""
            content = content[written:]
        return b""


def _standard_output() -> int:
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return 1


STDOUT = PatientStream(_standard_output())
