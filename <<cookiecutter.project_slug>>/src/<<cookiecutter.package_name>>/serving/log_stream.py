"""Standard output that nobody waits for: who reads the log may be slow, stuck or gone."""

import os
import select
import stat
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

# A pipe that says it can be written to takes this much at once without blocking (PIPE_BUF).
_CHUNK = 4096
_PAUSE = 0.2
# Lines that wait for others are written before they are more than this. A file takes it whole.
_ENOUGH = 256 * 1024
# The thread ends if there was nothing to write for so many seconds.
_IDLE = 10.0


class PatientStream:
    """For log handlers: ``write`` never blocks and never raises.

    Lines are written at once, or, after ``batch``, a moment later and many together. Those that the
    reader does not take wait in memory, ``limit`` bytes of them, and are written by a thread that
    lives only as long as it has work. What is beyond the limit is dropped whole, line by line, and
    counted in ``dropped``; the next line that is written says so.
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
        self._together = 0.0
        self._lock = threading.Lock()
        self._more = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        # Two, since one cannot be asked by two threads at a time.
        self._poll, self._patience = select.poll(), select.poll()
        for poll in (self._poll, self._patience):
            poll.register(descriptor, select.POLLOUT)
        self._chunk = _ENOUGH if _is_file(descriptor) else _CHUNK
        self.dropped = 0

    def write(self, text: str) -> int:
        """Write or keep ``text``, whole lines."""
        content = text.encode("utf-8", "backslashreplace")
        with self._lock:
            full = self._size + len(content) > _ENOUGH
            if full and self._together:
                self._write_waiting()
            if not self._waiting and (full or not self._together):
                content = self._send(content)
            if content:
                self._keep(content)
        return len(text)

    def flush(self) -> None:
        """Write what waits to share a write, as far as the reader takes it at once."""
        with self._lock:
            self._write_waiting()

    def batch(self, seconds: float) -> None:
        """From now on a line may wait ``seconds`` for others: one write for all costs less."""
        self._together = seconds

    def drain(self, seconds: float) -> None:
        """At the end of the process: give the reader this long to take what waits."""
        with self._lock:
            self._together = 0.0
            self._write_waiting()
            self._more.notify()
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
        elif len(self._waiting) == 1:
            self._more.notify()

    def _catch_up(self) -> None:
        stuck = not self._together
        while True:
            if stuck:
                self._patience.poll(_PAUSE * 1000)
            else:
                time.sleep(self._together)
            with self._lock:
                self._write_waiting()
                if not self._waiting and self._together:
                    self._more.wait(_IDLE)
                    stuck = False
                else:
                    stuck = True
                if not self._waiting:
                    self._thread = None
                    return

    def _write_waiting(self) -> None:
        while self._waiting:
            content, dropped = self._take(), self.dropped
            left = self._send(content)
            self._size -= len(content) - len(left)
            if left:
                self._waiting.appendleft(left)
                return
            # Where nothing is taken, a note would be lost as well.
            taken = self.dropped == dropped
            if taken and not self._waiting and self.dropped > self._told:
                lines, self._told = self.dropped - self._told, self.dropped
                self._waiting.append(f"{self.note(lines)}\n".encode())
                self._size += len(self._waiting[-1])

    def _take(self) -> bytes:
        """The next lines, as many as one write may have."""
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= _ENOUGH:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        return b"".join(taken)

    def _send(self, content: bytes) -> bytes:
        """Write as much as is taken at once, and return the rest; all is lost if nobody reads."""
        # After a part of a line that could not be finished, a new one begins.
        start = b"\n" if self._torn else b""
        whole = start + content
        done = 0
        while done < len(whole):
            if not self._poll.poll(0):
                break
            try:
                done += os.write(self._descriptor, whole[done : done + self._chunk])
            except BlockingIOError:
                break
            except OSError:
                # Closed, broken or full: there is no place to complain to.
                self.dropped += whole.count(b"\n", max(done, len(start)))
                self._torn = whole[done - 1 : done] != b"\n" if done else self._torn
                return b""
        self._torn = False
        return whole[done:]


def _is_file(descriptor: int) -> bool:
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _standard_output() -> int:
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return 1


STDOUT = PatientStream(_standard_output())
