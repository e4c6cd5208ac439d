import base64
import gzip
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from <<cookiecutter.package_name>> import charting, drift, page, profile, quality, reports
from <<cookiecutter.package_name>>.schema import Column, Schema, Target

HOSTILE = "</script><script>alert(1)</script>"


def charts_in(text: str) -> str:
    packed = re.search(r'type="text/plain">([^<]+)</script>', text)
    return gzip.decompress(base64.b64decode(packed.group(1))).decode()


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema(
        target=Target(name="diagnosis", classes=["benign", "malignant"]),
        features=[
            Column(name="mean radius", type="number", nullable=True),
            Column(name="mean area", type="number"),
            Column(name=f"größe {HOSTILE}", type="integer"),
            Column(name="smoker", type="boolean", nullable=True),
            Column(name="region", type="category", values=["north", HOSTILE], nullable=True),
            Column(name="nothing", type="number", nullable=True),
        ],
    )


@pytest.fixture(scope="module")
def frame(schema) -> pd.DataFrame:
    table = load_breast_cancer(as_frame=True).frame
    generator = np.random.default_rng(0)
    rows = len(table)
    return pd.DataFrame(
        {
            "mean radius": table["mean radius"].where(generator.random(rows) > 0.1),
            "mean area": table["mean area"],
            f"größe {HOSTILE}": generator.integers(0, 9, rows),
            "smoker": pd.Series(generator.random(rows) < 0.5, dtype=object).where(
                generator.random(rows) > 0.1, None
            ),
            "region": generator.choice(["north", HOSTILE], rows),
            "nothing": np.nan,
            "diagnosis": np.where(table["target"] == 0, "malignant", "benign"),
        }
    )


@pytest.fixture(scope="module")
def halves(frame) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = np.random.default_rng(0).permutation(len(frame))
    current = frame.iloc[order[:200]].copy()
    current["mean area"] += 1000
    return frame.iloc[order[200:]], current


@pytest.fixture(scope="module")
def drift_verdict(halves, schema) -> drift.DriftVerdict:
    made = profile.build_profile(halves[0], schema)
    return drift.measure_drift(made, halves[1], schema, drift.DriftSettings())


@pytest.fixture(scope="module")
def drift_page(halves, schema, drift_verdict, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("drift") / "deep" / "drift.html"
    settings = drift_verdict.settings
    reports.drift_report(*halves, schema, settings, drift_verdict, path, max_rows=150)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def quality_page(frame, schema, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("quality") / "quality.html"
    verdict = quality.check_quality(frame, schema, quality.QualitySettings())
    reports.quality_report(frame, schema, verdict, path)
    return path.read_text(encoding="utf-8")


def test_drift_page_states_the_decision_of_all_rows(drift_page, drift_verdict):
    assert "Data drift: no drift" in drift_page
    assert "1 of 6 features drifted (16.7%)" in drift_page
    assert "min_rows 100" in drift_page
    assert "share_threshold 30.0%" in drift_page
    assert f"{drift_verdict.columns['mean area'].score:.3f}" in drift_page
    assert "diagnosis (target)" in drift_page


def test_drift_page_states_what_was_sampled(drift_page):
    how = "drawn evenly from every diagnosis with seed 42"
    assert f"of the data, 150 of 200 rows, {how}" in drift_page
    assert f"of the reference, 150 of 369 rows, {how}" in drift_page


def test_evidently_shows_the_decision_of_all_rows(drift_page, drift_verdict):
    charts = charts_in(drift_page)
    assert "Dataset Drift is NOT detected. Dataset drift detection threshold is 0.3" in charts
    assert "psi, all rows" in charts
    # Evidently rounds to six figures.
    assert f"{drift_verdict.columns['mean area'].score:.4f}" in charts


def test_quality_page_states_findings_and_missing_values(quality_page):
    assert "Data quality: failed" in quality_page
    assert "100.0% of the values are missing, max_null_share is 20.0%" in quality_page
    assert "The charts show all 569 rows" in quality_page
    assert "Dataset Summary" in charts_in(quality_page)


@pytest.mark.parametrize("name", ["drift_page", "quality_page"])
def test_pages_load_nothing_and_run_no_data(name, request):
    text = request.getfixturevalue(name)
    assert "default-src 'none'" in text
    loading = re.compile(r"""<(script|link|img|iframe)[^>]+(src|href)\s*=\s*["']?\s*http""")
    for part in (text, charts_in(text)):
        assert not loading.search(part)
        assert "<script>alert(1)" not in part
    assert len(text) < 2_500_000


def test_not_enough_data_is_drawn_without_a_verdict(halves, schema, tmp_path):
    reference, current = halves
    few, settings = current.iloc[:20], drift.DriftSettings()
    verdict = drift.measure_drift(profile.build_profile(reference, schema), few, schema, settings)
    path = reports.drift_report(reference, few, schema, settings, verdict, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert "not enough data" in text
    assert "the data has 20 rows, min_rows is 100" in text.lower()
    assert "Drift is" not in charts_in(text)


@pytest.mark.parametrize("method", ["jensen_shannon", "wasserstein"])
def test_other_methods_are_drawn(halves, schema, tmp_path, method):
    settings = drift.DriftSettings(method=method, share_threshold=0.1)
    made = profile.build_profile(halves[0], schema)
    verdict = drift.measure_drift(made, halves[1], schema, settings)
    path = reports.drift_report(*halves, schema, settings, verdict, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert "Data drift: drift" in text
    assert f"{method.replace('_', ' ')}, all rows" in charts_in(text)


def test_wrong_data_still_gives_pages(frame, schema, tmp_path):
    wrong = frame.drop(columns=["smoker", "diagnosis"]).astype({"mean area": object})
    wrong.loc[0, "mean area"] = "large"
    wrong.loc[1, "mean area"] = np.inf
    wrong["notes"] = "new"
    verdict = quality.check_quality(wrong, schema, quality.QualitySettings())
    path = reports.quality_report(wrong, schema, verdict, tmp_path / "q.html", max_rows=100, seed=7)
    assert "100 of 569 rows, drawn at random with seed 7" in path.read_text(encoding="utf-8")
    settings = drift.DriftSettings()
    measured = drift.measure_drift(profile.build_profile(frame, schema), wrong, schema, settings)
    path = reports.drift_report(frame, wrong, schema, settings, measured, tmp_path / "d.html")
    assert "mean radius" in charts_in(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows(frame, schema, tmp_path, rows):
    few, settings = frame.iloc[:rows], drift.DriftSettings()
    verdict = quality.check_quality(few, schema, quality.QualitySettings())
    path = reports.quality_report(few, schema, verdict, tmp_path / "quality.html")
    text = path.read_text(encoding="utf-8")
    assert f"there are {rows} rows, min_rows is 100" in text
    assert ("<iframe" in text) is (rows > 0)
    measured = drift.measure_drift(profile.build_profile(frame, schema), few, schema, settings)
    path = reports.drift_report(frame, few, schema, settings, measured, tmp_path / "drift.html")
    assert ("<iframe" in path.read_text(encoding="utf-8")) is (rows > 0)


def test_no_common_column_means_no_charts(frame, schema, tmp_path):
    settings, strange = drift.DriftSettings(), pd.DataFrame({"x": range(200)})
    verdict = drift.measure_drift(profile.build_profile(frame, schema), strange, schema, settings)
    path = reports.drift_report(frame, strange, schema, settings, verdict, tmp_path / "page.html")
    assert verdict.status == "drift"
    assert "<iframe" not in path.read_text(encoding="utf-8")


def test_excerpt_keeps_classes_in_their_shares(frame, schema):
    chosen = charting.excerpt(frame, schema, 100, 1)
    again = charting.excerpt(frame, schema, 100, 1)
    other = charting.excerpt(frame, schema, 100, 2)
    pd.testing.assert_frame_equal(chosen.numbers, again.numbers)
    assert not chosen.numbers.equals(other.numbers)
    whole = (frame["diagnosis"] == "malignant").mean()
    assert (chosen["diagnosis"] == "malignant").mean() == pytest.approx(whole, abs=0.01)
    assert "nothing" not in chosen.names


def test_excerpt_is_tidy(schema):
    mixed = pd.DataFrame(
        {"mean area": [1, "x", None, np.inf], "smoker": [True, False, None, "odd"]}, dtype=object
    )
    chosen = charting.excerpt(mixed, schema, 100, 1)
    assert chosen["mean area"].dropna().tolist() == [1.0]
    assert chosen["smoker"].fillna("-").tolist() == ["true", "false", "-", "odd"]
    assert chosen.description == "all 4 rows"
    assert charting.excerpt(mixed.iloc[:1], schema, 100, 1).description == "all 1 row"


def test_evidently_agrees_where_change_is_clear():
    """With its own method on thousands of rows; docs/reference/data-checks.md tells when not."""
    from evidently.legacy.calculations.stattests import psi_stat_test
    from evidently.legacy.core import ColumnType

    table = load_breast_cancer(as_frame=True).data
    generator = np.random.default_rng(0)
    drawn = [table.iloc[generator.integers(0, len(table), 5000)] for _ in range(2)]
    columns = [Column(name=name, type="number") for name in table.columns]
    contract = Schema(target=Target(name="y"), features=columns)
    made = profile.build_profile(drawn[0], contract)
    for shift, drifted in ((0, False), (1, True)):
        current = drawn[1] + shift * table.std()
        verdict = drift.measure_drift(made, current, contract, drift.DriftSettings())
        for name, ours in verdict.columns.items():
            theirs = psi_stat_test(drawn[0][name], current[name], ColumnType.Numerical, 0.2)
            assert bool(theirs.drifted) is ours.drifted is drifted


def test_page_escapes_all_it_is_given(tmp_path):
    told = page.Page(
        title=HOSTILE,
        status=HOSTILE,
        tone="bad",
        lead=HOSTILE,
        facts=[page.Fact(HOSTILE, HOSTILE, HOSTILE)],
        notes=[HOSTILE],
    )
    told.add_table(HOSTILE, [HOSTILE], [[HOSTILE], [page.Cell(HOSTILE, bar=7.0)]])
    told.write(tmp_path / "page.html", None)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "width:100.0%" in text
