"""How decisions turned out: two classes, three, and a number."""

import numpy as np
import pytest

from <<cookiecutter.package_name>>.kpis.file import KpiFile, KpiFileError
from <<cookiecutter.package_name>>.kpis.outcomes import OutcomeError, outcome_names, outcomes_of


def kpi(outcomes, **changes):
    content = {
        "currency": "EUR",
        "outcomes": outcomes,
        "baseline": {"policy": "none"},
        "running_costs": {},
        "build_cost": {},
        "minimum_labels": 1,
    }
    return KpiFile.model_validate(content | changes)


BINARY = kpi({"tp": 1.0, "fp": -1.0, "tn": 0.0, "fn": -2.0})
CLASSES = kpi({"correct": 1.0, "incorrect": -1.0})
NUMBER = kpi({"within": 1.0, "over": -1.0, "under": -2.0}, tolerance=10.0)


def test_two_classes_by_the_positive_one(tumours):
    truth = np.array(["malignant", "benign", "benign", "malignant"], dtype=object)
    predicted = np.array(["malignant", "malignant", "benign", "benign"], dtype=object)

    assert outcomes_of(truth, predicted, tumours.schema, BINARY).tolist() == [
        "tp",
        "fp",
        "tn",
        "fn",
    ]


def test_more_classes_are_right_or_wrong(wines):
    schema = wines.schema

    assert outcomes_of(["01", "02"], ["01", "03"], schema, CLASSES).tolist() == [
        "correct",
        "incorrect",
    ]


def test_a_number_is_within_the_tolerance_or_off_to_one_side(diabetes):
    truth, predicted = [100.0, 100.0, 100.0, 100.0], [110.0, 110.1, 90.0, 89.9]

    assert outcomes_of(truth, predicted, diabetes.schema, NUMBER).tolist() == [
        "within",
        "over",
        "within",
        "under",
    ]


def test_no_rows_have_no_outcomes(tumours):
    none = np.array([], dtype=object)

    assert outcomes_of(none, none, tumours.schema, BINARY).shape == (0,)


def test_a_file_for_another_task_is_refused(tumours, wines, diabetes):
    assert outcome_names(BINARY, tumours.schema) == ("tp", "fp", "tn", "fn")
    for case, wrong in ((tumours, NUMBER), (wines, BINARY), (diabetes, CLASSES)):
        with pytest.raises(KpiFileError, match=r"observability/kpi.yaml gives values to .* but"):
            outcomes_of([], [], case.schema, wrong)


def test_what_cannot_be_compared_is_named(tumours, diabetes):
    with pytest.raises(OutcomeError, match="1 of 2 labels are no class of 'diagnosis'.*'ill'"):
        outcomes_of(["ill", "benign"], ["benign"] * 2, tumours.schema, BINARY)
    with pytest.raises(OutcomeError, match="1 of 1 predictions are no class"):
        outcomes_of(["benign"], [None], tumours.schema, BINARY)
    with pytest.raises(OutcomeError, match="cannot be compared"):
        outcomes_of(["benign"], [], tumours.schema, BINARY)
    with pytest.raises(OutcomeError, match="1 of 2 labels are missing or infinite"):
        outcomes_of([np.nan, 1.0], [1.0, 1.0], diabetes.schema, NUMBER)
    with pytest.raises(OutcomeError, match="a prediction is no number"):
        outcomes_of([1.0], ["much"], diabetes.schema, NUMBER)
