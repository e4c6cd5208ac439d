"""Every PromQL expression of this repository: panels, rules, analyses and scaling triggers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# Below the root of the repository. Tests of rules hold series and not queries that run.
PLACES = ("observability", "gitops")
LEFT_OUT = ("observability/tests",)
_LABEL_VALUES = re.compile(r"label_values\((?P<series>.+),\s*\w+\)")


@dataclass(frozen=True)
class Found:
    """A query as it is written; ``name`` is its kind and place, such as ``alert/MLServingDown``."""

    name: str
    expr: str
    file: str

    @property
    def kind(self) -> str:
        """panel, variable, recording, alert, analysis or scaling."""
        return self.name.partition("/")[0]


def find(root: Path) -> list[Found]:
    """All queries below ``root``, in the order of files; equal names are told apart by number."""
    found: list[Found] = []
    for place in PLACES:
        for path in sorted((root / place).rglob("*")):
            relative = path.relative_to(root).as_posix()
            if not path.is_file() or relative.startswith(LEFT_OUT):
                continue
            found += in_file(path, relative)
    return numbered(found)


def in_file(path: Path, name: str) -> Iterator[Found]:
    """Queries of a dashboard or of objects of the cluster; ``name`` is what the file is called."""
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            yield from in_dashboard(content, name)
    elif path.suffix in (".yaml", ".yml"):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            yield from in_document(document, name)


def in_dashboard(content: dict[str, Any], file: str) -> Iterator[Found]:
    """Queries of panels, also in collapsed rows, and of variables."""
    stem = Path(file).stem
    for panel in panels(content):
        for target in panel.get("targets", []):
            if "expr" in target:
                name = f"panel/{stem}/{panel['title']}/{target['refId']}"
                yield Found(name, target["expr"], file)
    for variable in content.get("templating", {}).get("list", []):
        query = variable.get("query")
        if match := _LABEL_VALUES.fullmatch(query if isinstance(query, str) else ""):
            yield Found(f"variable/{stem}/{variable['name']}", match["series"], file)


def panels(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel that is no row."""
    for panel in content.get("panels", []):
        if panel.get("type") == "row":
            yield from panels(panel)
        else:
            yield panel


def in_document(document: Any, file: str) -> Iterator[Found]:
    """Queries of an object of the cluster, or of a patch of one."""
    if isinstance(document, list):
        for item in document:
            yield from in_document(item, file)
    if not isinstance(document, dict):
        return
    # Replacements name the kind, too.
    if document.get("kind") == "AnalysisRun" and "spec" in document:
        yield from _in_analysis(document, file)
        return
    yield from _in_mapping(document, file)
    for key, value in document.items():
        if key == "patch" and isinstance(value, str):
            yield from in_document(yaml.safe_load(value), file)
        else:
            yield from in_document(value, file)


def _in_mapping(item: dict[str, Any], file: str) -> Iterator[Found]:
    if "expr" in item:
        kind = "recording" if "record" in item else "alert"
        labels = item.get("labels") or {}
        more = labels.get("name") or labels.get("window") or labels.get("outcome")
        name = f"{kind}/{item.get('record') or item.get('alert')}"
        yield Found(f"{name}/{more}" if more else name, str(item["expr"]), file)
    metadata = item.get("metadata")
    if item.get("type") == "prometheus" and isinstance(metadata, dict) and "query" in metadata:
        yield Found(f"scaling/{item.get('name', 'trigger')}", metadata["query"], file)


def _in_analysis(run: dict[str, Any], file: str) -> Iterator[Found]:
    """With the arguments that stand in the file; what an overlay puts in is a placeholder."""
    values = {item["name"]: item.get("value", "") for item in run["spec"].get("args", [])}
    for metric in run["spec"]["metrics"]:
        query = metric.get("provider", {}).get("prometheus", {}).get("query")
        if query is None:
            continue
        # Only what is no placeholder: `filling` puts the others in.
        for name, value in values.items():
            if value != "none":
                query = query.replace(f"{{{{args.{name}}}}}", value)
        yield Found(f"analysis/{run['metadata']['name']}/{metric['name']}", query, file)


def numbered(found: list[Found]) -> list[Found]:
    """The same queries, with a number after a name that is there already."""
    counts: dict[str, int] = {}
    result = []
    for item in found:
        count = counts[item.name] = counts.get(item.name, 0) + 1
        name = item.name if count == 1 else f"{item.name}/{count}"
        result.append(Found(name, item.expr, item.file))
    return result
