"""Records in files: lines as the server prints them, among whatever else was printed."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

import orjson

from .records import ObservationError, Record, flat


class FileReader:
    """All files that match ``pattern`` below ``root``, by name; names with ``.gz`` are unpacked.

    No file at all is no error: nothing has been written yet.
    """

    def __init__(self, root: Path, pattern: str) -> None:
        self._root, self._pattern = root, pattern
        self.place = pattern
        self.broken = 0

    def records(self, dataset: str, since: datetime, until: datetime) -> Iterator[Record]:
        # In either spelling the name is a whole text of its own, and most lines do not hold it.
        mark = f'"{dataset}"'.encode()
        for path in matching(self._root, self._pattern):
            try:
                with _open(path) as lines:
                    yield from self._parsed(lines, mark, dataset)
            except FileNotFoundError:
                # It was renamed since it was listed, as servers do with full files.
                continue
            except (EOFError, gzip.BadGzipFile, zlib.error):
                # Cut off, or still being written: what came before is whole.
                self.broken += 1
            except OSError as error:
                raise ObservationError(
                    f"{path} cannot be read: {error.strerror or error}; mend its rights, or name "
                    "other files in configs/monitoring.yaml"
                ) from error

    def _parsed(self, lines: IO[bytes], mark: bytes, dataset: str) -> Iterator[Record]:
        for line in lines:
            if mark not in line:
                continue
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                self.broken += 1
                continue
            if isinstance(record, dict):
                record = flat(record)
                if record.get("event.dataset") == dataset:
                    yield record


def matching(root: Path, pattern: str) -> list[Path]:
    """Files that match ``pattern``, which is absolute or relative to ``root``, sorted.

    Names that start with a dot are half written, or another tool's.
    """
    start = Path(Path(pattern).anchor) if Path(pattern).is_absolute() else root
    relative = str(Path(pattern).relative_to(start)) if Path(pattern).is_absolute() else pattern
    found = (path for path in start.glob(relative) if not path.name.startswith("."))
    return sorted(path for path in found if path.is_file())


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    return path.open("rb")
