"""Release: the one file that is promoted. Equal bytes are equal releases; nothing in it moves."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import yaml

_HEADER = (
    "# Written by `make release` and by promotions. Equal files are equal releases; the id covers "
    "every other field.\n"
)
_ID_DIGITS = 12
_URI_DIGITS = 16

# Key in the file, attribute, what it must look like, and that in words.
_FIELDS = (
    ("model", "model", r"[a-z][a-z0-9-]{0,62}", "a model's name: lower-case letters, digits, -"),
    ("modelVersion", "model_version", r"v[1-9][0-9]{0,8}", "a registered version, spelled v7"),
    (
        "bundleUri",
        "bundle_uri",
        r"[a-z][a-z0-9+.-]*://[A-Za-z0-9][A-Za-z0-9._~/=+-]*/[0-9a-f]{16}",
        "a URI that ends with the first 16 hex digits of bundleDigest",
    ),
    ("bundleDigest", "bundle_digest", r"sha256:[0-9a-f]{64}", "sha256: and 64 hex digits"),
    (
        "image",
        "image",
        r"[a-z0-9][a-z0-9.-]*(:[0-9]{1,5})?(/[a-z0-9][a-z0-9._-]*)+@sha256:[0-9a-f]{64}",
        "an image by digest, registry/name@sha256:..., without a tag",
    ),
    ("run", "run", r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}", "an MLflow run id"),
    (
        "dataRevision",
        "data_revision",
        r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,199}",
        "a tag or commit of the dataset",
    ),
    ("dataHash", "data_hash", r"md5:[0-9a-f]{32}(\.dir)?", "md5: and the hash of the dataset"),
    ("commit", "commit", r"[0-9a-f]{40}", "a whole commit id, of a clean work tree"),
)
# These name something that can be pointed elsewhere later.
_MOVING_SCHEMES = ("models", "runs", "mlflow-artifacts", "mlflow")


class ReleaseError(ValueError):
    """A release is not valid; the message names the file and the field."""


@dataclass(frozen=True)
class Release:
    """What runs: image and bundle by digest, and where both come from. Always valid.

    Raises ``ReleaseError`` for a field that is not immutable or not well-formed.
    """

    model: str
    model_version: str
    bundle_uri: str
    bundle_digest: str
    image: str
    run: str
    data_revision: str
    data_hash: str
    commit: str

    def __post_init__(self) -> None:
        for key, attribute, pattern, words in _FIELDS:
            value = getattr(self, attribute)
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                raise ReleaseError(f"{key} is {value!r}; it must be {words}{_hint(key, value)}")
        if self.bundle_uri.partition(":")[0] in _MOVING_SCHEMES:
            raise ReleaseError(
                f"bundleUri is {self.bundle_uri!r}: the registry can point it elsewhere; name the "
                "bundle's own folder in the artifact store"
            )
        digits = self.bundle_digest.removeprefix("sha256:")[:_URI_DIGITS]
        if not self.bundle_uri.endswith(f"/{digits}"):
            raise ReleaseError(
                f"bundleUri is {self.bundle_uri!r}; it must end with /{digits}, the first "
                f"{_URI_DIGITS} hex digits of bundleDigest"
            )

    @property
    def id(self) -> str:
        """``v7-3f9a1c20d4e1``: fits a Kubernetes label and is never mistaken for a number."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return f"{self.model_version}-{hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]}"

    def to_yaml(self) -> bytes:
        """The file's exact bytes."""
        data = {"release": self.id, **self._content()}
        lines = "".join(f'  {key}: "{value}"\n' for key, value in data.items())
        head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: release\ndata:\n"
        return (_HEADER + head + lines).encode()

    def _content(self) -> dict[str, str]:
        return {key: getattr(self, attribute) for key, attribute, _, _ in _FIELDS}


def parse_release(content: bytes, where: str) -> Release:
    """The release in the file ``content``; ``where`` names it in errors.

    Raises ``ReleaseError`` unless the bytes are those that ``Release.to_yaml`` writes; only the
    comment at the top may differ, so that a later version of this tool can word it anew.
    """
    restore = f"restore it from git (git log -- {where}) or make it again with `make release`"
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ReleaseError(f"{where} is not valid YAML: {reason}; {restore}") from error
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise ReleaseError(f"{where} is no release: it has no mapping `data`; {restore}")
    expected = {"release", *(key for key, *_ in _FIELDS)}
    _refuse_keys(data, expected, where, restore)
    attributes = {attribute: data[key] for key, attribute, _, _ in _FIELDS}
    try:
        release = Release(**attributes)
    except ReleaseError as error:
        raise ReleaseError(f"{where}: {error}; {restore}") from None
    if data["release"] != release.id:
        raise ReleaseError(
            f"{where}: the id is {data['release']!r}, but the other fields make {release.id}: "
            f"something was changed by hand; {restore}"
        )
    if _without_head(content) != _without_head(release.to_yaml()):
        raise ReleaseError(
            f"{where} holds release {release.id} in another form than the tool writes (comments, "
            f"order, quotes or further keys), so that equal releases are not equal files; {restore}"
        )
    return release


def id_in(content: bytes | None) -> str | None:
    """The id that a release file names, valid or not; for pages and messages only."""
    found = re.search(rb'^  release: "([^"\n]+)"$', content or b"", re.MULTILINE)
    return found[1].decode(errors="replace") if found else None


def _refuse_keys(data: dict[Any, Any], expected: set[str], where: str, restore: str) -> None:
    unknown = sorted(str(key) for key in data.keys() - expected)
    absent = sorted(expected - data.keys())
    if unknown or absent:
        what = [f"unknown {', '.join(unknown)}"] if unknown else []
        what += [f"missing {', '.join(absent)}"] if absent else []
        raise ReleaseError(f"{where}: {' and '.join(what)} under `data`; {restore}")


def _hint(key: str, value: object) -> str:
    text = str(value)
    if key == "commit" and text.endswith("-dirty"):
        return "; this model was trained with uncommitted changes: commit them and train again"
    if key == "commit" and text == "unknown":
        return "; this model was trained outside a repository: set GIT_COMMIT there"
    if key == "image" and "@" not in text:
        return "; the registry shows the digest after a push, and `docker inspect` tells it"
    if key == "bundleUri" and "@" in text:
        return "; an alias can be moved"
    return ""


def _without_head(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    while lines and lines[0].startswith(b"#"):
        lines.pop(0)
    return b"".join(lines)
