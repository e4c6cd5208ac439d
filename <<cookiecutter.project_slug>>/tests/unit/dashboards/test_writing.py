"""The committed dashboards: as the generator makes them, with what Grafana and readers need."""

import json
import re
import tomllib
from pathlib import Path

import promql_parser
import pytest

from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.dashboards import command, writing
from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, load_kpi
from <<cookiecutter.package_name>>.observe.filling import fill, local_values
from <<cookiecutter.package_name>>.observe.finding import in_dashboard, panels

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / command.FOLDER
SLUG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["name"]
BOARDS = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
EVERY = pytest.mark.parametrize("name", BOARDS)
LIMITED = {
    "model-operations.json": {
        "error_budget",
        "latency_budget",
        "model_age_seconds",
        "rejected_share",
    },
    "model-quality.json": {
        "drift_share",
        "feature_drift_score",
        "label_coverage",
        "label_delay_seconds",
        "missing_share",
        "monitor_age_seconds",
        "pipeline_age_seconds",
        "prediction_drift_score",
        "quality_drop",
    },
    "business-kpis.json": {"cost_per_1000", "error_budget", "latency_budget", "net_benefit"},
}
CHOICES = {
    "model-operations.json": ["datasource", "logs", "environment", "model", "predictor", "version"],
    "model-quality.json": ["datasource", "environment", "model", "version", "metric"],
    "business-kpis.json": ["datasource", "environment", "model"],
}


def test_the_files_are_what_the_code_makes(tmp_path):
    """`make dashboards` was run after the last change, in the template and here."""
    made = writing.write(SLUG, load_kpi(ROOT / KPI_FILE).currency, tmp_path)

    assert sorted(path.name for path in made) == sorted(BOARDS)
    for path in made:
        assert (FOLDER / path.name).read_text("utf-8") == path.read_text("utf-8"), path.name


def test_only_the_name_varies():
    """So the template can hold a tag where the name stands."""
    long = {name: writing.text(made) for name, made in writing.dashboards("x" * 30, "EUR").items()}
    short = {name: writing.text(made) for name, made in writing.dashboards("abc", "EUR").items()}

    assert {name: text.replace("x" * 30, "abc") for name, text in long.items()} == short
    for made in writing.dashboards("x" * 30, "EUR").values():
        assert len(made["uid"]) <= writing.LONGEST_UID


@EVERY
def test_panels_have_what_a_reader_needs(name):
    for panel in panels(BOARDS[name]):
        assert panel["title"] and len(panel["description"]) > 20, panel["title"]
        assert panel["fieldConfig"]["defaults"].get("unit"), panel["title"]
        assert panel["targets"], panel["title"]


@EVERY
def test_numbers_are_given_once(name):
    board = BOARDS[name]
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers)) and all(numbers)
    for panel in panels(board):
        letters = [target["refId"] for target in panel["targets"]]
        assert len(letters) == len(set(letters)) and all(letters), panel["title"]
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)


@EVERY
def test_no_data_source_is_fixed(name):
    text = (FOLDER / name).read_text("utf-8")
    found = set(re.findall(r'"uid": "([^"]*)"', text)) - {BOARDS[name]["uid"]}

    assert found <= {"${datasource}", "${logs}"}
    chosen = [item["name"] for item in BOARDS[name]["templating"]["list"]]
    assert chosen == CHOICES[name]
    (environment,) = [
        item for item in BOARDS[name]["templating"]["list"] if item["name"] == "environment"
    ]
    assert environment["multi"] is True


@EVERY
def test_limits_are_read_from_the_series_of_the_environment(name):
    text = (FOLDER / name).read_text("utf-8")

    assert set(re.findall(r'ml:threshold\{name=\\"(\w+)\\"', text)) == LIMITED[name]
    for panel in panels(BOARDS[name]):
        dashed = {item["matcher"]["options"] for item in panel["fieldConfig"].get("overrides", [])}
        drawn = {t["refId"] for t in panel["targets"] if t["refId"] >= "L" and "expr" in t}
        assert dashed == drawn, panel["title"]


@EVERY
def test_panels_do_not_overlap(name):
    taken = set()
    for panel in BOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= writing.COLUMNS, panel["title"]
        taken |= cells


@EVERY
def test_queries_can_be_parsed(name):
    found = list(in_dashboard(BOARDS[name], name))

    assert len(found) > 10
    for query in found:
        promql_parser.parse(fill(query.expr, local_values(SLUG, "v7", "accuracy")))


@EVERY
def test_the_files_fit_into_an_annotation(name):
    assert len((FOLDER / name).read_bytes()) < writing.MOST_BYTES


def test_a_business_reader_finds_no_jargon():
    texts = [
        f"{panel['title']} {panel['description']}" for panel in panels(BOARDS["business-kpis.json"])
    ]
    words = {word.strip(".,:;()").lower() for text in texts for word in text.split()}

    assert not words & {"p95", "percentile", "slo", "psi", "histogram", "namespace", "latency"}


def test_the_currency_is_that_of_the_kpi_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PROJECT_ROOT", str(tmp_path))
    monkeypatch.setenv("MODEL_NAME", SLUG)
    file, output = tmp_path / KPI_FILE, tmp_path / "made"
    asked = ["dashboards", "--output", str(output)]
    assert main(asked) == 1
    assert f"{file} does not exist" in capsys.readouterr().err
    assert not output.exists()

    file.parent.mkdir()
    text = (ROOT / KPI_FILE).read_text("utf-8")
    file.write_text(re.sub(r"(?m)^currency: [A-Z]{3}", "currency: CHF", text), "utf-8")
    assert main(asked) == 0

    made = json.loads((output / "business-kpis.json").read_text("utf-8"))
    units = {panel["fieldConfig"]["defaults"]["unit"] for panel in panels(made)}
    assert "currencyCHF" in units
    assert not [unit for unit in units if unit.startswith("currency") and unit != "currencyCHF"]
