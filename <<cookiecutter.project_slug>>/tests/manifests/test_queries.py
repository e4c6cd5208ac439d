"""Queries of analysis and autoscaling, run by Prometheus on series like the orchestrator's."""

import re

import combinations
import pytest
import rule_files
import yaml
from combinations import Combination
from rules import predictors

STATE = Combination("dev", ("autoscaling-metrics",))
SERIES = "seldon_api_executor_server_requests_seconds"
GRPC = "/inference.GRPCInferenceService"
VERSIONS = {"default": "v7", "canary": "v8"}


def requests(predictor: str, code: str, values: str, **labels: str) -> dict[str, str]:
    """One series of the orchestrator, as its source names and labels it."""
    given = {"namespace": "here", "deployment_name": "model", "predictor_name": predictor}
    given |= {"predictor_version": VERSIONS[predictor]}
    given |= {"service": "predictions", "method": "post", "code": code} | labels
    kind = "bucket" if "le" in labels else "count"
    text = ",".join(f'{key}="{value}"' for key, value in given.items())
    return {"series": f"{SERIES}_{kind}{{{text}}}", "values": values}


def latencies(predictor: str, fast: int, slow: int) -> list[dict[str, str]]:
    """A minute's requests below 0.1 s and from there to 0.25 s."""
    steps = {"0.1": fast, "0.25": fast + slow, "+Inf": fast + slow}
    return [requests(predictor, "200", f"0+{n}x20", le=le) for le, n in steps.items()]


# Values 10 minutes after the start, of a window of 2 minutes; None is "no data".
CASES = {
    "60 good and 6 failed requests a minute": (
        [
            requests("default", "200", "0+60x20"),
            requests("default", "500", "0+6x20"),
            # The caller's fault, other questions, and other people's models.
            requests("default", "400", "0+34x20"),
            requests("default", "500", "0+99x20", service="metadata"),
            requests("default", "500", "0+99x20", namespace="elsewhere"),
            requests("default", "500", "0+99x20", deployment_name="other"),
            requests("canary", "500", "0+99x20"),
            # Of the release that went a moment ago.
            requests("default", "500", "0+99x20", predictor_version="v6"),
            *latencies("default", 50, 50),
        ],
        {"requests": 200, "error-ratio": 0.06, "p95-seconds": 0.235},
    ),
    "no failure yet": (
        [requests("default", "200", "0+60x20"), *latencies("default", 60, 0)],
        {"requests": 120, "error-ratio": 0, "p95-seconds": 0.095},
    ),
    "gRPC": (
        [
            requests("default", "OK", "0+30x20", service=f"{GRPC}/ModelInfer"),
            requests("default", "Internal", "0+30x20", service=f"{GRPC}/ModelInfer"),
            requests("default", "OK", "0+90x20", service=f"{GRPC}/ServerReady"),
        ],
        {"requests": 120, "error-ratio": 0.5, "p95-seconds": None},
    ),
    "no series": ([], {"requests": 0, "error-ratio": None, "p95-seconds": None}),
    "nobody calls any more": (
        [requests("default", "200", "5x20"), requests("default", "500", "5x20")],
        {"requests": 0, "error-ratio": None, "p95-seconds": None},
    ),
}
BOTH = {
    "the candidate is worse": (
        [
            requests("default", "200", "0+90x20"),
            requests("default", "500", "0+10x20"),
            requests("canary", "200", "0+8x20"),
            requests("canary", "500", "0+2x20"),
            *latencies("default", 100, 0),
            *latencies("canary", 50, 50),
        ],
        {"error-ratio-against-default": 0.1, "p95-against-default": 0.235 / 0.095},
    ),
    "the candidate has all of the traffic": (
        [requests("canary", "200", "0+60x20"), *latencies("canary", 60, 0)],
        {"error-ratio-against-default": None, "p95-against-default": None},
    ),
}


def evaluate(queries: dict[str, str], series, expected, folder) -> None:
    """Compare each query's value with what is expected, by promtool's own unit tests."""
    names = {name: f"m:{name.replace('-', '_')}" for name in queries}
    records = [{"record": names[name], "expr": query} for name, query in queries.items()]
    samples = {
        name: [] if value is None else [{"labels": "{}", "value": round(value, 3)}]
        for name, value in expected.items()
    }
    checks = [
        # Rounded, which also takes the name away.
        {"expr": f"round({names[n]}, 0.001)", "eval_time": "10m", "exp_samples": samples[n]}
        for n in queries
    ]
    tests = [{"interval": "1m", "input_series": series, "promql_expr_test": checks}]
    rules, test = folder / "rules.yaml", folder / "test.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}), "utf-8")
    content = {"rule_files": [rules.name], "evaluation_interval": "1m", "tests": tests}
    test.write_text(yaml.safe_dump(content), "utf-8")
    rule_files.run("test", "rules", test)


def queries_of(objects: list[dict]) -> dict[str, str]:
    """The queries of the analysis by metric, as its controller fills them in."""
    (run,) = [item for item in objects if item["kind"] == "AnalysisRun"]
    values = {item["name"]: item["value"] for item in run["spec"]["args"]}
    values["series"] = values["series"].replace(run["metadata"]["namespace"], "here")

    def fill(text: str) -> str:
        return re.sub(r"\{\{args\.([a-z0-9-]+)\}\}", lambda found: values[found[1]], text)

    metrics = run["spec"]["metrics"]
    return {item["name"]: fill(item["provider"]["prometheus"]["query"]) for item in metrics}


@pytest.mark.parametrize("case", CASES)
def test_verification(case, rendered, tmp_path):
    evaluate(queries_of(rendered(STATE)), *CASES[case], tmp_path)


@pytest.mark.skipif(not combinations.possible_rollouts(), reason="no mesh, no candidate")
@pytest.mark.parametrize("case", BOTH)
def test_candidate_against_default(case, rendered, tmp_path):
    series, expected = BOTH[case]
    queries = queries_of(rendered(Combination("dev", (), "canary")))
    evaluate({name: queries[name] for name in expected}, series, expected, tmp_path)


def test_autoscaling_follows_the_requests(rendered, tmp_path):
    spec = predictors(rendered(STATE))["default"]["componentSpecs"][0]["kedaSpec"]
    query = spec["triggers"][0]["metadata"]["query"].replace(f"{combinations.SLUG}-dev", "here")
    series = [requests("default", "200", "0+90x20"), requests("default", "500", "0+30x20")]
    series += [requests("canary", "200", "0+90x20")]
    evaluate({"requests": query}, series, {"requests": 2}, tmp_path)
