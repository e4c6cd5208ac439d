"""Alerts lead somewhere: to an owner, a runbook, a dashboard, and a line in the reference."""

import re

import combinations
import rule_files
import yaml
from combinations import SLUG
from limits import NAMES

RUNBOOKS = combinations.ROOT / "docs" / "runbooks"
SECTIONS = ("## Meaning", "## First look", "## Causes", "## What to do", "## Whom to tell")
SEVERITIES = {"critical", "warning", "info"}
ORDER = '{{ if eq $labels.environment "prod" }}critical{{ else }}warning{{ end }}'


def host(environment: str) -> str:
    """Where the people of an environment see dashboards."""
    path = combinations.ROOT / f"gitops/overlays/{environment}/settings/environment.yaml"
    return yaml.safe_load(path.read_text("utf-8"))["data"]["grafana"]


def check_runbook(alert: str) -> None:
    """Raise ``AssertionError`` if the page of an alert is missing or lacks a section."""
    path = RUNBOOKS / f"{alert}.md"
    assert path.is_file(), f"{alert}: write {path.relative_to(combinations.ROOT)}"
    text = path.read_text("utf-8")
    assert text.startswith(f"# {alert}\n"), path.name
    places = [text.find(f"\n{section}\n") for section in SECTIONS]
    assert -1 not in places and places == sorted(places), f"{path.name}: {SECTIONS}"


def test_every_alert_has_a_runbook_that_is_read_to_the_end(prod):
    for name in {rule["alert"] for _, rule in rule_files.alerts(prod)}:
        check_runbook(name)


def test_every_alert_says_whose_it_is_and_where_to_look(environments):
    for environment, objects in environments.items():
        for _, rule in rule_files.alerts(objects):
            name, labels, notes = rule["alert"], rule["labels"], rule["annotations"]
            assert labels["owner"], name
            assert labels["severity"] in SEVERITIES | {ORDER}, name
            page = rf"https://\S+/blob/HEAD/docs/runbooks/{name}\.md"
            assert re.fullmatch(page, notes["runbook_url"]), name
            board = rf"https://{re.escape(host(environment))}/d/{SLUG}-(ops|quality|kpi)"
            chosen = re.escape("?var-environment={{ $labels.environment }}")
            assert re.fullmatch(board + chosen, notes["dashboard_url"]), (environment, name)
            assert "$labels.model_name" in notes["summary"], name
            assert notes["description"].strip(), name


def test_links_lead_to_dashboards_that_are_there(environments):
    boards = {
        uid
        for item in environments["dev"]
        if item["metadata"]["labels"].get("grafana_dashboard") == "1"
        for text in item["data"].values()
        for uid in re.findall(r'^ "uid": "([\w-]+)"', text, re.MULTILINE)
    }
    assert boards
    for _, rule in rule_files.alerts(environments["prod"]):
        assert rule["annotations"]["dashboard_url"].split("/d/")[1].split("?")[0] in boards


def test_the_reference_lists_every_alert_and_limit_as_they_are(prod):
    text = (combinations.ROOT / "docs" / "reference" / "alerts.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[(\w+)\]\(\S+\) \| .* \| ([\w, ]+) \|$", text, re.MULTILINE))
    found: dict[str, set[str]] = {}
    for _, rule in rule_files.alerts(prod):
        severity = rule["labels"]["severity"]
        said = {"critical", "warning"} if severity == ORDER else {severity}
        found.setdefault(rule["alert"], set()).update(said)
    said = {name: set(re.findall("critical|warning|info", row)) for name, row in rows.items()}
    assert said == found
    assert sorted(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", text, re.MULTILINE)) == sorted(NAMES)


def test_the_reference_lists_every_recorded_series(prod):
    text = (combinations.ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    recorded = {rule["record"] for _, rule in rule_files.rules_of(prod) if "record" in rule}
    names = {name for name in recorded if not name.startswith("ml:kpi_")}

    def spelled(name: str) -> set[str]:
        return {name, re.sub(r"(5m|30m|\dh|\dd)$", "<window>", name)}

    assert [name for name in names if not any(f"`{each}`" in text for each in spelled(name))] == []
    found = {each for name in names for each in spelled(name)}
    written = re.findall("`(ml:[^`{*]+)`", text)
    # Not every mesh has all of its figures.
    assert [name for name in written if name not in found and "ml:mesh_" not in name] == []
