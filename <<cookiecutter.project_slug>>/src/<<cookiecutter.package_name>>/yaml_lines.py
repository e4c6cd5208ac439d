"""YAML that remembers its lines, so that a refusal can name them."""

from collections.abc import Iterator
from typing import Any

import yaml


class LinedMapping(dict):
    """A mapping that knows the line of each of its keys, and its own under ``None``."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}


class LinedList(list):
    """A list that knows the line of each of its items, by their place."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[int, int] = {}


class _Loader(yaml.SafeLoader):
    """Keeps line numbers and refuses a key that is given twice, of which YAML keeps the last."""


def load_with_lines(text: str | bytes) -> Any:
    """The content; all mappings are ``LinedMapping`` and all lists ``LinedList``.

    Raises ``yaml.YAMLError``, also for a key that is given twice or is no text.
    """
    return yaml.load(text, _Loader)


def line_of(content: Any, place: tuple[int | str, ...]) -> int:
    """The line of the deepest part of ``place``, keys and numbers, that the content has."""
    line = content.lines[None] if isinstance(content, LinedMapping) else 1
    for part in place:
        if not isinstance(content, LinedMapping | LinedList) or part not in content.lines:
            break
        line, content = content.lines[part], content[part]
    return line


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Iterator[LinedMapping]:
    mapping = LinedMapping()
    mapping.lines[None] = node.start_mark.line + 1
    yield mapping
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        line = key_node.start_mark.line + 1
        if not isinstance(key, str) or key in mapping:
            raise yaml.YAMLError(f"line {line}: the key {key!r} is given twice or is no text")
        mapping.lines[key] = line
        mapping[key] = loader.construct_object(value_node, deep=True)


def _list(loader: _Loader, node: yaml.SequenceNode) -> Iterator[LinedList]:
    items = LinedList()
    yield items
    for place, item in enumerate(node.value):
        items.lines[place] = item.start_mark.line + 1
        items.append(loader.construct_object(item, deep=True))


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG, _list)
