"""What two environments have set differently: their own files, value by value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One value; ``None`` where an environment does not have it. ``file`` is in the overlay."""

    file: str
    key: str
    source: str | None
    here: str | None


def differences(
    source: str, there: Mapping[str, bytes], here_name: str, here: Mapping[str, bytes]
) -> list[Difference]:
    """Compare the files of the environments ``source`` and ``here_name``, by path and value.

    Comments and order do not count, nor does a value that only names its environment.
    """
    found = []
    for file in sorted(there.keys() | here.keys()):
        ours, theirs = _values(here.get(file), here_name), _values(there.get(file), source)
        for key in dict.fromkeys([*theirs, *ours]):
            mine, other = ours.get(key, _ABSENT), theirs.get(key, _ABSENT)
            if mine != other:
                found.append(Difference(file, key, _text(other), _text(mine)))
    return found


def _values(content: bytes | None, environment: str) -> dict[str, Any]:
    """Every value by its path, the environment's own name in it made the same for all."""
    if content is None:
        return {}
    try:
        documents = [item for item in yaml.safe_load_all(content) if item is not None]
    except (yaml.YAMLError, UnicodeDecodeError):
        # Broken or no YAML: different if its bytes are.
        return {"": content.decode(errors="replace")}
    found: dict[str, Any] = {}
    for number, document in enumerate(documents):
        # What stands under `data` is what people look for.
        is_plain = isinstance(document, dict) and document.get("kind") == "ConfigMap"
        start = f"{number}." if len(documents) > 1 else ""
        if is_plain:
            _walk(document.pop("data", {}), start, found)
        _walk(document, start, found)
    name = re.compile(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])")
    return {
        key: name.sub("ENVIRONMENT", value) if isinstance(value, str) else value
        for key, value in found.items()
    }


def _walk(value: Any, path: str, found: dict[str, Any]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _walk(item, f"{path}{key}.", found)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, dict | list):
                _walk(item, f"{path}{_name(item, number)}.", found)
            else:
                # By itself and not by its number, or one more would change all that follow.
                found[f"{path.rstrip('.')} {item}"] = "listed"
    else:
        found[path.rstrip(".")] = value


def _name(item: dict[str, Any] | list[Any], number: int) -> Any:
    """What an entry is called; a limit of alerts by its label, as its place says nothing."""
    if isinstance(item, list):
        return number
    labels = item.get("labels")
    return item.get("name") or (labels.get("name") if isinstance(labels, dict) else None) or number


def _text(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    return value if isinstance(value, str) else yaml.safe_dump(value).split("\n")[0]
