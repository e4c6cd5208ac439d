"""AnalysisRuns as the controller leaves them: what failed, by which query, with which value."""

import json
from pathlib import Path

import pytest

from <<cookiecutter.package_name>>.promotion.analysis import (
    AnalysisError,
    read_analysis,
    table,
    worst,
)

ERRORS = 'sum(rate(seldon_api_executor_server_requests_seconds_count{code=~"5.."}[1m]))'


def metric(name, query, condition="result[0] <= 0.02", **more):
    provider = {"prometheus": {"address": "http://prometheus:9090", "query": query}}
    return {"name": name, "successCondition": condition, "provider": provider, **more}


def result(name, phase, *measurements, **more):
    times = {"startedAt": "2026-11-24T09:00:00Z", "finishedAt": "2026-11-24T09:00:01Z"}
    listed = [{"phase": p, **({"value": v} if v else {}), **times} for p, v in measurements]
    return {"name": name, "phase": phase, "measurements": listed, **more}


def run(metrics, results, phase="Failed", **status):
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {
            "name": "verification",
            "namespace": "credit-risk-prod",
            "labels": {"mlops/release": "v8-0a1b2c3d4e5f"},
        },
        "spec": {"metrics": metrics},
        "status": {
            "phase": phase,
            "metricResults": results,
            "completedAt": "2026-11-24T09:10:00Z",
            **status,
        },
    }


def read(*arguments, **status):
    return read_analysis(json.dumps(run(*arguments, **status)), "run.json")


def test_a_failed_metric_with_query_and_value():
    found = read(
        [metric("p95", "histogram_quantile(0.95, x)"), metric("error-ratio", f"  {ERRORS}\n")],
        [
            result("p95", "Successful", ("Successful", "[0.12]")),
            result("error-ratio", "Failed", ("Successful", "[0]"), ("Failed", "[0.3125]")),
        ],
        message='Metric "error-ratio" assessed Failed due to failed (1) > failureLimit (0)',
    )
    assert not found.passed
    assert (found.name, found.namespace) == ("verification", "credit-risk-prod")
    assert found.release == "v8-0a1b2c3d4e5f"
    assert found.finished_at == "2026-11-24T09:10:00Z"
    assert found.reason() == (
        f"error-ratio: Failed, value 0.3125; required result[0] <= 0.02; query: {ERRORS}"
    )
    assert [outcome.measurements for outcome in found.outcomes] == [1, 2]


def test_a_run_of_the_real_controller():
    """Left behind by Argo Rollouts 1.10.1; only the address of Prometheus is another one."""
    path = Path(__file__).with_name("failed_analysis.json")
    found = read_analysis(path.read_bytes(), path.name)
    assert (found.name, found.namespace, found.phase) == ("failed", "default", "Failed")
    assert found.release == "v8-228bf7baafb4" and found.finished_at == "2026-11-24T03:38:26Z"
    assert [(item.name, item.phase, item.measured) for item in found.outcomes] == [
        ("up", "Successful", "1"),
        ("error-ratio", "Failed", "0.3125"),
    ]
    assert found.reason() == (
        "error-ratio: Failed, value 0.3125; required result[0] <= 0.01; query: sum(up) * 0.3125 + 0"
    )


def test_the_measurement_that_decided_is_not_always_the_last():
    found = read(
        [metric("error-ratio", ERRORS)],
        [result("error-ratio", "Failed", ("Failed", "[0.4]"), ("Successful", "[0.01]"))],
    )
    assert "value 0.4;" in found.reason()


def test_the_query_that_was_really_asked():
    asked = result(
        "error-ratio",
        "Failed",
        ("Failed", "[1]"),
        metadata={"ResolvedPrometheusQuery": "rate(x{predictor_name='canary'}[1m])"},
    )
    found = read([metric("error-ratio", "rate(x{predictor_name='{{args.name}}'}[1m])")], [asked])
    assert found.reason().endswith("query: rate(x{predictor_name='canary'}[1m])")


def test_arguments_are_filled_in():
    content = run(
        [
            metric(
                "error-ratio", "rate({{args.series}}[{{ args.window }}])", "result[0] < {{args.x}}"
            )
        ],
        [],
    )
    content["spec"]["args"] = [
        {"name": "series", "value": "requests{a='b'}"},
        {"name": "window", "value": "1m"},
        {"name": "x", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    (outcome,) = read_analysis(content).outcomes
    assert outcome.query == "rate(requests{a='b'}[1m])"
    assert outcome.condition == "result[0] < {{args.x}}"


@pytest.mark.parametrize(
    "value, words",
    [
        ("[NaN]", "NaN (nothing to measure it on)"),
        ("[]", "no data"),
        ("0.25", "0.25"),
        ("[0.1,0.30000000000000004]", "0.1, 0.3"),
        ("[+Inf]", "inf"),
        ('{"ratio": 0.5}', '{"ratio": 0.5}'),
        ("", "no measurement"),
        (None, "no measurement"),
    ],
)
def test_values(value, words):
    found = read(
        [metric("error-ratio", ERRORS)], [result("error-ratio", "Failed", ("Failed", value))]
    )
    assert found.outcomes[0].measured == words


def test_a_metric_that_could_not_be_measured():
    failed = result(
        "error-ratio",
        "Error",
        message='could not evaluate successCondition "result[0] <= 0.02": no data returned',
    )
    found = read([metric("error-ratio", ERRORS)], [failed], phase="Error")
    assert "error-ratio: Error, value no measurement; required" in found.reason()
    assert "no data returned" in found.reason()


def test_a_metric_without_any_result():
    found = read([metric("p95", "q")], [], phase="Failed")
    assert found.outcomes[0].phase == "" and "no phase" in found.reason()


def test_inconclusive():
    both = metric("drift", "q", failureCondition="result[0] > 0.5")
    found = read(
        [both], [result("drift", "Inconclusive", ("Inconclusive", "[0.3]"))], "Inconclusive"
    )
    assert not found.passed
    assert found.reason().startswith(
        "drift: Inconclusive, value 0.3; required result[0] <= 0.02 and not ("
    )


@pytest.mark.parametrize(
    "order", [("Failed", "Error"), ("Error", "Inconclusive"), ("Inconclusive", "Successful")]
)
def test_the_worst(order):
    results = [result(str(n), phase, (phase, "[1]")) for n, phase in enumerate(reversed(order))]
    found = read([metric("0", "a"), metric("1", "b")], results)
    assert worst(found.outcomes).phase == order[0]


def test_dry_runs_have_no_say():
    content = run(
        [metric("new", "a"), metric("error-ratio", "b")],
        [
            result("new", "Failed", ("Failed", "[9]"), dryRun=True),
            result("error-ratio", "Error", ("Error", None)),
        ],
    )
    content["spec"]["dryRun"] = [{"metricName": "new"}]
    found = read_analysis(content)
    assert worst(found.outcomes).name == "error-ratio"
    assert "| `new` | `Failed (dry run)` |" in table(found).splitlines()[-1]
    content["spec"]["dryRun"] = [{"metricName": "*"}]
    assert worst(read_analysis(content).outcomes) is None


def test_a_run_that_ended_before_its_metrics():
    found = read([], [], phase="Error", message="invalid metric: count > 1 needs an interval")
    assert (
        found.reason()
        == "analysis verification: Error, invalid metric: count > 1 needs an interval"
    )


def test_a_run_that_passed():
    found = read(
        [metric("p95", "q")], [result("p95", "Successful", ("Successful", "[0.1]"))], "Successful"
    )
    assert found.passed


def test_other_providers():
    web = {"web": {"url": "https://kpi/v1", "jsonPath": "{$.ratio}"}}
    job = {"job": {"spec": {}}}
    metrics = [{"name": "kpi", "provider": web}, {"name": "job", "provider": job}, {"name": "none"}]
    found = read(metrics, [])
    assert [outcome.query for outcome in found.outcomes] == [
        "https://kpi/v1 {$.ratio}",
        "provider job",
        "provider unknown",
    ]


def test_the_table_has_the_worst_on_top_and_survives_pipes():
    found = read(
        [
            metric("fine", "a"),
            metric("error-ratio", "a or b | c", "result[0] < 1 || isNaN(result[0])"),
        ],
        [
            result("fine", "Successful", ("Successful", "[0]")),
            result("error-ratio", "Failed", ("Failed", "[2]")),
        ],
    )
    lines = table(found).splitlines()
    assert lines[2] == (
        "| `error-ratio` | `Failed` | `2` | `result[0] < 1 \\|\\| isNaN(result[0])` "
        "| `a or b \\| c` |"
    )
    assert lines[3].startswith("| `fine` | `Successful` | `0` |")


def test_a_failure_condition():
    failing = metric("p95", "q")
    del failing["successCondition"]
    found = read([failing | {"failureCondition": "result[0] > 2"}], [])
    assert found.outcomes[0].condition == "not (result[0] > 2)"


def test_a_list_of_one():
    single = run([metric("p95", "q")], [])
    listed = {"apiVersion": "v1", "kind": "List", "items": [single]}
    assert read_analysis(json.dumps(listed), "runs.json").name == "verification"
    with pytest.raises(AnalysisError, match="lists 2 AnalysisRuns; give one"):
        read_analysis(json.dumps(listed | {"items": [single, single]}), "runs.json")


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "run.json is not valid JSON"),
        ("[]", "run.json holds list, not an AnalysisRun"),
        ("{}", "run.json holds NoneType|an object without kind, not an AnalysisRun"),
        ('{"kind": "Rollout"}', "run.json holds Rollout, not an AnalysisRun"),
        (json.dumps(run([], [], phase="Running")), "verification is Running; wait until it has"),
        (json.dumps(run([], [], phase="")), "verification is not started; wait"),
    ],
)
def test_what_is_no_finished_run(content, message):
    with pytest.raises(AnalysisError, match=message):
        read_analysis(content, "run.json")
