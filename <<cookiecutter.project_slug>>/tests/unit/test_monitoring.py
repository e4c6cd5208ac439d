"""What a batch is compared with, and how it is read."""

import json

import pandas as pd
import pytest

from <<cookiecutter.package_name>> import monitoring, training
from <<cookiecutter.package_name>>.bundle import BundleError
from <<cookiecutter.package_name>>.params import Params
from <<cookiecutter.package_name>>.publishing import publish
from <<cookiecutter.package_name>>.registry import ModelVersion

PARAMS = Params(source={"kind": "example"})


@pytest.fixture
def champion(wines, tmp_path) -> ModelVersion:
    wines.frame.to_parquet(tmp_path / "sample.parquet")
    model = training.fit(wines.frame, wines.schema, training.ModelSettings(kind="linear"))
    files = {
        "reference/sample.parquet": tmp_path / "sample.parquet",
        "reference/profile.json": json.dumps({"rows": 178}).encode(),
    }
    place, digest = publish(tmp_path, "wines", "v2", model, wines.schema, files, {})
    return ModelVersion("wines", "v2", "run", str(place), digest)


def test_the_reference_is_that_of_the_champion(wines, champion):
    bundle, rows, profile, _ = monitoring.reference_of(champion)

    assert (bundle.name, bundle.version, bundle.schema) == ("wines", "v2", wines.schema)
    pd.testing.assert_frame_equal(rows, wines.frame)
    assert profile == {"rows": 178}


def test_a_reference_that_was_altered_is_refused(champion, tmp_path):
    (tmp_path / "wines" / champion.bundle[-16:] / "reference" / "profile.json").unlink()

    with pytest.raises(BundleError, match=r"profile\.json is missing"):
        monitoring.reference_of(champion)


def test_without_champion_there_is_no_reference():
    with pytest.raises(monitoring.MonitoringError, match="no model is registered.*`make train`"):
        monitoring.reference_of(None)


def test_what_is_monitored_is_what_is_given_or_else_the_champion(wines, champion, tmp_path):
    """By folder, by address, and by the registry, which is asked only then."""

    def nobody() -> ModelVersion:
        raise AssertionError("the registry was asked")

    place = champion.bundle
    for given, ask in ((place, nobody), (f"file://{place}", nobody), (None, lambda: champion)):
        with monitoring.monitored(given, champion.digest, ask) as found:
            assert found.bundle.version == "v2"
            assert found.profile == {"rows": 178} and found.evaluation == {}
            pd.testing.assert_frame_equal(found.rows, wines.frame)
            folder = found.bundle.folder
        # What was fetched is removed again.
        assert folder.exists() is not str(given).startswith("file:")


def test_another_bundle_than_the_released_one_is_refused(champion):
    with (
        pytest.raises(BundleError, match="expected sha256:0123"),
        monitoring.monitored(champion.bundle, "sha256:0123", lambda: None),
    ):
        pass


def test_without_anything_to_monitor_it_says_what_to_do():
    with (
        pytest.raises(monitoring.MonitoringError, match="`make train`"),
        monitoring.monitored(None, None, lambda: None),
    ):
        pass


def test_the_evaluation_of_a_bundle_is_read(wines, champion, tmp_path):
    model = training.fit(wines.frame, wines.schema, training.ModelSettings(kind="linear"))
    files = {
        "reference/sample.parquet": tmp_path / "sample.parquet",
        "reference/profile.json": b"{}",
        "evaluation.json": b'{"metrics": {"accuracy": 0.5}}',
    }
    place, digest = publish(tmp_path, "wines", "v3", model, wines.schema, files, {})

    found = monitoring.reference_in(place, digest)

    assert found.evaluation == {"metrics": {"accuracy": 0.5}}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_batch_is_read_as_the_schema_says(wines, tmp_path, suffix):
    path = tmp_path / f"batch.{suffix}"
    write = wines.frame.to_csv if suffix == "csv" else wines.frame.to_parquet
    write(path, index=False)

    rows = monitoring.read_batch(path, wines.schema, PARAMS)

    # Target and id may be there, and are left out.
    features = wines.frame[wines.schema.feature_names]
    pd.testing.assert_frame_equal(rows, features, check_dtype=False)
    assert rows["code"].dropna().isin(["007", "070", "700"]).all()


def test_raw_names_become_those_of_the_schema(wines, tmp_path):
    raw = wines.frame.rename(columns={"ash": "Ash (g/l)", "code": "CODE"}).assign(comment="free")
    raw.drop(columns=["cultivar", "bottle"]).to_csv(tmp_path / "batch.csv", index=False)
    rename = {"Ash (g/l)": "ash", "CODE": "code", "not in batches": "cultivar"}
    prepare = {"rename": rename, "drop_columns": ["comment", "not there"]}
    params = Params.model_validate({"source": {"kind": "example"}, "prepare": prepare})

    rows = monitoring.read_batch(tmp_path / "batch.csv", wines.schema, params)

    assert list(rows.columns) == wines.schema.feature_names
    assert "007" in set(rows["code"])


@pytest.mark.parametrize("name", ["nowhere.csv", "folder", "rows.xlsx"])
def test_a_batch_that_cannot_be_read_is_named(wines, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "rows.xlsx").write_bytes(b"")

    with pytest.raises(monitoring.MonitoringError, match=rf"no batch .*{name}; name a \.csv or"):
        monitoring.read_batch(tmp_path / name, wines.schema, PARAMS)
