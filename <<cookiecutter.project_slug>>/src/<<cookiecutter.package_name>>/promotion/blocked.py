"""Releases that must not be promoted again, from ``gitops/blocked.yaml``."""

from dataclasses import asdict, dataclass, fields

import yaml

_HEAD = """\
# Releases that failed somewhere. `make rollback` adds one; nothing promotes it again. To allow one
# after all, remove its entry by a pull request of its own.
"""


class BlockedError(ValueError):
    """The list cannot be read, or names a release that somebody wants to use."""


@dataclass(frozen=True)
class Blocked:
    """One release, why, since when (ISO 8601, UTC) and by whom it is blocked."""

    release: str
    reason: str
    since: str
    by: str


def parse_blocked(content: bytes | None, where: str) -> tuple[Blocked, ...]:
    """All entries, oldest first; no file is an empty list. Raises ``BlockedError``."""
    shape = f"{where} must hold `blocked:` and a list of release, reason, since, by"
    try:
        document = yaml.safe_load(content or b"")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BlockedError(f"{where} is not valid YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return ()
    entries = document.get("blocked") if isinstance(document, dict) else None
    if not isinstance(entries, list) or document.keys() != {"blocked"}:
        raise BlockedError(shape)
    names = {field.name for field in fields(Blocked)}
    for entry in entries:
        if not isinstance(entry, dict) or entry.keys() != names:
            raise BlockedError(f"{shape}; one entry is {entry!r}")
    return tuple(Blocked(**{key: str(value) for key, value in entry.items()}) for entry in entries)


def find_blocked(entries: tuple[Blocked, ...], release: str) -> Blocked | None:
    """The entry of ``release``; ``None`` if it is not blocked."""
    return next((entry for entry in entries if entry.release == release), None)


def refuse_blocked(entries: tuple[Blocked, ...], release: str) -> None:
    """Raise ``BlockedError`` with the reason if ``release`` is blocked."""
    found = find_blocked(entries, release)
    if found is not None:
        raise BlockedError(
            f"release {release} is blocked since {found.since} by {found.by}: {found.reason}. "
            "Promote another one, or remove its entry from gitops/blocked.yaml by a pull request"
        )


def add_blocked(content: bytes | None, entry: Blocked, where: str) -> bytes:
    """The file with ``entry`` at its end; unchanged if the release is blocked already."""
    entries = parse_blocked(content, where)
    if find_blocked(entries, entry.release) is not None:
        return content or b""
    listed = [asdict(item) for item in (*entries, entry)]
    text = yaml.safe_dump({"blocked": listed}, sort_keys=False, allow_unicode=True, width=1000)
    return (_HEAD + text).encode()
