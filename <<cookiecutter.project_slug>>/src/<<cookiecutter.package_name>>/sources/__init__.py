"""Where raw data comes from: one kind a file, chosen by ``source.kind`` in ``params.yaml``.

A new kind is one module with a pydantic model that has ``fetch``, and one line in ``KINDS``.
Modules import their client libraries inside ``fetch``: who reads a file needs no database driver.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from ..schema import readable
from .errors import SourceError
from .example import ExampleSource
from .file import FileSource

__all__ = ["KINDS", "Source", "SourceError", "build_source"]


class Source(Protocol):
    """One place that raw data comes from."""

    def fetch(self, folder: Path, root: Path) -> None:
        """Write the raw CSV and Parquet files into ``folder``, which is empty.

        ``root`` is the repository, against which relative paths count. Raises ``SourceError``;
        what was written by then is thrown away, so a source need not clean up.
        """


KINDS: dict[str, type[Source]] = {
    "example": ExampleSource,
    "file": FileSource,
}


def build_source(settings: Mapping[str, Any]) -> Source:
    """The source that the section ``source`` of ``params.yaml`` describes.

    Raises ``SourceError`` for an unknown kind (the known ones are listed) or a wrong key.
    """
    keys = dict(settings)
    kind = keys.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        known = ", ".join(KINDS)
        raise SourceError(f"params.yaml: source.kind is {kind!r}; known kinds: {known}")
    try:
        return KINDS[kind](**keys)
    except ValidationError as error:
        raise SourceError(f"params.yaml: source of kind {kind!r}:\n{readable(error)}") from error
