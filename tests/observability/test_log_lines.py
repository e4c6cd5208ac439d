"""Lines of real programs in a real search engine: found, typed, complete, without personal data."""

import json
import re
import subprocess
from datetime import datetime

import pytest

from tests.bakery import ROOT
from tests.observability.log_checks import check_levels_and_times, leaves, mapped
from tests.observability.producers import ALLOWED, REQUEST, TRACE, run
from tests.observability.stack import apply, clear, ship

# ZenML's own formatter, in the environment of a generated repository.
ZENML = """
import logging
from zenml.logger import ZenMLJsonFormatter
handler = logging.StreamHandler()
handler.setFormatter(ZenMLJsonFormatter())
log = logging.getLogger("zenml.orchestrators.step_launcher")
log.handlers, log.propagate = [handler], False
log.warning("Step `%s` has started.", "load_data", extra={"step": "load_data", "run_id": "r-1"})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("Step `load_data` failed.")
"""


@pytest.fixture(scope="module")
def filled(engine, lines):
    """The engine with every line of the programs."""
    clear(engine)
    apply(engine)
    for dataset, printed in (
        ("ml.serving", lines.serving),
        ("ml.training", lines.training),
        ("ml.label", lines.label),
        ("ml.monitor", lines.monitor),
    ):
        ship(engine, printed, dataset)
    yield engine
    clear(engine)


def test_no_line_is_lost_and_each_knows_whose_it_is(filled, lines):
    found = filled.documents("logs-*", size=10_000)
    assert len(found) == sum(map(len, vars(lines).values()))
    for each in found:
        stream = re.fullmatch(r"\.ds-logs-([\w.]+)-dev-\d+", each["_index"])
        assert each["event"]["dataset"] == stream[1], each
        assert each["service"]["environment"] == "dev"
        assert isinstance(each["message"], str)
        assert "pipeline_failure" not in each.get("tags", [])
    datasets = {each["event"]["dataset"] for each in found}
    assert datasets == {"ml.serving", "ml.prediction", "ml.training", "ml.label", "ml.monitor"}


def test_levels_are_lower_case_and_times_are_those_of_the_lines(filled, lines):
    check_levels_and_times(filled)
    spoken = [json.loads(line) for line in lines.serving if line.startswith("{")]
    moments = {datetime.fromisoformat(line["@timestamp"]) for line in spoken}
    stored = filled.documents("logs-ml.serving-*,logs-ml.prediction-*", size=10_000)
    assert {datetime.fromisoformat(each["@timestamp"]) for each in stored} >= moments


def test_every_field_of_the_contract_and_of_the_lines_is_mapped_as_it_says(filled, repository):
    page = (repository / "docs" / "reference" / "logs.md").read_text(encoding="utf-8")
    table = page.split("\n## Fields\n")[1].split("\n## ")[0]
    contract = dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", table, re.MULTILINE))
    for index, answer in filled.call("GET", "/logs-*/_mapping").items():
        types = mapped(answer["mappings"])
        wrong = {name for name, kind in contract.items() if types.get(name) != kind}
        assert not wrong, (index, {name: types.get(name) for name in wrong})
        names = {name for each in filled.documents(index) for name in leaves("", each)}
        assert names - {"_index"} <= set(types), index


def test_one_request_id_leads_from_the_caller_to_the_label(filled):
    found = filled.documents("logs-*", {"term": {"http.request.id": REQUEST}})
    datasets = [each["event"]["dataset"] for each in found]
    assert datasets.count("ml.serving") == 1
    # Two rows were asked for, one of them got a label.
    assert datasets.count("ml.prediction") == 2 and datasets.count("ml.label") == 1
    (label,) = (each for each in found if each["event"]["dataset"] == "ml.label")
    (event,) = filled.documents(
        "logs-ml.prediction-*", {"term": {"event.id": label["event"]["id"]}}
    )
    assert event["ml"]["model"]["version"] and label["ml"]["label"] == "benign"
    traced = filled.documents("logs-*", {"term": {"trace.id": TRACE}})
    assert {each["event"]["dataset"] for each in traced} == {"ml.serving", "ml.prediction"}


def test_the_request_in_the_guide_finds_the_lines(filled):
    page = (ROOT / "docs" / "how-to" / "search-logs.md").read_text(encoding="utf-8")
    (body,) = re.findall(r"--data '([^']+)'", page)
    (path,) = re.findall(r"'https://logs-es-http:9200(/[^']+)'", page)
    hits = filled.call("POST", path, json.loads(body))["hits"]["hits"]
    assert len(hits) == 4
    assert all(hit["_source"]["http"]["request"]["id"] == REQUEST for hit in hits)


def test_fields_of_the_guide_are_mapped(filled):
    page = (ROOT / "docs" / "how-to" / "search-logs.md").read_text(encoding="utf-8")
    queries = re.findall(r"^\| [^|]+\? \| `([^`]+)` \|$", page, re.MULTILINE)
    fields = {name for query in queries for name in re.findall(r"([a-z_.]+)(?::| >)", query)}
    (answer,) = filled.call("GET", "/logs-ml.serving-dev/_mapping").values()
    assert len(fields) > 5 and fields <= set(mapped(answer["mappings"]))


def test_one_run_id_finds_every_step_of_a_pipeline(filled):
    steps = {"resolve_dataset", "train_model", "evaluate_model", "register_model"}
    query = {"term": {"event.action": "step_finished"}}
    runs = {each["trace"]["id"] for each in filled.documents("logs-ml.training-*", query)}
    (run,) = runs
    found = filled.documents("logs-ml.training-*", {"term": {"ml.pipeline.run_id": run}})
    assert steps <= {each["ml"]["pipeline"].get("step") for each in found}
    assert {each["trace"]["id"] for each in found} == {run}
    monitored = filled.documents("logs-ml.monitor-*", {"exists": {"field": "ml.pipeline.step"}})
    assert monitored and run not in {each["trace"]["id"] for each in monitored}


def test_only_allowed_features_are_stored(filled, repository):
    schema = (repository / "configs" / "schema.yaml").read_text(encoding="utf-8")
    names = set(re.findall(r"name: (\w+), type", schema)) - set(ALLOWED)
    assert len(names) > 20
    events = filled.documents("logs-ml.prediction-*")
    assert events and all(set(each["ml"]["features"]) == set(ALLOWED) for each in events)
    for each in filled.documents("logs-ml.serving-*,logs-ml.label-*"):
        assert "features" not in each.get("ml", {})


def test_lines_of_zenml_get_the_names_of_ecs(filled, repository):
    command = [repository / ".venv" / "dev" / "bin" / "python", "-c", ZENML]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    printed = [line for line in done.stderr.splitlines() if line.startswith('{"timestamp"')]
    assert len(printed) == 2 and '"level":"WARNING"' in printed[0]
    ship(filled, printed, "ml.batch")
    started, failed = filled.documents("logs-ml.batch-dev")
    assert started["log"]["level"] == "warning" and failed["log"]["level"] == "error"
    assert started["log"]["logger"] == "zenml.orchestrators.step_launcher"
    assert started["ml"]["pipeline"] == {"step": "load_data", "run_id": "r-1"}
    assert started["message"] == "Step `load_data` has started."
    written = json.loads(printed[0])["timestamp"].replace(",", ".")
    assert started["@timestamp"] == written.replace(" ", "T") + "Z"
    assert failed["error"]["type"] == "ZeroDivisionError"
    assert failed["error"]["message"] == "division by zero"
    assert failed["error"]["stack_trace"].startswith("Traceback")
    assert not {"level", "timestamp", "logger", "exception"} & set(started | failed)


def test_monitoring_finds_predictions_and_labels_in_the_engine(filled, repository):
    command = ["monitor", "--config", "configs/monitoring-cluster.yaml"]
    said = run(repository, *command, allowed=(0, 3), ELASTICSEARCH_URL=filled.url)
    messages = [json.loads(line)["message"] for line in said]
    assert "2 predictions of v1, 2 of them recent, 1 labelled" in messages
