"""What there shall be in the search engine: the files in `objects`, the settings of an overlay."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server import Server

FOLDER = Path(__file__).parent / "objects"
# Where an object goes, and where the answer to a GET holds it.
KINDS = {
    "ingest pipeline": "/_ingest/pipeline/",
    "lifecycle policy": "/_ilm/policy/",
    "component template": "/_component_template/",
    "index template": "/_index_template/",
}
COMPONENTS = ("ml-ecs", "ml-fields", "ml-settings")
# Text in which patterns are looked for; the pipeline has made all of it strings.
TEXTS = ("message", "error.message", "error.stack_trace")
PLATFORM = "platform"


class Wrong(Exception):
    """The settings cannot be used; the message names the file, the key and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """One stack: its environments with how many days each kind of line is kept, and redaction."""

    replicas: int
    retention: dict[str, dict[str, int]]
    removed: tuple[str, ...]
    hashed: tuple[str, ...]
    patterns: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Object:
    """One object of the engine, as it shall be."""

    kind: str
    name: str
    body: dict[str, Any]

    @property
    def path(self) -> str:
        return KINDS[self.kind] + self.name

    def read(self, server: Server) -> dict[str, Any] | None:
        """Return the object as the engine has it, None if it is not there."""
        answer = server.call("GET", self.path)
        if not answer:
            return None
        if self.kind == "ingest pipeline":
            return answer.get(self.name)
        if self.kind == "lifecycle policy":
            return {"policy": answer[self.name]["policy"]}
        listed = answer[f"{self.kind.replace(' ', '_')}s"]
        return listed[0][self.kind.replace(" ", "_")] if listed else None


def read_settings(path: Path) -> Settings:
    """Return the settings of an overlay; raise `Wrong` for anything that cannot be meant."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        retention, redaction = given["retention_days"], given["redaction"]
        settings = Settings(
            replicas=given["replicas"],
            retention=dict(retention.items()),
            removed=_names(redaction["removed"]),
            hashed=_names(redaction["hashed"]),
            patterns=tuple(redaction["patterns"]),
        )
        unknown = {*given, *redaction} - {
            *("replicas", "retention_days", "redaction", "removed", "hashed", "patterns")
        }
        for pattern in settings.patterns:
            unknown |= {"pattern", "replacement"} ^ set(pattern)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Wrong(f"{path} cannot be read as settings ({error!r}): see README.md") from None
    if unknown:
        raise Wrong(f"{path} has keys too many or too few: {', '.join(sorted(unknown))}")
    for environment, days in settings.retention.items():
        kinds = {"logs"} if environment == PLATFORM else {"logs", "predictions"}
        whole = isinstance(days, dict) and set(days) == kinds
        whole = whole and all(type(each) is int and each > 0 for each in days.values())
        if not whole or not re.fullmatch("[a-z0-9]+", environment):
            raise Wrong(
                f"{path}: retention_days of {environment!r} must give whole days, at least 1, for"
                f" {' and '.join(sorted(kinds))}"
            )
    return settings


def _names(listed: Any) -> tuple[str, ...]:
    # A text would be taken for its letters: no field has such a name, so nothing would be redacted.
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise TypeError(f"{listed!r} is no list of fields")
    return tuple(listed)


def everything(settings: Settings, lifecycle: bool, salt: str = "") -> Iterator[Object]:
    """Yield all objects in the order in which they can be made."""
    if settings.hashed and not salt:
        raise Wrong(
            "ids are to be hashed and HASH_SALT is empty: without a salt they can be guessed"
        )
    components = {name: _read(f"component-{name}.json") for name in COMPONENTS[:2]}
    mappings = [body["template"]["mappings"] for body in components.values()]
    names = [each for mapping in mappings for each in _fields("", mapping)]
    values = {
        "objects": sorted({name for name, is_object in names if is_object}),
        "scalars": sorted({name for name, is_object in names if not is_object}),
        "patterns": [_gsub(each, text) for each in settings.patterns for text in TEXTS],
        "removed": list(settings.removed),
        "hashed": list(settings.hashed),
        "salt": salt,
        "replicas": str(settings.replicas),
    }
    values["redaction"] = _fill(_read("redaction.json"), values)
    pipeline = _fill(_read("pipeline-ml-normalise.json"), values)
    yield Object("ingest pipeline", "ml-normalise", pipeline)
    components["ml-settings"] = _fill(_read("component-ml-settings.json"), values)
    for name, body in components.items():
        yield Object("component template", name, body)
    # Of ElastAlert2, which makes its indices itself: a copy that no second node can hold would keep
    # the engine from ever being green.
    alerts = {"index_patterns": ["elastalert*"], "composed_of": [], "priority": 300}
    alerts["template"] = {"settings": {"index.number_of_replicas": values["replicas"]}}
    yield Object("index template", "elastalert", alerts)
    for environment, kinds in settings.retention.items():
        for kind, days in kinds.items():
            name = PLATFORM if environment == PLATFORM else f"ml-{kind}-{environment}"
            if lifecycle:
                policy = _fill(_read("policy.json"), {"retention": f"{days}d"})
                yield Object("lifecycle policy", name, {"policy": policy})
            yield Object("index template", name, _template(kind, environment, name, lifecycle))


def _template(kind: str, environment: str, name: str, lifecycle: bool) -> dict[str, Any]:
    if environment == PLATFORM:
        patterns = [f"logs-{PLATFORM}-*"]
    elif kind == "predictions":
        patterns = [f"logs-ml.{dataset}-{environment}" for dataset in ("prediction", "label")]
    else:
        patterns = [f"logs-ml.*-{environment}", f"logs-mesh.*-{environment}"]
    body: dict[str, Any] = {
        "index_patterns": patterns,
        "data_stream": {},
        "composed_of": list(COMPONENTS),
        # Above the templates for logs-*-* that Elasticsearch brings along; the more special wins.
        "priority": 400 if kind == "predictions" else 300,
    }
    if lifecycle:
        # By their names Elasticsearch 9 would keep the streams in a mode that no test here can run.
        mode = {"index.lifecycle.name": name, "index.mode": "standard"}
        body["template"] = {"settings": mode}
    return body


def _gsub(pattern: dict[str, str], field: str) -> dict[str, Any]:
    return {"gsub": {"field": field, "ignore_missing": True, **pattern}}


def _fields(prefix: str, mapping: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each name of a mapping and whether it is an object; not those that take anything."""
    for key, value in mapping.get("properties", {}).items():
        if value.get("enabled", True):
            yield f"{prefix}{key}", "properties" in value
        yield from _fields(f"{prefix}{key}.", value)


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def _fill(node: Any, values: dict[str, Any]) -> Any:
    """Return the node with each "$name" replaced: by a value, or by the text of a script."""
    if isinstance(node, dict):
        return {key: _fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        filled: list[Any] = []
        for each in node:
            value = _fill(each, values)
            # A list that stands for several processors.
            filled += value if isinstance(each, str) and isinstance(value, list) else [value]
        return filled
    if isinstance(node, str) and (found := re.fullmatch(r"\$([a-z][a-z.-]*)", node)):
        name = found[1]
        if name.endswith(".painless"):
            return (FOLDER / name).read_text(encoding="utf-8")
        return values[name]
    return node
