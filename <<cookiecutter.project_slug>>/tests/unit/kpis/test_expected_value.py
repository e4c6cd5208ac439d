"""What 1000 decisions of a model are expected to be worth, on its test rows."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from test_outcomes import BINARY, NUMBER

from <<cookiecutter.package_name>>.kpis.expected_value import expected_value, of_project, remark
from <<cookiecutter.package_name>>.kpis.file import KPI_FILE, KpiFileError, load_kpi
from <<cookiecutter.package_name>>.kpis.formulas import differences, interval
from <<cookiecutter.package_name>>.predictor import Prediction
from <<cookiecutter.package_name>>.schema import load_schema

ROOT = Path(__file__).parents[3]


def everybody(case, label="malignant"):
    return Prediction(np.full(len(case.frame), label, dtype=object), None)


def test_a_thousand_decisions_are_worth_what_their_outcomes_are(tumours):
    kpi = BINARY.model_copy(update={"outcomes": {"tp": 5.0, "fp": -2.0, "tn": 1.0, "fn": -9.0}})

    found = expected_value(tumours.frame, everybody(tumours), tumours.schema, kpi, seed=1)

    # 212 of the 569 tumours are malignant.
    assert found["outcomes"] == {"tp": 212, "fp": 357, "tn": 0, "fn": 0}
    assert found["per_1000"] == pytest.approx((212 * 5 - 357 * 2) / 569 * 1000)
    assert found["low"] < found["per_1000"] < found["high"]
    assert found["baseline_per_1000"] == 0
    assert (found["currency"], found["values"]) == ("EUR", kpi.outcomes)


def test_a_number_counts_too(diabetes):
    target = diabetes.frame["progression"].to_numpy(float)

    found = expected_value(
        diabetes.frame, Prediction(target + 10.5, None), diabetes.schema, NUMBER, seed=1
    )

    assert found["outcomes"] == {"within": 0, "over": len(target), "under": 0}
    assert found["low"] == found["per_1000"] == found["high"] == -1000


def test_the_figure_of_the_project_is_that_of_its_file(tmp_path, tumours, diabetes, caplog):
    (tmp_path / "observability").mkdir()
    shutil.copy(ROOT / KPI_FILE, tmp_path / KPI_FILE)
    is_classifier = load_schema(ROOT / "configs/schema.yaml").target.classes is not None
    label = Prediction(diabetes.frame["progression"].to_numpy(float), None)
    given = {True: (tumours, everybody(tumours)), False: (diabetes, label)}
    case, prediction = given[is_classifier]
    other, guess = given[not is_classifier]

    found = of_project(tmp_path, case.frame, prediction, case.schema, seed=1)

    kpi = load_kpi(ROOT / KPI_FILE)
    assert found == expected_value(case.frame, prediction, case.schema, kpi, seed=1)
    with caplog.at_level(logging.WARNING):
        assert of_project(tmp_path, other.frame, guess, other.schema, seed=1) is None
    assert "no expected value: observability/kpi.yaml gives values to" in caplog.text


def test_a_model_without_a_file_is_trained_all_the_same(tmp_path, tumours, caplog):
    with caplog.at_level(logging.WARNING):
        assert of_project(tmp_path, tumours.frame, everybody(tumours), tumours.schema, 1) is None

    assert "there is no observability/kpi.yaml" in caplog.text


def test_a_broken_file_ends_the_training(tmp_path, tumours):
    (tmp_path / "observability").mkdir()
    (tmp_path / KPI_FILE).write_text("currency: EUR\n")

    with pytest.raises(KpiFileError, match="line 1: outcomes: Field required"):
        of_project(tmp_path, tumours.frame, everybody(tumours), tumours.schema, 1)


def test_the_gate_reports_it_and_decides_nothing_by_it(tumours):
    found = expected_value(tumours.frame, everybody(tumours), tumours.schema, BINARY, seed=1)

    assert remark(found).passed
    assert "-254.83 EUR for 1000 decisions [" in remark(found).reason
    assert remark(None).passed
    assert "not known" in remark(None).reason


def test_a_difference_of_two_models_is_zero_for_equal_ones():
    values, counts = {"tp": 10.0, "fn": -20.0}, {"tp": 90, "fn": 10}

    equal = interval(differences(counts, counts, values, 1))
    better = interval(differences({"tp": 9900, "fn": 100}, {"tp": 900, "fn": 100}, values, 1))

    assert equal.low < 0 < equal.high
    assert 1800 < better.low < 2700 < better.high < 3600
