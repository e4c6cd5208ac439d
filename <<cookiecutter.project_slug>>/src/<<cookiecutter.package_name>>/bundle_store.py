"""Bundles in the artifact store that the serving pods read: put there once, then only compared.

The address is that of ``bundleUri``; credentials come from where the store's own clients look.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .bundle import MANIFEST, verify_bundle

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# The last two are for tests and for a folder that all machines share.
_SCHEMES = ("s3", "gs", "az", "abfs", "file", "memory")


class BundleStoreError(RuntimeError):
    """The store cannot be reached, or holds something else; the message names the place."""


def store_bundle(folder: Path, uri: str) -> bool:
    """Copy the bundle in ``folder`` to ``uri`` unless it is there; True if it was copied.

    The manifest is written last, so a copy that was cut off is never taken for a bundle and is
    continued by the next call. A volume (``pvc://``) cannot be reached from here: False.
    Raises ``BundleStoreError``, and ``BundleError`` if the bundle itself is damaged.
    """
    manifest = verify_bundle(folder)
    if urlsplit(uri).scheme == "pvc":
        return False
    store, place = _open(uri)
    try:
        present = _sizes(store, place)
        expected = {path: entry["size"] for path, entry in manifest["files"].items()}
        own = (folder / MANIFEST).read_bytes()
        if MANIFEST in present and store.cat_file(f"{place}/{MANIFEST}") != own:
            raise BundleStoreError(
                f"{uri} holds another bundle; a bundle is never overwritten. Find out who wrote "
                "it, then name another place with --bundle-uri"
            )
        absent = [path for path, size in expected.items() if present.get(path) != size]
        if MANIFEST in present and not absent:
            return False
        for path in absent:
            store.pipe_file(f"{place}/{path}", (folder / path).read_bytes())
        store.pipe_file(f"{place}/{MANIFEST}", own)
    except BundleStoreError:
        raise
    # Each store's client has its own errors, and they share no base class.
    except Exception as error:
        raise BundleStoreError(
            f"the bundle was not stored at {uri}: {type(error).__name__}: {error}; check the "
            "bucket, the network and the credentials, then run the same command again"
        ) from error
    return True


def fetch_bundle(uri: str, folder: Path) -> Path:
    """Copy the bundle at ``uri`` into ``folder``, which is made, and return it, not verified yet.

    Raises ``BundleStoreError``.
    """
    store, place = _open(uri)
    try:
        names = sorted(_sizes(store, place))
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.cat_file(f"{place}/{name}"))
    # As above: no common base class.
    except Exception as error:
        raise BundleStoreError(
            f"the bundle at {uri} was not fetched: {type(error).__name__}: {error}; check the "
            "bucket, the network and the credentials, then run the same command again"
        ) from error
    if not names:
        raise BundleStoreError(f"there is no bundle at {uri}; check the address of the release")
    return folder


def _open(uri: str) -> "tuple[AbstractFileSystem, str]":
    scheme = urlsplit(uri).scheme
    if scheme not in _SCHEMES:
        raise BundleStoreError(
            f"no bundle can be stored at {uri}: {scheme or 'no scheme'}:// is not known; use one "
            f"of {', '.join(f'{name}://' for name in _SCHEMES[:4])} in configs/release.yaml"
        )
    import fsspec

    try:
        store, place = fsspec.core.url_to_fs(uri, **_options(scheme))
    except (ImportError, ValueError, OSError) as error:
        raise BundleStoreError(
            f"{uri} cannot be opened: {error}; `make setup` installs the clients of the stores"
        ) from error
    return store, place.rstrip("/")


def _options(scheme: str) -> dict[str, Any]:
    if scheme == "file":
        return {"auto_mkdir": True}
    # A dead server is reported within a minute, and not after the client's own many minutes.
    patience = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}}
    # What was seen before somebody else wrote there, or with other credentials, does not count.
    fresh = {} if scheme == "memory" else {"use_listings_cache": False, "skip_instance_cache": True}
    return fresh | ({"config_kwargs": patience} if scheme == "s3" else {})


def _sizes(store: "AbstractFileSystem", place: str) -> dict[str, int]:
    """Size of every file below ``place`` by its relative path."""
    found = store.find(place, detail=True)
    start = len(place) + 1
    return {name[start:]: entry["size"] for name, entry in found.items()}
