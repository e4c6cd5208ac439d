"""Which repository of which forge a Git address means."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

# git@github.com:owner/name.git, as Git reads it: no scheme, and a colon before any slash.
_SHORT = re.compile(r"(?:[^@/:]+@)?(?P<host>\[[^\]]+\]|[^/:]+):(?P<path>[^/].*|/.+)")
_WEB = ("https", "http")


@dataclass(frozen=True)
class Address:
    """``host`` may hold a port if the address is one of the web; ``path`` is ``owner/name``."""

    scheme: str
    host: str
    path: str

    @property
    def is_web(self) -> bool:
        return self.scheme in _WEB


def parse_address(url: str) -> Address | None:
    """Read an https, http, ssh, git or ``user@host:path`` address; None for a folder.

    A user name or a password in the address is left out, as is ``.git`` at the end.
    """
    text = url.strip()
    if "://" in text:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme == "file" or not parts.hostname:
            return None
        # The port of ssh is not the one of the API.
        host = f"{parts.hostname}:{port}" if port and parts.scheme in _WEB else parts.hostname
        return Address(parts.scheme, host, _name(unquote(parts.path)))
    # On Windows, C:/folder is a folder.
    found = _SHORT.fullmatch(text)
    if found is None or len(found["host"]) == 1:
        return None
    return Address("ssh", found["host"].lower(), _name(found["path"]))


def _name(path: str) -> str:
    return path.strip("/").removesuffix(".git").strip("/")
