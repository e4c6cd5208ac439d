"""What a forge's API answers, and how long it asks to wait."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """``headers`` have lower-case names; ``body`` is parsed JSON, or None if it is none."""

    code: int
    headers: dict[str, str]
    body: Any

    @property
    def message(self) -> str:
        """What the forge says about a refusal, wherever in the body it keeps its reasons."""
        body = self.body if isinstance(self.body, dict) else {}
        said = [text for key in ("message", "error", "errors") for text in _texts(body.get(key))]
        return "; ".join(said) or f"HTTP {self.code}"

    @property
    def is_limited(self) -> bool:
        """Whether the forge only wants to be asked later."""
        return self.code == 429 or (self.code == 403 and "rate limit" in self.message.lower())

    @property
    def wait(self) -> str:
        """When to ask again, in words."""
        seconds = self.headers.get("retry-after", "")
        if seconds.isdigit():
            return f"in {seconds} s"
        for name in ("x-ratelimit-reset", "ratelimit-reset"):
            if self.headers.get(name, "").isdigit():
                return f"after {datetime.fromtimestamp(int(self.headers[name]), UTC):%H:%M:%S} UTC"
        return "in a few minutes"


def read_json(content: str) -> Any:
    """Parsed JSON; None for anything else, such as the page of a proxy."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict) and "message" in value:
        yield from _texts(value["message"])
    elif isinstance(value, dict) and "code" in value:
        yield f"{value.get('field')} is {value['code']}"
    elif isinstance(value, dict):
        yield from (f"{key}: {text}" for key, item in value.items() for text in _texts(item))
    elif value:
        yield str(value)
