"""Bundles reach the store once, whole, and are never overwritten."""

import json

import fsspec
import pytest

from <<cookiecutter.package_name>>.bundle import BundleError, verify_bundle, write_bundle
from <<cookiecutter.package_name>>.bundle_store import (
    BundleStoreError,
    fetch_bundle,
    store_bundle,
)


@pytest.fixture
def bundle(tmp_path):
    content = tmp_path / "content"
    (content / "model").mkdir(parents=True)
    (content / "model" / "model.joblib").write_bytes(b"weights" * 1000)
    (content / "schema.json").write_text("{}")
    return write_bundle(tmp_path / "bundles", {"name": "credit-risk", "version": "v7"}, content)


@pytest.fixture(params=["file", "memory"])
def uri(request, tmp_path, bundle):
    yield f"{request.param}://{tmp_path}/store/{bundle.name}"
    fsspec.filesystem("memory").store.clear()


def stored(uri):
    store, place = fsspec.core.url_to_fs(uri)
    return {name.rpartition(f"{place}/")[2]: store.cat_file(name) for name in store.find(place)}


def test_it_is_copied_once(bundle, uri):
    assert store_bundle(bundle, uri) is True
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*")}
    whole = {name: path.read_bytes() for name, path in files.items() if path.is_file()}
    assert stored(uri) == whole
    assert store_bundle(bundle, uri) is False


@pytest.mark.parametrize("gone", ["bundle.json", "schema.json"])
def test_a_copy_that_was_cut_off_is_continued(bundle, uri, gone):
    store_bundle(bundle, uri)
    store, place = fsspec.core.url_to_fs(uri)
    store.rm_file(f"{place}/{gone}")
    store.pipe_file(f"{place}/model/model.joblib", b"half")

    assert store_bundle(bundle, uri) is True
    assert stored(uri)["model/model.joblib"] == b"weights" * 1000
    assert gone in stored(uri)


def test_another_bundle_is_not_overwritten(bundle, uri):
    store_bundle(bundle, uri)
    store, place = fsspec.core.url_to_fs(uri)
    store.pipe_file(f"{place}/bundle.json", json.dumps({"digest": "another"}).encode())
    before = stored(uri)

    with pytest.raises(BundleStoreError, match="holds another bundle; a bundle is never overwr"):
        store_bundle(bundle, uri)
    assert stored(uri) == before


def test_a_volume_is_only_named(bundle):
    assert store_bundle(bundle, f"pvc://bundles/credit-risk/{bundle.name}") is False


def test_a_damaged_bundle_goes_nowhere(bundle, uri):
    file = bundle / "schema.json"
    file.chmod(0o644)
    file.write_text("[]")

    with pytest.raises(BundleError, match="was altered"):
        store_bundle(bundle, uri)
    assert stored(uri) == {}


@pytest.mark.parametrize("address", ["ftp://host/x", "models://x/y", "bundles/x", ""])
def test_an_address_that_is_no_store(bundle, address):
    with pytest.raises(BundleStoreError, match=r"use one of s3://, gs://, az://, abfs://"):
        store_bundle(bundle, address)


def test_a_client_that_is_not_installed(bundle, monkeypatch):
    def absent(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", absent)
    with pytest.raises(BundleStoreError, match="Install s3fs.*`make setup`"):
        store_bundle(bundle, "s3://bucket/x")


def test_a_store_that_refuses(bundle, uri, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("403 Forbidden")

    kind = type(fsspec.core.url_to_fs(uri)[0])
    monkeypatch.setattr(kind, "pipe_file", refuse)
    with pytest.raises(BundleStoreError, match="PermissionError: 403 Forbidden; check the bucket"):
        store_bundle(bundle, uri)


def test_a_bundle_is_fetched_as_it_was_stored(bundle, uri, tmp_path):
    store_bundle(bundle, uri)

    fetched = fetch_bundle(uri, tmp_path / "fetched")

    assert verify_bundle(fetched) == verify_bundle(bundle)


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("file:///nowhere/at/all", "there is no bundle at file:///nowhere/at/all"),
        ("pvc://claim/wines", "pvc:// is not known"),
    ],
)
def test_a_bundle_that_cannot_be_fetched_is_named(tmp_path, uri, message):
    with pytest.raises(BundleStoreError, match=message):
        fetch_bundle(uri, tmp_path / "fetched")
