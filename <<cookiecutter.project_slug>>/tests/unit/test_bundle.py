"""Bundles: whole or not there, and every kind of alteration found."""

import hashlib
import json
import multiprocessing
import shutil
from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import bundle

MANIFEST = {"name": "wines", "version": "v7", "task": "classification", "metrics": {"f1": 0.5}}
FILES = {
    "schema.json": b"{}",
    "model/model.joblib": b"model",
    "reports/drift.html": "<p>größer</p>".encode(),
}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return filled(tmp_path / "content")


def filled(folder: Path, **more: bytes) -> Path:
    for name, data in (FILES | more).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rewrite(place: Path, **changes: object) -> dict[str, object]:
    """Alter the manifest and give it a digest that fits again."""
    manifest = json.loads((place / "bundle.json").read_text()) | changes
    manifest["digest"] = bundle.manifest_digest(manifest)
    (place / "bundle.json").chmod(0o644)
    (place / "bundle.json").write_text(json.dumps(manifest))
    return manifest


def test_a_bundle_lies_where_its_digest_says_and_declares_every_file(content, tmp_path):
    place = bundle.write_bundle(tmp_path / "store", MANIFEST, content)

    manifest = bundle.verify_bundle(place)
    assert place == tmp_path / "store" / "wines" / manifest["digest"][7:23]
    assert contents(place).keys() == FILES.keys() | {"bundle.json"}
    assert manifest.items() >= MANIFEST.items()
    assert manifest["format"] == 1
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in FILES.items()
    }
    assert list((tmp_path / "store" / "wines").iterdir()) == [place]


def test_the_digest_is_that_of_the_manifest_in_one_spelling():
    manifest = {"b": [1, "größe"], "a": None, "digest": "ignored"}

    text = '{"a":null,"b":[1,"größe"]}'
    assert bundle.manifest_digest(manifest) == (
        "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    )


def test_the_same_content_is_written_once(content, tmp_path):
    store = tmp_path / "store"
    place = bundle.write_bundle(store, MANIFEST, content)
    before = (place / "bundle.json").stat()

    again = bundle.write_bundle(store, dict(reversed(MANIFEST.items())), content)

    assert again == place
    assert (place / "bundle.json").stat() == before
    assert bundle.write_bundle(store, MANIFEST | {"version": "v8"}, content) != place
    filled(content, more=b"1")
    assert bundle.write_bundle(store, MANIFEST, content) != place


def test_a_damaged_bundle_is_not_taken_for_the_same_content(content, tmp_path):
    place = bundle.write_bundle(tmp_path, MANIFEST, content)
    (place / "schema.json").unlink()

    with pytest.raises(bundle.BundleError, match="schema.json is missing"):
        bundle.write_bundle(tmp_path, MANIFEST, content)


def test_the_files_of_a_bundle_are_read_only(content, tmp_path):
    place = bundle.write_bundle(tmp_path / "store", MANIFEST, content)

    assert {path.stat().st_mode & 0o777 for path in place.rglob("*") if path.is_file()} == {0o444}
    # Those that it was made from are the caller's.
    assert (content / "schema.json").stat().st_mode & 0o200


def alter(place: Path) -> None:
    (place / "schema.json").chmod(0o644)
    (place / "schema.json").write_bytes(b"[]")


def lose(place: Path) -> None:
    (place / "model" / "model.joblib").unlink()


def add(place: Path) -> None:
    (place / "model" / "other.joblib").write_bytes(b"")


def alter_manifest(place: Path) -> None:
    text = (place / "bundle.json").read_text()
    (place / "bundle.json").chmod(0o644)
    (place / "bundle.json").write_text(text.replace('"v7"', '"v8"'))


def lose_manifest(place: Path) -> None:
    (place / "bundle.json").unlink()


def break_manifest(place: Path) -> None:
    (place / "bundle.json").chmod(0o644)
    (place / "bundle.json").write_text('{"format": 1,')


def garble_manifest(place: Path) -> None:
    (place / "bundle.json").chmod(0o644)
    (place / "bundle.json").write_bytes(b"\xff\xfe")


def list_manifest(place: Path) -> None:
    (place / "bundle.json").chmod(0o644)
    (place / "bundle.json").write_text("[]")


def later_format(place: Path) -> None:
    rewrite(place, format=2)


@pytest.mark.parametrize(
    ("damage", "name", "message"),
    [
        (alter, "schema.json", "was altered: its SHA-256 differs from bundle.json"),
        (lose, "model/model.joblib", "is missing"),
        (add, "model/other.joblib", "does not belong to the bundle"),
        (alter_manifest, "bundle.json", "was altered: its digest does not fit its content"),
        (lose_manifest, "", "is no bundle: bundle.json is missing"),
        (break_manifest, "bundle.json", "is not valid JSON: Expecting property name"),
        (garble_manifest, "bundle.json", "is not valid JSON: 'utf-8' codec"),
        (list_manifest, "bundle.json", "is not of bundle format 1"),
        (later_format, "bundle.json", "is not of bundle format 1"),
    ],
)
def test_every_damage_is_found_and_named(content, tmp_path, damage, name, message):
    place = bundle.write_bundle(tmp_path, MANIFEST, content)
    damage(place)

    with pytest.raises(bundle.BundleError) as caught:
        bundle.verify_bundle(place)

    assert str(caught.value).startswith(f"{place / name} {message}")


def test_a_bundle_that_is_whole_but_another_one_is_refused(content, tmp_path):
    place = bundle.write_bundle(tmp_path, MANIFEST, content)
    digest = bundle.verify_bundle(place)["digest"]
    assert bundle.verify_bundle(place, digest)["digest"] == digest

    other = rewrite(place, version="v8")["digest"]

    assert bundle.verify_bundle(place)["version"] == "v8"
    with pytest.raises(bundle.BundleError, match=f"holds {other}, expected {digest}"):
        bundle.verify_bundle(place, digest)


@pytest.mark.parametrize("where", ["nowhere", "content/schema.json"])
def test_a_place_without_bundle_is_named(content, tmp_path, where):
    with pytest.raises(bundle.BundleError, match="is no bundle: bundle.json is missing"):
        bundle.verify_bundle(tmp_path / where)


def test_nothing_unverified_is_loaded(content, tmp_path, monkeypatch):
    place = bundle.write_bundle(tmp_path, MANIFEST, content)
    alter(place)
    monkeypatch.setattr(bundle, "load_predictor", None)
    monkeypatch.setattr(bundle, "Schema", None)

    with pytest.raises(bundle.BundleError, match="schema.json was altered"):
        bundle.load_bundle(place)


def test_two_writers_of_the_same_content_agree(content, tmp_path, monkeypatch):
    written = []

    def overtaken(source: Path, target: Path) -> None:
        monkeypatch.undo()
        written.append(bundle.write_bundle(tmp_path, MANIFEST, content))
        shutil.copytree(source, target)

    monkeypatch.setattr(bundle.shutil, "copytree", overtaken)

    assert bundle.write_bundle(tmp_path, MANIFEST, content) == written[0]
    assert list((tmp_path / "wines").iterdir()) == written


def write_with_others(start, store: Path, content: Path, answers) -> None:
    places = []
    for version in range(20):
        start.wait(timeout=60)
        manifest = MANIFEST | {"version": f"v{version}"}
        places.append(str(bundle.write_bundle(store, manifest, content)))
    answers.put(places)


def test_processes_that_write_at_once_leave_one_whole_bundle_each(content, tmp_path):
    processes = multiprocessing.get_context("spawn")
    start, answers = processes.Barrier(2), processes.Queue()
    arguments = (start, tmp_path / "store", content, answers)
    writers = [processes.Process(target=write_with_others, args=arguments) for _ in range(2)]
    for writer in writers:
        writer.start()
    first, second = (answers.get(timeout=60) for _ in writers)
    for writer in writers:
        writer.join(timeout=60)

    assert [writer.exitcode for writer in writers] == [0, 0]
    assert first == second
    assert len(set(first)) == 20
    assert sorted(map(str, (tmp_path / "store" / "wines").iterdir())) == sorted(first)
    for place in first:
        bundle.verify_bundle(Path(place))


def test_a_full_disk_leaves_nothing_behind(content, tmp_path, full_disk):
    filled(content, large=bytes(10_000))

    with full_disk(), pytest.raises(bundle.BundleError) as caught:
        bundle.write_bundle(tmp_path / "store", MANIFEST, content)

    message, place = str(caught.value), tmp_path / "store" / "wines"
    assert message.startswith(f"the bundle could not be written to {place}/")
    assert "File too large" in message
    assert "choose another BUNDLE_STORE" in message
    assert list(place.iterdir()) == []


def test_a_store_that_cannot_be_made_is_named(content, tmp_path):
    (tmp_path / "store").write_text("a file")

    with pytest.raises(bundle.BundleError, match="could not be written to .*/store/wines/"):
        bundle.write_bundle(tmp_path / "store", MANIFEST, content)


def test_model_format_of_a_later_version_is_named(tumours, tmp_path):
    content = tmp_path / "content"
    content.mkdir()
    (content / "schema.json").write_bytes(tumours.schema.to_json())
    manifest = {"name": "mine", "version": "v1", "model_format": "carved in stone"}
    place = bundle.write_bundle(tmp_path / "store", manifest, content)
    with pytest.raises(bundle.BundleError, match="unknown model format 'carved in stone'"):
        bundle.load_bundle(place)
