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
    bundle, rows, profile = monitoring.reference_of(champion)

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
