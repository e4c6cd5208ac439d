import json
import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance
from sklearn.datasets import load_breast_cancer, load_diabetes

from <<cookiecutter.package_name>> import drift
from <<cookiecutter.package_name>>.divergence import jensen_shannon, psi, wasserstein
from <<cookiecutter.package_name>>.profile import build_profile, profile_values
from <<cookiecutter.package_name>>.schema import Column, Schema, Target

METHODS = list(drift.THRESHOLDS)
REAL = {"breast cancer": load_breast_cancer, "diabetes": load_diabetes}


def real(name: str) -> tuple[pd.DataFrame, Schema]:
    frame = REAL[name](as_frame=True).frame
    if name == "breast cancer":
        frame["target"] = np.where(frame["target"] == 0, "malignant", "benign")
        target = Target(name="target", classes=["benign", "malignant"])
    else:
        target = Target(name="target")
    features = [Column(name=name, type="number") for name in frame.columns if name != "target"]
    return frame, Schema(target=target, features=features)


def parts(frame: pd.DataFrame, seed: int, rows: int = 150) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(reference, current) drawn at random: there is no drift between them."""
    order = np.random.default_rng(seed).permutation(len(frame))
    return frame.iloc[order[rows:]], frame.iloc[order[:rows]].copy()


def single(kind: str = "number", **rules) -> Schema:
    column = Column(name="x", type=kind, nullable=True, **rules)
    return Schema(target=Target(name="y"), features=[column])


def compare(reference, current, kind: str = "number", method: str = "psi", **rules):
    schema, settings = single(kind, **rules), drift.DriftSettings(method=method, min_rows=1)
    made = build_profile(pd.DataFrame({"x": reference}), schema)
    return drift.measure_drift(made, pd.DataFrame({"x": current}), schema, settings)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("method", METHODS)
def test_real_data_without_drift_is_not_flagged(name, method):
    frame, schema = real(name)
    settings = drift.DriftSettings(method=method)
    flagged = columns = targets = 0
    for seed in range(40):
        reference, current = parts(frame, seed)
        verdict = drift.measure_drift(build_profile(reference, schema), current, schema, settings)
        flagged += verdict.status != "no drift"
        columns += len(verdict.drifted)
        targets += verdict.target.drifted
    assert flagged == 0
    assert columns / (40 * len(schema.features)) < 0.01
    assert targets <= 2


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("method", METHODS)
def test_real_data_shifted_by_half_a_deviation_is_flagged(name, method):
    frame, schema = real(name)
    settings = drift.DriftSettings(method=method)
    for seed in range(20):
        reference, current = parts(frame, seed)
        current[schema.feature_names] += 0.5 * frame[schema.feature_names].std()
        verdict = drift.measure_drift(build_profile(reference, schema), current, schema, settings)
        assert verdict.status == "drift"


def test_only_the_shifted_column_is_named():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 3)
    current["mean area"] *= 1.5
    settings = drift.DriftSettings()
    verdict = drift.measure_drift(build_profile(reference, schema), current, schema, settings)
    assert verdict.drifted == ["mean area"]
    assert verdict.status == "no drift"
    assert verdict.share == pytest.approx(1 / 30)


def test_target_is_measured_but_has_no_part_in_the_share():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 0)
    current["target"] = "malignant"
    made = build_profile(reference, schema)
    verdict = drift.measure_drift(made, current, schema, drift.DriftSettings())
    assert verdict.target.drifted
    assert verdict.status == "no drift"
    unlabelled = current.drop(columns="target")
    assert drift.measure_drift(made, unlabelled, schema, drift.DriftSettings()).target is None


def test_columns_are_sorted_by_score():
    frame, schema = real("diabetes")
    reference, current = parts(frame, 0)
    current["s1"] += 0.05
    current["s5"] += 0.10
    made = build_profile(reference, schema)
    verdict = drift.measure_drift(made, current, schema, drift.DriftSettings())
    scores = [column.score for column in verdict.columns.values()]
    assert scores == sorted(scores, reverse=True)
    assert list(verdict.columns)[0] == "s5"


@pytest.mark.parametrize("method", METHODS)
def test_noise_is_what_samples_without_drift_show(method):
    measure = {"psi": psi, "jensen_shannon": jensen_shannon, "wasserstein": wasserstein}[method]
    left = []
    for seed in range(200):
        generator = np.random.default_rng(seed)
        reference, current = generator.normal(size=400), generator.normal(size=150)
        made = profile_values(pd.Series(reference), Column(name="x", type="number"))
        measured, noise = measure(made, pd.Series(current), 400)
        left.append(measured - noise)
    # Without the correction these means are 0.08, 0.10 and 0.11.
    assert abs(np.mean(left)) < 0.03


def test_noise_of_psi_follows_from_bins_and_rows():
    generator = np.random.default_rng(0)
    made = profile_values(pd.Series(generator.normal(size=400)), Column(name="x", type="number"))
    _, noise = psi(made, pd.Series(generator.normal(size=150)), 400)
    assert noise == pytest.approx((10 - 1) * (1 / 400 + 1 / 150))


@pytest.mark.parametrize("method", METHODS)
def test_score_of_a_shift_does_not_depend_on_the_number_of_rows(method):
    means = []
    for rows in (500, 20_000):
        scores = []
        for seed in range(20):
            generator = np.random.default_rng(seed)
            reference, current = generator.normal(size=rows), generator.normal(0.7, size=rows)
            scores.append(compare(reference, current, method=method).columns["x"].score)
        means.append(np.mean(scores))
    assert means[0] == pytest.approx(means[1], rel=0.12)


def test_psi_of_known_shares():
    verdict = compare([0] * 50_000 + [1] * 50_000, [0] * 90_000 + [1] * 10_000, "integer")
    by_hand = (0.5 - 0.9) * math.log(0.5 / 0.9) + (0.5 - 0.1) * math.log(0.5 / 0.1)
    assert verdict.columns["x"].measured == pytest.approx(by_hand, rel=0.01)


def test_jensen_shannon_is_that_of_scipy():
    reference, current = ["a"] * 700 + ["b"] * 300, ["a"] * 200 + ["b"] * 800
    column = Column(name="x", type="category", values=["a", "b"])
    made = profile_values(pd.Series(reference), column)
    measured, _ = jensen_shannon(made, pd.Series(current), 1000)
    assert measured == pytest.approx(jensenshannon([0.7, 0.3], [0.2, 0.8]), rel=0.01)


def test_wasserstein_is_that_of_scipy_but_for_the_grid():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 1)
    current[schema.feature_names] += 0.5 * frame[schema.feature_names].std()
    made = build_profile(reference, schema)["features"]
    for name in schema.feature_names:
        measured, _ = wasserstein(made[name], current[name], len(reference))
        exact = wasserstein_distance(reference[name], current[name]) / reference[name].std(ddof=0)
        assert measured == pytest.approx(exact, abs=0.05), name


def test_too_few_rows_are_not_called_no_drift():
    frame, schema = real("diabetes")
    made = build_profile(frame, schema)
    for rows in (0, 1, 99):
        verdict = drift.measure_drift(made, frame.iloc[:rows], schema, drift.DriftSettings())
        assert verdict.status == "not enough data"
        assert (verdict.share, verdict.columns) == (None, {})
        assert f"{rows} rows" in verdict.reason
    small = build_profile(frame.iloc[:99], schema)
    verdict = drift.measure_drift(small, frame, schema, drift.DriftSettings())
    assert verdict.status == "not enough data"
    assert "the reference has 99 rows" in verdict.reason


@pytest.mark.parametrize("method", METHODS)
def test_new_missing_values_are_drift(method):
    values = np.random.default_rng(0).normal(size=1000)
    gaps = np.where(np.arange(1000) < 300, np.nan, values)
    assert compare(values, gaps, method=method).status == "drift"
    assert compare(gaps, values, method=method).status == "drift"
    assert compare(gaps, gaps, method=method).status == "no drift"
    infinite = np.where(np.arange(1000) < 300, np.inf, values)
    assert compare(values, infinite, method=method).status == "drift"


@pytest.mark.parametrize("method", METHODS)
def test_values_where_there_were_none(method):
    empty, full = np.full(500, np.nan), np.linspace(0, 1, 500)
    assert compare(empty, full, method=method).status == "drift"
    assert compare(full, empty, method=method).status == "drift"
    assert compare(empty, empty, method=method).columns["x"].score == 0


@pytest.mark.parametrize("method", METHODS)
def test_unseen_categories_are_drift(method):
    known = ["north", "south"] * 250
    new = ["north", "south", "atlantis", "south"] * 125
    verdict = compare(known, new, "category", method, values=["north", "south"])
    assert verdict.status == "drift"
    assert verdict.columns["x"].method == ("psi" if method == "psi" else "jensen_shannon")
    assert compare(known, known, "category", method, values=["north", "south"]).share == 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("number", [5.0] * 200, [5.1] * 200),
        ("integer", [0] * 200, [1] * 200),
        ("boolean", [True] * 200, [False] * 200),
    ],
)
def test_a_constant_that_changes_is_drift(method, kind, before, after):
    scores = compare(before, after, kind, method).columns["x"]
    if method == "wasserstein" and kind == "number":
        # 0.1 away at a size of 5 is 2 %, and a constant has no deviation to divide by.
        assert scores.score == pytest.approx(0.02)
    else:
        assert scores.drifted
    assert compare(before, before, kind, method).columns["x"].score == 0


def test_few_values_that_all_change_are_drift():
    assert compare([1, 2, 3] * 100, [1.4, 2.4, 3.4] * 100).status == "drift"


def test_booleans_and_missing_booleans():
    before = pd.Series([True, False] * 200, dtype=object)
    after = pd.Series([True, None] * 200, dtype=object)
    assert compare(before, after, "boolean").status == "drift"


def test_one_row_can_be_measured_if_asked_for():
    verdict = compare(np.arange(500.0), [250.0])
    assert verdict.rows == 1
    assert math.isfinite(verdict.columns["x"].score)


def test_wrong_data_counts_as_missing():
    frame, schema = real("diabetes")
    made = build_profile(frame, schema)
    broken = frame.drop(columns="s1").astype({"s2": object})
    broken["s2"] = "unknown"
    broken["notes"] = "a text that the schema does not know"
    verdict = drift.measure_drift(made, broken, schema, drift.DriftSettings())
    assert set(verdict.drifted) == {"s1", "s2"}
    twice = pd.concat([frame, frame[["s1"]]], axis="columns")
    assert drift.measure_drift(made, twice, schema, drift.DriftSettings()).drifted == []


def test_verdict_and_profile_survive_json():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 0)
    made = build_profile(reference, schema)
    verdict = drift.measure_drift(made, current, schema, drift.DriftSettings())
    stored = json.loads(json.dumps(made, allow_nan=False))
    again = drift.measure_drift(stored, current, schema, drift.DriftSettings())
    assert again == verdict
    told = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    assert told["settings"] == {
        "method": "psi",
        "threshold": 0.2,
        "share_threshold": 0.3,
        "min_rows": 100,
    }
    assert set(told["columns"]) == set(schema.feature_names)
    assert set(told["target"]) == {"score", "threshold", "drifted", "method", "measured", "noise"}


def test_profile_must_belong_to_the_schema():
    frame, schema = real("diabetes")
    made = build_profile(frame, schema)
    with pytest.raises(drift.DriftError, match="format None.*dvc repro"):
        drift.measure_drift({}, frame, schema, drift.DriftSettings())
    del made["features"]["bmi"]
    with pytest.raises(drift.DriftError, match="lacks the features: bmi"):
        drift.measure_drift(made, frame, schema, drift.DriftSettings())


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_a_threshold_of_its_own(method):
    assert drift.DriftSettings(method=method).threshold == drift.THRESHOLDS[method]
    assert drift.DriftSettings(method=method, threshold=0.5).threshold == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("method", "ks"), ("threshold", 0), ("share_threshold", 2), ("min_rows", 0), ("shares", 1)],
)
def test_impossible_settings_are_refused(name, value):
    with pytest.raises(ValidationError, match=name):
        drift.DriftSettings(**{name: value})


def test_lower_thresholds_flag_more():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 5)
    current[schema.feature_names[:10]] *= 1.2
    made = build_profile(reference, schema)
    strict = drift.DriftSettings(threshold=0.01, share_threshold=0.1)
    loose = drift.DriftSettings(threshold=2.0, share_threshold=1.0)
    assert drift.measure_drift(made, current, schema, strict).status == "drift"
    assert drift.measure_drift(made, current, schema, loose).status == "no drift"


def test_the_share_of_drifted_features_has_a_limit_of_its_own():
    frame, schema = real("breast cancer")
    reference, current = parts(frame, 5)
    current[schema.feature_names[:3]] *= 3
    made = build_profile(reference, schema)

    def status(share):
        settings = drift.DriftSettings(share_threshold=share)
        return drift.measure_drift(made, current, schema, settings).status

    # Three of 30.
    assert (status(0.05), status(0.3), status(0.09), status(0.11)) == (
        "drift",
        "no drift",
        "drift",
        "no drift",
    )
