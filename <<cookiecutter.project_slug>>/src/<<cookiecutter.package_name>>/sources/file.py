"""A CSV or Parquet file, or a folder of them, on this machine or on a mounted share."""

import shutil
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..reading import is_part, part_files
from .errors import SourceError


class FileSource(BaseModel):
    """``path`` of a file or a folder; relative paths count from the root of the repository."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)

    def fetch(self, folder: Path, root: Path) -> None:
        """Copy the bytes as they are: raw data stays what its owner wrote."""
        origin = (root / Path(self.path).expanduser()).resolve()
        for part in self._parts(origin, root):
            if not part.stat().st_size:
                raise SourceError(f"{part} is empty (0 bytes); nothing was changed")
            name = part.name if origin.is_file() else part.relative_to(origin)
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(part, copy)

    def _parts(self, origin: Path, root: Path) -> list[Path]:
        raw = (root / "data" / "raw").resolve()
        if origin == raw or raw in origin.parents or origin in raw.parents:
            raise SourceError(
                f"source.path in params.yaml is {self.path!r}, which shares its place with "
                "data/raw, the folder that is replaced; put the file elsewhere, e.g. in "
                "data/incoming/"
            )
        if not origin.exists():
            raise SourceError(
                f"{origin} does not exist (source.path in params.yaml is {self.path!r}); correct "
                "the path, or get the data that this commit records with `make pull-data`"
            )
        if origin.is_file():
            if not is_part(origin):
                raise SourceError(f"{origin} is neither .csv nor .parquet; convert it first")
            return [origin]
        parts = part_files(origin)
        if not parts:
            raise SourceError(f"{origin} is a folder without .csv or .parquet files")
        return parts
