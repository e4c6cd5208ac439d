"""Columns that grow while records are read, so that a million rows are held once and not twice."""

from typing import Any

import numpy as np


class Numbers:
    """A growing array of one type; places that nobody wrote hold ``gap``."""

    def __init__(self, kind: Any, gap: Any) -> None:
        self._values = np.empty(0, kind)
        self._gap, self._length = gap, 0

    def write(self, start: int, values: np.ndarray) -> None:
        """Put ``values`` of shape (n,) at ``start`` or later than all that was written before."""
        end = start + len(values)
        self._reserve(end)
        self._values[self._length : start] = self._gap
        self._values[start:end] = values
        self._length = end

    def finish(self, length: int) -> np.ndarray:
        """The array of shape (length,); nothing can be written afterwards."""
        self.write(length, np.empty(0, self._values.dtype))
        # In place: a copy would hold the column twice.
        self._values.resize(length, refcheck=False)
        return self._values

    def _reserve(self, length: int) -> None:
        if length > len(self._values):
            # Large arrays are moved by the kernel, page by page, and not copied.
            self._values.resize(max(length, len(self._values) * 5 // 4, 4096), refcheck=False)


class Texts:
    """Different texts, numbered in the order in which they were seen; None is -1."""

    def __init__(self, known: list[str] | None = None) -> None:
        self._codes: dict[str, int] = {text: code for code, text in enumerate(known or [])}

    def code(self, text: Any) -> int:
        """The number of a text; what is no text counts by how it is written."""
        if text is None:
            return -1
        return self._codes.setdefault(text if isinstance(text, str) else str(text), len(self))

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def texts(self) -> list[str]:
        return list(self._codes)
