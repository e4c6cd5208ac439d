"""One observation of a real bundle: drift, missing values, quality, and what cannot be measured."""

import json
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from event_lines import NOW, SINCE, event, read
from test_joining import labels

from <<cookiecutter.package_name>> import training
from <<cookiecutter.package_name>>.bundle import Bundle, load_bundle
from <<cookiecutter.package_name>>.drift import DriftSettings
from <<cookiecutter.package_name>>.features import to_matrix
from <<cookiecutter.package_name>>.observations.joining import join
from <<cookiecutter.package_name>>.observations.logged_settings import LoggedSettings
from <<cookiecutter.package_name>>.observations.observation import observe, outcomes_by_row
from <<cookiecutter.package_name>>.profile import build_profile
from <<cookiecutter.package_name>>.publishing import publish
from <<cookiecutter.package_name>>.quality import QualitySettings
from <<cookiecutter.package_name>>.schema import Schema

SETTINGS = LoggedSettings.model_validate({"predictions": {"kind": "files", "path": "x"}})
QUALITY = QualitySettings(min_rows=1, max_duplicate_share=1)


class Model(NamedTuple):
    """A bundle of version v1 with what it was made from."""

    bundle: Bundle
    profile: dict
    evaluation: dict
    frame: pd.DataFrame
    case: object

    def events(self, rows: pd.DataFrame, start: int = 0, **changes) -> list[dict]:
        """What the server would log for these rows."""
        names = self.case.schema.feature_names
        prediction = self.bundle.predictor.predict(to_matrix(rows, self.case.schema))
        found = []
        for number, (_, row) in enumerate(rows.iterrows()):
            told = {"ml_prediction_class": None, "ml_prediction_score": None}
            if prediction.probabilities is None:
                told["ml_prediction_value"] = float(prediction.labels[number])
            else:
                told["ml_prediction_class"] = prediction.labels[number]
                told["ml_prediction_score"] = float(prediction.probabilities[number, 1])
            features = json.loads(row[names].to_json())
            found.append(event(start + number, **{"ml_features": features, **told, **changes}))
        return found

    def observe(self, records, *rows, since=NOW - timedelta(days=1), settings=SETTINGS, drift=None):
        predictions = read(self.case.schema, *records)
        found = labels(self.case.schema, *rows)
        return observe(
            self.bundle,
            self.profile,
            self.evaluation,
            predictions,
            found,
            settings,
            QUALITY,
            drift or DriftSettings(),
            SINCE,
            since,
        )[0]


def made(case, tmp_path) -> Model:
    random = np.random.default_rng(0)
    order = random.permutation(len(case.frame))
    half = len(order) // 2
    train, test = case.frame.iloc[order[:half]], case.frame.iloc[order[half:]]
    estimator = training.fit(train, case.schema, training.ModelSettings(kind="linear"))
    evaluation = training.assess(estimator, test, case.schema, 0).to_dict()
    place, digest = publish(tmp_path, "model", "v1", estimator, case.schema, {}, {})
    profile = build_profile(case.frame, case.schema)
    return Model(load_bundle(place, digest), profile, evaluation, case.frame, case)


_MODELS: dict[str, Model] = {}


@pytest.fixture
def model(tumours, tmp_path_factory) -> Model:
    """One for all tests, which change nothing of it: its evaluation takes seconds."""
    if "tumours" not in _MODELS:
        _MODELS["tumours"] = made(tumours, tmp_path_factory.mktemp("bundles"))
    return _MODELS["tumours"]


def sample(model: Model, rows: int, seed: int = 1) -> pd.DataFrame:
    return model.frame.sample(rows, random_state=seed, replace=rows > len(model.frame))


def test_usual_traffic_is_as_expected(model):
    rows = sample(model, 300)
    told = [(number, label, timedelta(minutes=5)) for number, label in enumerate(rows["diagnosis"])]

    found = model.observe(model.events(rows), *told[:200])

    assert found.findings == () and found.notes == ()
    assert found.drift.status == "no drift" and found.quality.passed
    assert not found.prediction_drift.drifted
    assert found.labels["coverage"] == pytest.approx(2 / 3)
    assert found.labels["delay_seconds"] == {"0.5": 300, "0.95": 300}
    assert found.performance.metrics["all"]["roc_auc"] > 0.9
    assert found.events["recent"] == found.events["with_features"] == 300
    json.dumps(found.to_dict(), allow_nan=False)


def test_shifted_traffic_is_told(model):
    rows = sample(model, 300)
    features = model.case.schema.feature_names
    rows = rows.assign(**{name: rows[name] * 1.5 for name in features})

    found = model.observe(model.events(rows))

    kinds = {text.partition(":")[0] for text in found.findings}
    assert {"drift", "prediction drift"} <= kinds
    assert found.drift.drifted and found.prediction_drift.score > 0.2


def test_bad_labels_of_good_traffic_are_a_fall_of_quality(model):
    rows = sample(model, 300)
    wrong = rows["diagnosis"].map({"benign": "malignant", "malignant": "benign"})
    told = [(number, label, timedelta(minutes=5)) for number, label in enumerate(wrong)]

    found = model.observe(model.events(rows), *told)

    (finding,) = found.findings
    assert finding.startswith("quality: balanced_accuracy is 0.0")


def test_the_time_that_labels_take_is_told_for_half_and_for_19_of_20(model):
    come = [(row, "benign", timedelta(seconds=each)) for row, each in enumerate((10, 20, 110))]

    found = model.observe(model.events(model.frame.iloc[:3]), *come)

    assert found.labels["delay_seconds"] == pytest.approx({"0.5": 20.0, "0.95": 101.0})


def test_the_setting_decides_which_labels_are_late(model):
    rows = model.frame.iloc[:2]
    come = [(number, "benign", timedelta(days=5 * number)) for number in range(2)]

    def late(days):
        settings = SETTINGS.model_copy(update={"max_label_delay_days": days})
        labels = model.observe(model.events(rows), *come, settings=settings).labels
        return labels["used"], labels["rejected"]["late"]

    assert late(3) == (1, 1)
    assert late(6) == (2, 0)


def test_the_settings_decide_what_drift_is(model):
    events = model.events(model.frame.iloc[:150])

    found = model.observe(events, drift=DriftSettings(threshold=0.77))
    assert {column.threshold for column in found.drift.columns.values()} == {0.77}
    assert found.prediction_drift.threshold == 0.77
    few = model.observe(events, drift=DriftSettings(min_rows=151))
    assert few.prediction_drift is None and few.drift.share is None


def test_only_the_version_of_the_bundle_is_measured(model):
    rows = sample(model, 300)
    shifted = rows.assign(**{name: rows[name] * 2 for name in model.case.schema.feature_names})
    others = model.events(shifted, 1000, ml_model_version="v2")

    found = model.observe([*model.events(rows), *others], (1000, "benign", timedelta(minutes=1)))

    assert found.findings == ()
    assert found.events["versions"] == {"v1": 300, "v2": 300}
    # A label of the other version is no label of an unknown prediction.
    assert found.labels["rejected"]["unknown"] == 0 and found.labels["used"] == 0


def test_without_features_there_is_prediction_drift_and_a_clear_word(model):
    records = model.events(sample(model, 200), ml_features=None)

    found = model.observe(records)

    assert found.drift is None and found.quality is None
    assert found.prediction_drift is not None
    assert "no features are logged" in found.notes[0]
    assert "SERVING_EVENT_FEATURES" in found.notes[0]
    assert found.to_dict()["drift"] is None


def test_features_that_are_not_logged_are_named(model):
    records = model.events(sample(model, 200))
    for record in records:
        record["ml.features"] = {"mean radius": record["ml.features"]["mean radius"]}

    found = model.observe(records)

    assert list(found.drift.columns) == ["mean radius"]
    assert found.quality.passed
    lacking = "not logged, so not measured: mean texture, mean smoothness, worst concavity"
    assert lacking in found.notes


def with_personal(model, *names):
    """The same model, whose schema calls these features personal."""
    schema = model.case.schema
    features = [
        column.model_copy(update={"personal": column.name in names}) for column in schema.features
    ]
    schema = Schema(target=schema.target, id=schema.id, features=features)
    bundle = Bundle(model.bundle.folder, model.bundle.manifest, schema, model.bundle.predictor)
    return model._replace(bundle=bundle, case=model.case._replace(schema=schema))


def test_a_personal_feature_is_openly_not_monitored(model):
    model = with_personal(model, "mean texture")
    records = model.events(sample(model, 200))
    for record in records:
        del record["ml.features"]["mean texture"]

    found = model.observe(records)

    assert found.notes[0] == "personal, so never logged and not monitored: mean texture"
    # Neither missing nor forgotten: it can be expected of no event.
    assert not [note for note in found.notes if "not logged, so not measured" in note]
    assert found.findings == () and found.quality.passed
    assert "mean texture" not in found.drift.columns and len(found.drift.columns) == 3
    assert found.events["with_features"] == 200


def test_only_personal_features_leave_predictions_to_be_monitored(model):
    model = with_personal(model, *model.case.schema.feature_names)

    found = model.observe(model.events(sample(model, 200), ml_features=None))

    assert found.drift is None and found.quality is None and found.prediction_drift is not None
    assert found.notes[0].startswith("personal, so never logged and not monitored: mean radius, ")
    # There is none to be named in a list.
    assert not [note for note in found.notes if "SERVING_EVENT_FEATURES" in note]


def test_a_changed_list_of_features_counts_from_when_it_changed(model):
    before = model.events(sample(model, 150), at=NOW - timedelta(hours=3))
    for record in before:
        record["ml.features"] = {"mean radius": record["ml.features"]["mean radius"]}
    now = model.events(sample(model, 150, seed=2), 1000)

    found = model.observe([*before, *now])

    assert found.events["with_features"] == 150 and found.drift.status == "no drift"
    assert "150 of 300 recent events carry the features logged now" in found.notes


def test_missing_values_everywhere_are_told_and_break_nothing(model):
    records = model.events(sample(model, 200))
    for record in records:
        record["ml.features"] = dict.fromkeys(record["ml.features"])
        record["ml.prediction.score"] = None

    found = model.observe(records, (1, "benign", timedelta(minutes=1)))

    assert found.drift.share == 1
    assert set(found.quality.null_shares.values()) == {1.0}
    assert any(text.startswith("data quality: mean radius") for text in found.findings)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_day_without_traffic_is_no_finding(model):
    old = model.events(sample(model, 100), at=NOW - timedelta(days=3))

    found = model.observe(old, (0, "benign", timedelta(minutes=1)))

    assert found.findings == ()
    assert found.notes[0].startswith("no recent predictions: there was no traffic")
    assert found.drift is None and found.prediction_drift is None
    assert found.events == {**found.events, "of_version": 100, "recent": 0}


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (None, "no predictions are logged"),
        ("v2", "no predictions of v1 are logged, but 50 of v2"),
    ],
)
def test_nothing_of_the_model_is_told_in_one_line(model, version, message):
    records = model.events(sample(model, 50), ml_model_version=version) if version else []

    found = model.observe(records)

    assert found.notes[0] == message
    assert found.findings == () and found.labels["coverage"] is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_events_that_came_twice_count_once(model):
    records = model.events(sample(model, 120))

    found = model.observe([*records, *records[:50]])

    assert found.events["of_version"] == 120 and found.events["repeated"] == 50


def test_what_is_odd_is_noted(model):
    records = model.events(sample(model, 120))
    records[0]["ml.features"] = {**records[0]["ml.features"], "shoe size": 44}
    records[1]["@timestamp"] = "soon"

    found = model.observe(records, (500, "benign", timedelta(minutes=1)))

    assert "1 events are damaged or lack an id, a version or a prediction" in found.notes
    assert "shoe size is logged in 1 events, but the model does not know it" in found.notes
    assert "labels of unknown predictions, such as request-500" in found.notes


def test_few_predictions_are_not_enough_to_decide(model):
    found = model.observe(model.events(sample(model, 20)))

    assert found.drift.status == "not enough data" and found.prediction_drift is None
    assert "prediction drift: 20 rows, min_rows is 100" in found.notes


def test_a_bundle_of_before_is_compared_with_the_shares_of_its_target(model):
    older = model._replace(evaluation={"metrics": model.evaluation["metrics"]})

    found = older.observe(older.events(sample(model, 200)))

    assert not found.prediction_drift.drifted


def test_predictions_of_a_regression_are_compared_with_those_of_the_test_rows(diabetes, tmp_path):
    model = made(diabetes, tmp_path)
    usual = model.observe(model.events(sample(model, 400)))
    assert not usual.prediction_drift.drifted
    raised = sample(model, 400)
    raised = raised.assign(bmi=raised["bmi"] + 2 * raised["bmi"].std())

    assert model.observe(model.events(raised)).prediction_drift.drifted
    older = model._replace(evaluation={})
    found = older.observe(older.events(sample(model, 200)))
    assert found.prediction_drift is None and any("train the model again" in n for n in found.notes)


def test_outcomes_get_texts_of_classes(tumours):
    predictions = read(tumours.schema, event(1), event(2, ml_prediction_class="malignant"))
    told = labels(tumours.schema, (1, "benign", timedelta()), (2, "benign", timedelta()))
    found = join(predictions, np.ones(2, dtype=bool), told, SINCE, timedelta(days=14))

    rows = outcomes_by_row(predictions, found, lambda truth, said: truth + " as " + said)

    assert rows.tolist() == ["benign as benign", "benign as malignant"]
