"""Rules for log lines: shipped once, about this model only, with a page that says what to do.

That they report what they should, and nothing else, is proven by the template's own tests, with
ElastAlert2 and a search engine.
"""

import re

import combinations
import pytest
import yaml
from combinations import ENVIRONMENTS, SLUG, Combination
from test_alert_pages import check_runbook

FILES = [
    path
    for path in sorted((combinations.ROOT / "observability/cluster/logs").glob("*.yaml"))
    if path.name != "kustomization.yaml"
]


def shipped(objects: list[dict]) -> dict[str, dict]:
    """The rules among rendered objects, by the name of their alert."""
    found = {}
    for item in objects:
        if item["metadata"].get("labels", {}).get("elastalert_rule") == "1":
            assert item["kind"] == "ConfigMap"
            for name, text in item["data"].items():
                found[name.removesuffix(".yaml")] = yaml.safe_load(text)
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_rules_are_shipped_once(rendered, environment):
    rules = shipped(rendered(Combination(environment)))
    assert len(rules) == (len(FILES) if environment == "dev" else 0)


def test_rules_are_about_this_model_and_say_what_to_do(rendered):
    listed = (combinations.ROOT / "docs" / "reference" / "alerts.md").read_text("utf-8")
    rules = shipped(rendered(Combination("dev")))
    assert {path.stem for path in FILES} and rules
    for name, rule in rules.items():
        assert rule["name"] == f"{SLUG}-{name}" and rule["alertmanager_alertname"] == name
        assert {"term": {"service.name": SLUG}} in rule["filter"]
        labels = rule["alertmanager_labels"]
        assert labels["model_name"] == SLUG and labels["team"] == labels["owner"]
        page = rf"https://\S+/blob/HEAD/docs/runbooks/{name}\.md"
        assert re.fullmatch(page, rule["alertmanager_annotations"]["runbook_url"])
        check_runbook(name)
        assert re.search(rf"^\| `{name}` \| .* \| {labels['severity']} \|$", listed, re.MULTILINE)
