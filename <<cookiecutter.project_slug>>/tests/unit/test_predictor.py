"""Fitted models behind the protocol that serving, batch and evaluation know."""

import numpy as np
import pytest

from <<cookiecutter.package_name>> import predictor
from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import build_model


def learned(case, rows=slice(None)):
    frame = case.frame[rows]
    model = build_model("linear", case.schema, {}, 0)
    return model.fit(to_matrix(frame, case.schema), encode_target(frame, case.schema))


def test_labels_are_texts_and_probabilities_in_the_schema_s_order(wines):
    estimator, matrix = learned(wines), to_matrix(wines.frame, wines.schema)

    prediction = predictor.SklearnPredictor(estimator, wines.schema).predict(matrix)

    assert np.array_equal(prediction.probabilities, estimator.predict_proba(matrix))
    expected = [wines.schema.target.classes[index] for index in estimator.predict(matrix)]
    assert prediction.labels.tolist() == expected
    assert (prediction.labels == wines.frame["cultivar"]).mean() > 0.9


def test_a_class_that_the_training_lacked_has_probability_zero(wines):
    estimator = learned(wines, wines.frame["cultivar"] != "02")

    prediction = predictor.SklearnPredictor(estimator, wines.schema).predict(
        to_matrix(wines.frame, wines.schema)
    )

    assert prediction.probabilities.shape == (178, 3)
    assert not prediction.probabilities[:, 1].any()
    assert prediction.probabilities.sum(axis=1) == pytest.approx(1)
    assert set(prediction.labels) == {"01", "03"}
    known = wines.frame["cultivar"] != "02"
    assert (prediction.labels == wines.frame["cultivar"])[known].mean() > 0.95


def test_numbers_to_predict_are_float64_without_probabilities(diabetes):
    estimator, matrix = learned(diabetes), to_matrix(diabetes.frame, diabetes.schema)
    answering = predictor.SklearnPredictor(estimator, diabetes.schema)

    prediction = answering.predict(matrix)

    assert answering.classes is None
    assert prediction.probabilities is None
    assert prediction.labels.dtype == np.float64
    assert np.array_equal(prediction.labels, estimator.predict(matrix))


def test_a_stored_estimator_predicts_as_before(tumours, tmp_path):
    estimator, matrix = learned(tumours), to_matrix(tumours.frame, tumours.schema)
    predictor.dump_estimator(estimator, tmp_path / "model.joblib")

    loaded = predictor.load_predictor(tmp_path, "sklearn", tumours.schema)

    before = predictor.SklearnPredictor(estimator, tumours.schema).predict(matrix)
    assert loaded.classes == ("benign", "malignant")
    assert np.array_equal(loaded.predict(matrix).probabilities, before.probabilities)
    assert np.array_equal(loaded.predict(matrix).labels, before.labels)


def test_an_unknown_format_is_refused_with_the_known_ones(tumours, tmp_path):
    with pytest.raises(ValueError, match="unknown model format 'pickle'; known: sklearn"):
        predictor.load_predictor(tmp_path, "pickle", tumours.schema)
