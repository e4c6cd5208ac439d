"""The programs that `make observe` starts, by the names that systems give them."""

import shutil
from dataclasses import dataclass
from pathlib import Path


class MissingProgramsError(RuntimeError):
    """Some programs are not installed; the message names them and how to get them."""


@dataclass(frozen=True)
class Programs:
    """Paths of the three servers."""

    prometheus: Path
    alertmanager: Path
    pushgateway: Path


# Debian puts its own word before two of them. Its package names are the first ones, too.
_NAMES = {
    "prometheus": ("prometheus",),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "pushgateway": ("prometheus-pushgateway", "pushgateway"),
}


def find_programs(path: str | None = None) -> Programs:
    """The programs on ``path`` or on PATH; raises ``MissingProgramsError`` for all that are not."""
    found = {
        kind: next((place for name in names if (place := shutil.which(name, path=path))), None)
        for kind, names in _NAMES.items()
    }
    missing = [kind for kind, place in found.items() if place is None]
    if missing:
        packages = " ".join(_NAMES[kind][0] for kind in missing)
        raise MissingProgramsError(
            f"{', '.join(missing)} not found on PATH. On Debian and Ubuntu: sudo apt-get install "
            f"{packages}; on others, put the programs of the Prometheus project on PATH"
        )
    return Programs(**{kind: Path(place) for kind, place in found.items() if place})
