"""Dashboards, rules, analyses and scaling triggers return data; three alerts fire for real.

The tests stand in the order of a day: health first, then what goes wrong. Each goes on where the
one before it ended.
"""

import json
import re
import statistics
import time
import urllib.request
from itertools import pairwise

import pytest

from tests.observability.live import traffic
from tests.observability.live.rig import Rig
from tests.observability.stack import ELASTIC

INTERVAL_SECONDS = 2
SCRAPE_SECONDS = 0.05
QUIET = ("MLErrorBudgetBurn", "MLDriftShareHigh", "MLMonitorStale")


def test_all_programs_are_asked_as_often_as_stated(rig: Rig):
    """The interval of the configuration is kept, and no model server takes long to tell."""
    jobs = {item["metric"]["job"]: item for item in rig.query("up == 1")}
    assert set(jobs) == {"default", "canary", "orchestrators", "pushgateway"}
    # The rig may be ready before a whole minute has been looked at.
    (seen,) = rig.query('up{job="default"}[60s]')
    times = [moment for moment, _ in seen["values"]]
    assert times[-1] - times[0] > 30
    # The median, so that a scrape may be missing where the machine stood still for a moment.
    apart = statistics.median(after - before for before, after in pairwise(times))
    assert apart == pytest.approx(INTERVAL_SECONDS, rel=2 / 30)
    (raw,) = rig.query('scrape_duration_seconds{job="default"}[60s]')
    took = statistics.median(float(value) for _, value in raw["values"])
    print(f"a scrape of the model server takes {1000 * took:.1f} ms (median)")
    assert took < SCRAPE_SECONDS


def test_every_rule_is_evaluated(rig: Rig):
    with urllib.request.urlopen(f"{rig.address('prometheus')}/api/v1/rules", timeout=20) as answer:
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 100
    assert [rule["name"] for rule in rules if rule["health"] != "ok"] == []


def test_health_is_quiet(rig: Rig):
    """So that what fires below fires because of what is done below."""
    assert [name for name in QUIET if rig.webhook.fired(name)] == []


def test_a_prediction_is_as_large_as_the_page_says(rig: Rig):
    """The sizes of disks are reckoned from it; real rows, and every feature is logged."""
    page = (ELASTIC / "README.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"A prediction event with 30 features is about ([\d.]+) kB", page)
    lines = (rig.folder / "logs" / "default.log").read_text("utf-8").splitlines()
    events = [len(line) for line in lines if '"event.dataset":"ml.prediction"' in line]
    assert len(events) > 100
    assert statistics.mean(events) == pytest.approx(1000 * float(said), rel=0.1)


def test_every_query_returns_data(rig: Rig):
    # Shares and times of the last minute need requests in it.
    with traffic.canary(rig, failing=0):
        traffic.load(rig, 12, rig.folder / "rows.json")
    done = rig.check_queries()
    print(done.stdout[-4000:])
    assert done.returncode == 0, done.stdout + done.stderr


BREAKS = {
    # An equality filter on a label that is not there matches nothing, for ever.
    "a label that does not exist": (
        "observability/cluster/dashboards/model-operations.json",
        "sum by (status_code) (rate(rest_server_requests_total{",
        'sum by (status_code) (rate(rest_server_requests_total{status=\\"200\\",',
        "panel/model-operations/Requests by answer/A",
    ),
    "a misspelt series in an alert": (
        "observability/environment/model.yaml",
        "ml_monitor_last_success_timestamp_seconds)",
        "ml_monitor_last_succes_timestamp_seconds)",
        "alert/MLMonitorStale",
    ),
    "a recorded name that nobody records": (
        "observability/environment/slo.yaml",
        "ml:error_budget:burn_rate1h > 14.4",
        "ml:error_budget:burn_rate2m > 14.4",
        "alert/MLErrorBudgetBurn/1h",
    ),
    "an analysis of another deployment": (
        "gitops/components/verification/analysisrun.yaml",
        "{name: deployment, value: model}",
        "{name: deployment, value: modell}",
        "analysis/verification/error-ratio",
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_copy_is_caught(rig: Rig, case: str):
    file, old, new, name = BREAKS[case]
    path = rig.project / file
    whole = path.read_text("utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new), "utf-8")
    try:
        done = rig.check_queries()
    finally:
        path.write_text(whole, "utf-8")
    assert done.returncode == 1
    broken = [line.partition(" in ")[0] for line in done.stdout.splitlines() if " in " in line]
    assert name in broken, done.stdout


def test_faults_of_a_canary_burn_the_error_budget(rig: Rig):
    """Real answers of 500, counted, recorded, over 14.4 times what is allowed, told to a person."""
    rows = rig.folder / "rows.json"
    started = time.time()
    with traffic.canary(rig, failing=0.9, pause=0.002):
        traffic.load(rig, 10, rows)
        alert = rig.wait_for_alert("MLErrorBudgetBurn", 120)
    labels = alert["labels"]
    assert labels["namespace"] == rig.namespace and labels["environment"] == "prod"
    assert labels["model_name"] == rig.slug and labels["team"] == rig.labels["team"]
    assert labels["severity"] in ("critical", "warning")
    for name in ("summary", "description", "runbook_url", "dashboard_url"):
        assert alert["annotations"][name]
    print(f"MLErrorBudgetBurn was received after {time.time() - started:.0f} s")


def test_shifted_rows_are_drift(rig: Rig):
    """The same model and load, with every second feature moved."""
    (before,) = rig.query("max(ml_drift_share)")
    assert float(before["value"][1]) < 0.3
    assert rig.webhook.fired("MLDriftShareHigh") == []
    rows = rig.folder / "shifted.json"
    rig.script("prepare_rows.py", "rows", str(rows), "shifted")
    # Only what is predicted from now on, as a day later.
    (rig.folder / "logs" / "default.log").write_text("", "utf-8")
    traffic.load(rig, 15, rows)
    rig.monitor()
    alert = rig.wait_for_alert("MLDriftShareHigh")
    assert alert["labels"]["model_version"] == rig.version
    (after,) = rig.query("max(ml_drift_share)")
    assert float(after["value"][1]) > 0.3


def test_monitoring_that_stops_is_noticed(rig: Rig):
    """What the job pushed last, but of two days ago."""
    assert rig.webhook.fired("MLMonitorStale") == []
    with urllib.request.urlopen(f"{rig.address('pushgateway')}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    rig.script("push_past.py", "48", given=metrics)
    alert = rig.wait_for_alert("MLMonitorStale")
    assert alert["labels"]["namespace"] == rig.namespace
