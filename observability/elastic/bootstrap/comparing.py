"""Whether the engine has what it should, however it writes it down."""

from typing import Any

# What engines add to an object when they give it back.
ADDED = {
    "allow_custom_routing",
    "created_date",
    "created_date_millis",
    "hidden",
    "modified_date",
    "modified_date_millis",
    "timestamp_field",
}


def differences(wanted: Any, stored: Any) -> list[str]:
    """Return the dotted names of what differs; nothing if they are the same.

    Settings may be nested or dotted, numbers and booleans may have become text.
    """
    return sorted(_differences("", _settings_flat(wanted), _settings_flat(stored)))


def _differences(where: str, wanted: Any, stored: Any) -> list[str]:
    if isinstance(wanted, dict) and isinstance(stored, dict):
        found = []
        for key in wanted.keys() | (stored.keys() - ADDED):
            name = f"{where}.{key}".lstrip(".")
            found += _differences(name, wanted.get(key), stored.get(key))
        return found
    if isinstance(wanted, list) and isinstance(stored, list) and len(wanted) == len(stored):
        pairs = enumerate(zip(wanted, stored, strict=True))
        return [name for n, (a, b) in pairs for name in _differences(f"{where}.{n}", a, b)]
    return [] if _text(wanted) == _text(stored) else [where or "everything"]


def _settings_flat(node: Any) -> Any:
    """Return the object with each `settings` written as index.name: text."""
    if isinstance(node, list):
        return [_settings_flat(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: dict(_leaves("", value))
        if key == "settings" and isinstance(value, dict)
        else _settings_flat(value)
        for key, value in node.items()
    }


def _leaves(prefix: str, node: dict) -> list[tuple[str, str]]:
    found = []
    for key, value in node.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            found += _leaves(f"{name}.", value)
        else:
            found.append((name, _text(value)))
    return found


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
