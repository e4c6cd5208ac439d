"""Standard output that nobody waits for: who reads the log may be slow, stuck or gone."""

import os
import select
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable

# A pipe that says it can be written to takes this much at once without blocking (PIPE_BUF).
_CHUNK = 4096
_PAUSE = 0.2
# At most so many bytes are one write. A file takes them whole.
_ENOUGH = 256 * 1024


class PatientStream:
    """For log handlers: ``write`` never blocks and never raises.

    Lines are written at once. Those that the reader does not take wait in memory, ``limit`` bytes
    of them, and are written by a thread that lives only as long as it has work. What is beyond the
    limit is dropped, whole lines, and counted in ``dropped``; the next line that is written
    says so.
    """

    def __init__(self, descriptor: int, limit: int = 4 * 1024 * 1024) -> None:
        self._descriptor = descriptor
        self._limit = limit
        # What the log says about so many lost lines.
        self.note: Callable[[int], str] = lambda lines: f"{lines} lines dropped"
        self._told = 0
        # Whether a line was begun of which the rest is lost, and the last byte that was taken.
        self._torn, self._last = False, b"\n"
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._lock = threading.Lock()
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
            first = not self._waiting
            if not first and self._size + len(content) > self._limit:
                self.dropped += content.count(b"\n")
            else:
                self._waiting.append(content)
                self._size += len(content)
            if first:
                self._write_waiting()
            if self._waiting and self._thread is None:
                self._start_thread()
        return len(text)

    def flush(self) -> None:
        """Nothing: what was taken is written, and the rest as soon as the reader takes it."""

    def drain(self, seconds: float) -> None:
        """At the end of the process: give the reader this long to take what waits."""
        with self._lock:
            self._write_waiting()
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._catch_up, name="log", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # None can be had, as at the end of the process: the next line tries again.
            return
        self._thread = thread

    def _catch_up(self) -> None:
        while True:
            self._patience.poll(_PAUSE * 1000)
            with self._lock:
                self._write_waiting()
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
                self._last = whole[done - 1 : done]
            except BlockingIOError:
                break
            except OSError:
                # Closed, broken or full: there is no place to complain to.
                self.dropped += whole.count(b"\n", max(done, len(start)))
                self._torn = self._last != b"\n"
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
