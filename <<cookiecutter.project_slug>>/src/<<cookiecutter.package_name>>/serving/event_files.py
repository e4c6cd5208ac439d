"""Prediction events in files as well, for machines without anything that ships logs.

Nothing here can slow or fail an answer: a thread writes, memory and disk are bounded, and what a
full disk does not take is dropped and counted.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

_log = logging.getLogger(__name__)
_NAME = "events-*.ndjson"
# Of the bytes that the folder may hold, one file has at most this share.
_PARTS = 8
# A moment to collect what many requests bring, so that they share one write.
_PAUSE = 0.2
_WAITING = 8 * 1024 * 1024


class EventFiles:
    """Files in ``folder``, ``limit`` bytes of them at most; the oldest goes first."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._size = self._refused = 0
        self._thread: threading.Thread | None = None
        self._path: Path | None = None
        self._torn = self._warned = False
        self.dropped = 0

    def add(self, lines: list[str]) -> None:
        """Keep ``lines``, each one JSON object, until they are written in a moment."""
        size = sum(map(len, lines))
        with self._lock:
            # The lines of one request, however many, are never too much by themselves.
            if self._waiting and self._size + size > _WAITING:
                self._refused += len(lines)
                return
            self._waiting += lines
            self._size += size
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="events", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # None can be had: the next request tries again.
                    return
                self._thread = thread

    def close(self, seconds: float = 2) -> None:
        """At the end of the process: wait until everything is written, but no longer than this."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        if self._thread is not None or self._waiting:
            _log.warning(
                "the last events may be missing in %s: they were not written within %g seconds",
                self._folder,
                seconds,
            )

    def _work(self) -> None:
        while True:
            time.sleep(_PAUSE)
            with self._lock:
                lines, self._waiting, self._size = self._waiting, [], 0
                lost, self._refused = self._refused, 0
                if not lines:
                    self._thread = None
                    return
            reason = "more of them come than can be written"
            for piece in _pieces(lines, self._limit // _PARTS):
                try:
                    missing, why = self._write(piece), "only a part was taken; the disk may be full"
                except OSError as error:
                    missing, why = len(piece), error.strerror or str(error)
                if missing:
                    lost, reason = lost + missing, why
            self.dropped += lost
            # Once: a full disk is not helped by a fuller log.
            if lost and not self._warned:
                _log.warning(
                    "events are not written to %s: %s; predictions are answered all the same",
                    self._folder,
                    reason,
                )
            self._warned = bool(lost)

    def _write(self, lines: list[str]) -> int:
        """How many lines the disk did not take."""
        content = "".join(f"{line}\n" for line in lines).encode()
        path = self._place(len(content))
        if self._torn:
            # After a part of a line that did not fit, a new one begins.
            content = b"\n" + content
        with path.open("ab", buffering=0) as stream:
            written = stream.write(content) or 0
        self._torn = written < len(content) and (written > 0 or self._torn)
        return content[written:].count(b"\n")

    def _place(self, size: int) -> Path:
        """The file to append to; a new one if the present one is full or gone."""
        path = self._path
        full = self._limit // _PARTS
        present = None if path is None else _bytes(path)
        if present is None or present + size > full:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_oldest(self._limit - full)
            moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
            path = self._path = self._folder / f"events-{moment}-{os.getpid()}.ndjson"
        return path

    def _remove_oldest(self, keep: int) -> None:
        found = sorted(self._folder.glob(_NAME), reverse=True)
        total = 0
        for path in found:
            total += _bytes(path) or 0
            if total > keep:
                path.unlink(missing_ok=True)


def _bytes(path: Path) -> int | None:
    """The file's size; None if it is gone, as another server that writes here may remove it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _pieces(lines: list[str], most: int) -> Iterator[list[str]]:
    """Yield the lines in parts of at most so many characters each, or of one line."""
    piece: list[str] = []
    size = 0
    for line in lines:
        if piece and size + len(line) > most:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line) + 1
    yield piece
