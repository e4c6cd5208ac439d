"""Every kind of query is found, wherever it is written."""

import json
from pathlib import Path

import yaml

from <<cookiecutter.package_name>>.observe.finding import find

ROOT = Path(__file__).parents[3]
RULES = {
    "kind": "PrometheusRule",
    "spec": {
        "groups": [
            {
                "rules": [
                    {"record": "ml:a", "expr": "a"},
                    {"alert": "A", "expr": "b > 1", "labels": {"window": "1h"}},
                    {"alert": "A", "expr": "b > 2", "labels": {"window": "1h"}},
                ]
            }
        ]
    },
}
RUN = {
    "kind": "AnalysisRun",
    "metadata": {"name": "verification"},
    "spec": {
        "args": [{"name": "series", "value": 'x="1"'}, {"name": "window", "value": "none"}],
        "metrics": [
            {
                "name": "requests",
                "provider": {"prometheus": {"query": "c{ {{args.series}} }[{{args.window}}]"}},
            },
            {"name": "job", "provider": {"job": {}}},
        ],
    },
}
SCALING = """- op: add
  value:
    triggers:
      - {type: prometheus, name: load, metadata: {query: sum(d)}}
      - {type: cron, metadata: {start: now}}
"""
BOARD = {
    "panels": [
        {"type": "stat", "title": "One", "targets": [{"refId": "A", "expr": "e"}]},
        {
            "type": "row",
            "panels": [
                {
                    "type": "stat",
                    "title": "Two",
                    "targets": [{"refId": "A", "expr": "f"}, {"refId": "B", "query": "level:x"}],
                }
            ],
        },
    ],
    "templating": {"list": [{"name": "v", "query": 'label_values(g{h="1"},i)'}, {"name": "w"}]},
}


def test_all_kinds_in_all_places(tmp_path):
    rules, gitops = tmp_path / "observability", tmp_path / "gitops" / "components"
    (rules / "tests").mkdir(parents=True)
    gitops.mkdir(parents=True)
    (rules / "rules.yaml").write_text(yaml.safe_dump(RULES))
    (rules / "tests" / "rules.yaml").write_text(yaml.safe_dump(RULES))
    (rules / "board.json").write_text(json.dumps(BOARD))
    (gitops / "run.yaml").write_text(yaml.safe_dump(RUN))
    (gitops / "patch.yaml").write_text(yaml.safe_dump({"patches": [{"patch": SCALING}]}))

    assert {item.name: item.expr for item in find(tmp_path)} == {
        "recording/ml:a": "a",
        "alert/A/1h": "b > 1",
        "alert/A/1h/2": "b > 2",
        "analysis/verification/requests": 'c{ x="1" }[{{args.window}}]',
        "scaling/load": "sum(d)",
        "panel/board/One/A": "e",
        "panel/board/Two/A": "f",
        "variable/board/v": 'g{h="1"}',
    }


def test_this_repository_has_all_kinds():
    found = find(ROOT)

    kinds = {item.kind for item in found}
    assert kinds >= {"panel", "variable", "recording", "alert", "analysis", "scaling"}
    assert len({item.name for item in found}) == len(found)
    files = {item.file for item in found}
    assert "gitops/components/verification/analysisrun.yaml" in files
    assert "gitops/components/candidate/analysisrun.yaml" in files


def test_no_query_hides_under_another_key():
    """Whatever looks like a query in these files is one that was found."""
    known = {item.expr.strip() for item in find(ROOT)}
    marks = ("rate(", "histogram_quantile(", "sum by", "ml:threshold{")
    for folder in ("observability", "gitops"):
        for path in (ROOT / folder).rglob("*.yaml"):
            if (ROOT / "observability" / "tests") in path.parents:
                continue
            for document in yaml.safe_load_all(path.read_text("utf-8")):
                for text in _texts(document):
                    if any(mark in text for mark in marks) and "{{args" not in text:
                        assert text.strip() in known, f"{path}: {text}"


def _texts(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "patch":
                yield from _texts(yaml.safe_load(value))
            elif key not in ("description", "summary", "spec_args"):
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node
