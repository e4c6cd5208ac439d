"""Bundles in real servers of the three object stores."""

import object_stores
import pytest

from <<cookiecutter.package_name>>.bundle import write_bundle
from <<cookiecutter.package_name>>.bundle_store import BundleStoreError, store_bundle

ADDRESSES = {"s3": "s3://data", "gcs": "gs://data", "azure": "az://data"}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_bundle_is_copied_once(tmp_path, monkeypatch, kind):
    content = tmp_path / "content"
    (content / "model").mkdir(parents=True)
    (content / "model" / "model.joblib").write_bytes(b"weights" * 1000)
    bundle = write_bundle(tmp_path / "store", {"name": "credit-risk", "version": "v7"}, content)
    with getattr(object_stores, kind)(tmp_path) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        uri = f"{ADDRESSES[kind]}/bundles/credit-risk/{bundle.name}"

        assert store_bundle(bundle, uri) is True
        assert store_bundle(bundle, uri) is False

        for name, value in store.wrong.items():
            monkeypatch.setenv(name, value)
        if store.wrong:
            with pytest.raises(BundleStoreError, match="was not stored at"):
                store_bundle(bundle, f"{ADDRESSES[kind]}/elsewhere/{bundle.name}")


def test_a_bucket_that_does_not_exist(tmp_path, monkeypatch):
    content = tmp_path / "content"
    content.mkdir()
    (content / "a").write_bytes(b"a")
    bundle = write_bundle(tmp_path / "store", {"name": "credit-risk", "version": "v7"}, content)
    with object_stores.s3(tmp_path) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BundleStoreError, match="not stored at s3://absent.*check the bucket"):
            store_bundle(bundle, f"s3://absent/bundles/{bundle.name}")
