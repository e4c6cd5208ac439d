"""From a fitted model to a bundle, and back to the same predictions."""

import importlib.util
import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from <<cookiecutter.package_name>> import publishing
from <<cookiecutter.package_name>>.bundle import BundleError, load_bundle
from <<cookiecutter.package_name>>.features import encode_target, to_matrix
from <<cookiecutter.package_name>>.models import build_model
from <<cookiecutter.package_name>>.predictor import SklearnPredictor

FACTS = {
    "run_id": "0123abcd",
    "data": {"revision": "v1", "hash": "d41d8cd9"},
    "commit": "c0ffee",
    "metrics": {"f1": 0.5},
}


def fitted(case):
    model = build_model("linear", case.schema, {}, 0)
    return model.fit(to_matrix(case.frame, case.schema), encode_target(case.frame, case.schema))


@pytest.mark.parametrize("name", ["tumours", "wines", "diabetes"])
def test_what_was_published_predicts_as_before(request, name, tmp_path):
    case = request.getfixturevalue(name)
    model, matrix = fitted(case), to_matrix(case.frame, case.schema)

    place, digest = publishing.publish(tmp_path, "mine", "v3", model, case.schema, {}, FACTS)
    loaded = load_bundle(place, digest)

    before, after = (
        predictor.predict(matrix)
        for predictor in (SklearnPredictor(model, case.schema), loaded.predictor)
    )
    assert np.array_equal(before.labels, after.labels)
    assert np.array_equal(before.probabilities, after.probabilities)
    assert loaded.schema == case.schema
    assert (loaded.folder, loaded.name, loaded.version) == (place, "mine", "v3")


def test_the_manifest_says_who_from_what_and_with_what(diabetes, tmp_path):
    place, digest = publishing.publish(
        tmp_path, "mine", "v3", fitted(diabetes), diabetes.schema, {}, FACTS
    )

    manifest = json.loads((place / "bundle.json").read_text())
    created, files = manifest.pop("created_at"), manifest.pop("files")
    assert manifest == FACTS | {
        "format": 1,
        "name": "mine",
        "version": "v3",
        "task": "regression",
        "model_format": "sklearn",
        "packages": {name: version(name) for name in ("scikit-learn", "numpy", "pandas")},
        "digest": digest,
    }
    assert files.keys() == {"model/model.joblib", "model-settings.json", "schema.json"}
    age = datetime.now(UTC) - datetime.fromisoformat(created)
    assert -1 <= age.total_seconds() < 60


def test_further_files_come_as_bytes_or_from_a_path(diabetes, tmp_path):
    (tmp_path / "sample.parquet").write_bytes(b"rows")
    files = {
        "reports/drift.html": b"<p>",
        "reference/sample.parquet": tmp_path / "sample.parquet",
    }

    place, _ = publishing.publish(
        tmp_path / "store", "mine", "v3", fitted(diabetes), diabetes.schema, files, FACTS
    )

    assert (place / "reports" / "drift.html").read_bytes() == b"<p>"
    assert (place / "reference" / "sample.parquet").read_bytes() == b"rows"
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["mine"]


def test_a_server_finds_its_settings_in_the_bundle(diabetes, tmp_path):
    place, _ = publishing.publish(
        tmp_path, "mine", "v3", fitted(diabetes), diabetes.schema, {}, FACTS
    )

    settings = json.loads((place / "model-settings.json").read_text())
    module, _, name = settings.pop("implementation").rpartition(".")
    assert settings == {"name": "mine", "parameters": {"uri": ".", "version": "v3"}}
    # Looked at and not imported: the server's libraries are not in this environment.
    found = importlib.util.find_spec(module)
    assert f"class {name}(" in Path(found.origin).read_text()


def test_a_full_disk_leaves_nothing_behind(diabetes, tmp_path, full_disk):
    model, files = fitted(diabetes), {"reports/drift.html": bytes(10_000)}

    with full_disk(), pytest.raises(BundleError) as caught:
        publishing.publish(tmp_path, "mine", "v1", model, diabetes.schema, files, FACTS)

    reason = f"the bundle could not be written to {tmp_path}/mine: File too large"
    assert str(caught.value).startswith(reason)
    assert list(tmp_path.iterdir()) == []
