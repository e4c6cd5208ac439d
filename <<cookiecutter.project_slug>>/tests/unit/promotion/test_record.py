"""Evidence: built from a bundle, written once, asked for by environments."""

import json
import math
from dataclasses import replace

import pytest
from project import LOAD_TEST, record, release

from <<cookiecutter.package_name>>.promotion.record import (
    RecordError,
    build_record,
    complete,
    fits,
    lacking,
    parse_record,
)

WHERE = "gitops/releases/v7-x.json"
ALL = ("metrics", "drift", "quality", "load_test")
EVALUATION = {
    "rows": 142,
    "metrics": {"accuracy": 0.95, "log_loss": 0.1},
    "baseline": {"accuracy": 0.63},
    "intervals": {"accuracy": [0.91, 0.98], "log_loss": [0.05, 0.2]},
    "gate": {
        "passed": True,
        "checks": [
            {"name": "data quality", "passed": True, "reason": "no errors"},
            {"name": "drift", "passed": True, "reason": "no drift between training and test rows"},
        ],
        "difference": {"metric": "log_loss"},
    },
    "drift": "no drift",
    "drift_share": 0.05,
}
RESULT = {**LOAD_TEST, "bundle_digest": release(7).bundle_digest}


def built(evaluation=EVALUATION, load_test=None, primary=None):
    better = {"accuracy": True, "log_loss": False, "rmse": False}
    parts = (evaluation, 569, load_test, better, primary)
    return build_record(release(7), *parts, "2026-11-24T09:30:00+00:00", "Ann")


def test_a_bundle_becomes_evidence():
    found = built(load_test=RESULT)

    assert found.metrics["accuracy"] == {
        "value": 0.95,
        "low": 0.91,
        "high": 0.98,
        "baseline": 0.63,
    }
    assert found.metrics["log_loss"]["baseline"] is None
    assert found.primary == "log_loss"
    assert found.higher_is_better == {"accuracy": True, "log_loss": False}
    assert found.drift == {
        "status": "no drift",
        "share": 0.05,
        "detail": "no drift between training and test rows",
    }
    assert found.quality == {"passed": True, "findings": []}
    assert found.data == {
        "revision": "data-2026-11",
        "hash": release(7).data_hash,
        "rows": 569,
    }
    assert found.load_test == LOAD_TEST
    assert fits(found, release(7)) == []
    assert lacking(found, ALL) == []
    assert parse_record(found.to_json(), WHERE) == found


def test_an_older_bundle_tells_less():
    evaluation = {key: EVALUATION[key] for key in ("rows", "metrics", "baseline", "intervals")}
    found = built(evaluation, primary="accuracy")

    assert found.primary == "accuracy"
    assert (found.drift, found.quality, found.load_test) == (None, None, None)
    assert lacking(found, ALL) == [
        "drift: not measured",
        "quality: not recorded",
        "load_test: not recorded",
    ]


def test_a_metric_that_was_not_measured_is_never_the_primary_one():
    assert built({**EVALUATION, "gate": None}, primary="rmse").primary == "accuracy"


def test_failures_are_evidence_too_but_not_enough():
    checks = [{"name": "data quality", "passed": False, "reason": "age: 3 nulls"}]
    checks.append({"name": "drift", "passed": True, "reason": "drift (reported only)"})
    gate = {"checks": checks}
    slow = {**RESULT, "passed": False, "problems": ["p95 of 'one row' is 900 ms"]}
    found = built({**EVALUATION, "gate": gate, "drift": "drift"}, slow)

    assert lacking(found, ALL) == [
        "drift: drift (reported only)",
        "quality: age: 3 nulls",
        "load_test: p95 of 'one row' is 900 ms",
    ]
    assert lacking(found, ("metrics",)) == []
    assert lacking(replace(found, metrics={}), ALL)[0] == "metrics: none recorded"
    odd = replace(found, metrics={"accuracy": {"value": math.nan}, "f1": {}})
    assert lacking(odd, ("metrics",)) == ["metrics: no number for accuracy, f1"]
    assert lacking(replace(found, load_test={"passed": "yes"}), ALL)[-1] == "load_test: failed"


def test_a_load_test_of_another_bundle_is_refused():
    with pytest.raises(RecordError, match="made with bundle sha256:other and not with"):
        built(load_test={**RESULT, "bundle_digest": "sha256:other"})
    with pytest.raises(RecordError, match="lacks passed, bundle_digest"):
        built(load_test={k: v for k, v in LOAD_TEST.items() if k != "passed"})


def test_only_a_missing_load_test_can_be_added():
    old, new = built(), built(load_test=RESULT)

    assert complete(old, new) == replace(old, load_test=LOAD_TEST)
    assert complete(new, old) == new
    assert complete(new, new) == new
    other = replace(new, load_test={**LOAD_TEST, "passed": False})
    with pytest.raises(RecordError, match="holds the result of a load test already"):
        complete(other, new)


def test_a_record_of_another_release_is_noticed():
    assert fits(record(release(7)), release(8)) == [
        "release",
        "commit",
        "run",
        "bundle_digest",
        "image",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "no record of a release"),
        (b"{}", "missing or unknown"),
        (b'{"a": 1}', "missing or unknown a, bundle_digest"),
        (record(release(7), metrics=[]).to_json(), "metrics is"),
        (record(release(7), run=5).to_json(), "run is 5"),
        (record(release(7), quality="good").to_json(), "quality is 'good'"),
        (b"\xff", "not valid JSON"),
    ],
)
def test_a_broken_record_is_named(content, words):
    with pytest.raises(RecordError, match=words) as raised:
        parse_record(content, WHERE)

    assert str(raised.value).startswith(WHERE)
    assert "restore it from git" in str(raised.value)


def test_what_is_no_number_is_not_written():
    with pytest.raises(RecordError, match="NaN"):
        record(release(7), metrics={"f1": {"value": math.nan}}).to_json()


def test_the_bytes_do_not_depend_on_order():
    whole = json.loads(record(release(7)).to_json())

    assert list(whole) == sorted(whole)
