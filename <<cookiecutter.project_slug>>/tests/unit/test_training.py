"""Fit, assess, and face a champion that lies in a real bundle."""

from functools import partial

import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression

from <<cookiecutter.package_name>> import training
from <<cookiecutter.package_name>>.bundle import BundleError, verify_bundle
from <<cookiecutter.package_name>>.gate import ChampionRule
from <<cookiecutter.package_name>>.models import ModelError
from <<cookiecutter.package_name>>.publishing import publish
from <<cookiecutter.package_name>>.schema import Schema

LINEAR = training.ModelSettings(kind="linear", parameters={"C": 0.5})
RULE = ChampionRule(metric="log_loss", margin=0.1, confidence=0.8)


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Enough for an interval; the real numbers of them take seconds."""
    monkeypatch.setattr(training, "compare", partial(training.compare, resamples=30))
    monkeypatch.setattr(training, "evaluate", partial(training.evaluate, resamples=10))


def published(case, store, schema: Schema | None = None):
    """The bundle of a model that learned little, and the one that learned from half of the rows."""
    weak = training.fit(case.frame[::9], schema or case.schema, LINEAR)
    champion = publish(store, "mine", "v4", weak, schema or case.schema, {}, {})
    return champion, training.fit(case.frame[::2], case.schema, LINEAR)


def changed(schema: Schema, place: int, **changes: object) -> Schema:
    content = schema.model_dump()
    content["features"][place] |= changes
    return Schema.model_validate(content)


def test_a_model_is_fitted_by_its_settings(tumours):
    model = training.fit(tumours.frame, tumours.schema, LINEAR)

    assert isinstance(model[-1], LogisticRegression)
    assert model[-1].C == 0.5
    answer = training.answer(model, tumours.frame, tumours.schema)
    assert (answer.labels == tumours.frame["diagnosis"]).mean() > 0.9


def test_an_assessment_is_that_of_the_rows_given(tumours):
    model = training.fit(tumours.frame[::2], tumours.schema, LINEAR)
    test = tumours.frame[1::2]

    found = training.assess(model, test, tumours.schema, seed=1)
    # What predictions in production are compared with.
    assert found.predictions["rows"] == len(test)
    guessed = training.answer(model, test, tumours.schema).labels
    shares = [float((guessed == name).mean()) for name in ("benign", "malignant")]
    assert found.predictions["entry"]["shares"] == pytest.approx(shares)

    labels = training.answer(model, test, tumours.schema).labels
    assert found.rows == len(test)
    assert found.metrics["accuracy"] == pytest.approx((labels == test["diagnosis"]).mean())
    # Of a good model, few scores are in the middle.
    assert sum(found.scores) == len(test)
    assert found.scores[0] + found.scores[9] > len(test) / 2


def test_the_first_candidate_faces_nobody(tumours):
    model = training.fit(tumours.frame, tumours.schema, LINEAR)

    assert training.face(None, None, model, tumours.frame, tumours.schema, RULE, seed=1) is None


def test_a_candidate_faces_the_champion_on_the_same_rows(tumours, tmp_path):
    (place, digest), candidate = published(tumours, tmp_path)
    test = tumours.frame[1::2]

    found = training.face(place, digest, candidate, test, tumours.schema, RULE, seed=1)

    ours = training.assess(candidate, test, tumours.schema, 1).metrics["log_loss"]
    assert (found.metric, found.confidence) == ("log_loss", 0.8)
    assert found.candidate == pytest.approx(ours)
    assert found.champion > found.candidate
    assert found.low < found.gain < found.high


def test_a_champion_that_was_altered_is_not_asked(tumours, tmp_path):
    (place, digest), candidate = published(tumours, tmp_path)

    with pytest.raises(BundleError, match="expected sha256:other"):
        training.face(place, "sha256:other", candidate, tumours.frame, tumours.schema, RULE, 1)
    (place / "model" / "model.joblib").unlink()
    with pytest.raises(BundleError, match="model.joblib is missing"):
        training.face(place, digest, candidate, tumours.frame, tumours.schema, RULE, 1)


def test_a_champion_may_know_less_than_the_candidate(tumours, tmp_path):
    content = tumours.schema.model_dump()
    content["features"] = content["features"][::-1][:2]
    content["features"][0]["maximum"] = 0.01
    (place, digest), candidate = published(tumours, tmp_path, Schema.model_validate(content))

    found = training.face(place, digest, candidate, tumours.frame, tumours.schema, RULE, seed=1)

    assert found.gain > 0
    assert verify_bundle(place)["version"] == "v4"


def test_a_champion_that_needs_what_is_not_there_is_incomparable(wines, tmp_path):
    (place, digest), _ = published(wines, tmp_path)
    content = wines.schema.model_dump()
    del content["features"][1]
    schema = Schema.model_validate(content)
    rows = wines.frame.drop(columns="ash")
    candidate = training.fit(rows, schema, LINEAR)

    with pytest.raises(training.IncomparableError) as caught:
        training.face(place, digest, candidate, rows, schema, RULE, seed=1)

    assert str(caught.value) == (
        "champion v4 cannot be asked about this dataset: ash: the column is missing. "
        "Set gate.champion.on_schema_change to 'ignore' once, if the change is meant"
    )


@pytest.mark.parametrize(
    ("column", "changes", "expected"),
    [
        (
            "colour",
            {"values": ["pale", "ruby", "dark", "blue"]},
            "colour: unknown in 1 row: 'blue'",
        ),
        ("ash", {"nullable": True}, "ash: missing value in 1 row"),
        ("strong", {"type": "category", "values": ["yes", "no"]}, "strong: expected true or false"),
    ],
)
def test_a_champion_that_cannot_read_a_column_is_incomparable(
    wines, tmp_path, column, changes, expected
):
    (place, digest), _ = published(wines, tmp_path)
    schema = changed(wines.schema, wines.schema.feature_names.index(column), **changes)
    values = {
        "colour": ["blue", *wines.frame["colour"][1:]],
        "ash": [None, *wines.frame["ash"][1:]],
        "strong": ["yes" if value else "no" for value in wines.frame["strong"]],
    }
    rows = wines.frame.assign(**{column: pd.Series(values[column])})
    candidate = training.fit(rows, schema, LINEAR)

    with pytest.raises(training.IncomparableError, match=expected):
        training.face(place, digest, candidate, rows, schema, RULE, seed=1)


def test_a_champion_of_another_target_is_incomparable(tumours, tmp_path):
    (place, digest), candidate = published(tumours, tmp_path)
    content = tumours.schema.model_dump()
    content["target"]["positive"] = "benign"

    with pytest.raises(training.IncomparableError, match="target diagnosis is another one"):
        training.face(
            place, digest, candidate, tumours.frame, Schema.model_validate(content), RULE, seed=1
        )


@pytest.mark.parametrize(
    ("settings", "content", "place"),
    [
        (training.SplitSettings, {"test_share": 0}, "test_share"),
        (training.SplitSettings, {"test_share": 1}, "test_share"),
        (training.SplitSettings, {"sead": 1}, "sead"),
        (training.ModelSettings, {}, "kind"),
        (training.ModelSettings, {"kind": "linear", "parameter": {}}, "parameter"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, content, place):
    with pytest.raises(ValidationError, match=rf"\n{place}\n"):
        settings.model_validate(content)


def test_parameter_out_of_its_range_is_refused_with_its_name(tumours):
    wrong = training.ModelSettings(kind="linear", parameters={"C": -1.0})
    with pytest.raises(ModelError, match="'C' parameter"):
        training.fit(tumours.frame, tumours.schema, wrong)
