"""The floor of a training: the same functions in one process, without ZenML.

    .venv/dev/bin/python plain_training.py PACKAGE      (in a generated repository)

Everything that the pipeline does is done: load, validate, split, quality and drift with their
pages, fit, evaluate, log to MLflow, gate, register, bundle. Prints the seconds of each part.
"""

import json
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

START = time.perf_counter()
PACKAGE = sys.argv[1]
PARTS: dict[str, float] = {}


def module(name: str):
    return import_module(f"{PACKAGE}.{name}")


def part(name: str, since: float) -> float:
    now = time.perf_counter()
    PARTS[name] = round(now - since, 3)
    return now


def main() -> None:
    import yaml

    settings = module("settings").load_settings()
    parameters = yaml.safe_load(Path("configs/training.yaml").read_text("utf-8"))["parameters"]
    training, gate = module("training"), module("gate")
    split = training.SplitSettings(**parameters["split"])
    model = training.ModelSettings(**parameters["model"])
    rules = gate.GateSettings(**parameters["gate"])
    now = part("imports", START)

    data = module("dataset").resolve(settings.root)
    schema = module("schema").load_schema(settings.schema_path)
    rows = module("coercion").coerce_frame(module("parquet").read_parquet(data.path), schema)
    train, test = module("data").split(rows, schema, split.test_share, split.seed)
    now = part("load", now)

    drift_module, quality_module = module("drift"), module("quality")
    drift_settings = drift_module.DriftSettings(**parameters["drift"])
    quality_settings = quality_module.QualitySettings(**parameters["quality"])
    quality = quality_module.check_quality(rows, schema, quality_settings)
    profile = module("profile").build_profile(train, schema)
    drift = drift_module.measure_drift(profile, test, schema, drift_settings)
    reports = module("reports")
    scratch = Path(tempfile.mkdtemp())
    pages = scratch / "quality.html", scratch / "drift.html"
    limit = parameters["report_rows"]
    reports.quality_report(rows, schema, quality, pages[0], limit)
    reports.drift_report(train, test, schema, drift_settings, drift, pages[1], limit)
    now = part("check", now)

    estimator = training.fit(train, schema, model)
    evaluation = training.assess(estimator, test, schema, split.seed)
    now = part("train", now)

    registry = module("registry").Registry(settings)
    tags = {"data_hash": data.hash, "commit": module("provenance").commit_of(settings.root)}
    run = registry.log_run(
        "plain", model.parameters, evaluation.metrics, tags, scratch, estimator, schema
    )
    champion = registry.champion()
    place, digest = (Path(champion.bundle), champion.digest) if champion else (None, None)
    difference = training.face(place, digest, estimator, test, schema, rules.champion, split.seed)
    errors = [finding.message for finding in quality.errors]
    verdict = gate.decide(rules, evaluation, difference, errors, drift.to_dict())
    if not verdict.passed:
        raise SystemExit(verdict.explain())
    files = {"reports/drift.html": pages[1], "reference/sample.parquet": data.reference_path}
    facts = {"run_id": run, "data": {"hash": data.hash}, "metrics": evaluation.metrics}
    publish = module("publishing").publish
    registry.register(
        run,
        champion.version if champion else None,
        lambda version: publish(
            settings.bundle_store, registry.name, version, estimator, schema, files, facts
        ),
    )
    part("register", now)
    PARTS["all"] = round(time.perf_counter() - START, 3)
    print(json.dumps(PARTS))


main()
