"""From the champion to a release: what is named, what is refused, what is recorded."""

import json
import subprocess

import pytest

from <<cookiecutter.package_name>>.promotion.record import RecordError
from <<cookiecutter.package_name>>.promotion.release import ReleaseError
from <<cookiecutter.package_name>>.promotion.releasing import (
    champion_of,
    folder_of,
    load_places,
    make_record,
    make_release,
)
from <<cookiecutter.package_name>>.registry import ModelVersion, Registry, RegistryError
from <<cookiecutter.package_name>>.settings import load_settings

IMAGE = "registry.example.com:5000/team/credit-risk"
DIGEST = "sha256:" + "0a" * 32
HASH = "a" * 32
CHAMPION = ModelVersion("credit-risk", "v7", "r" * 32, "/nowhere/bundle", "sha256:" + "1" * 64)


@pytest.fixture
def settings(project):
    """A project that says where images and bundles live, and has its data committed."""
    (project.root / "configs").mkdir()
    (project.root / "configs" / "release.yaml").write_text(
        f"image: {IMAGE}\nbundles: s3://team/bundles/\n"
    )
    (project.root / "configs" / "training.yaml").write_text(
        "parameters: {gate: {champion: {metric: roc_auc}}}\n"
    )
    (project.root / "dvc.lock").write_text(f"stages: {{prepare: {{outs: [{{md5: {HASH}}}]}}}}\n")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message", "Data")
    return load_settings()


def manifest(settings, **changes):
    done = subprocess.run(
        ["git", "-C", settings.root, "rev-parse", "HEAD"], capture_output=True, text=True
    )
    facts = {
        "digest": CHAMPION.digest,
        "data": {"revision": "work tree", "hash": HASH},
        "commit": done.stdout.strip(),
    }
    return {**facts, **changes}


def made(settings, image=f"{IMAGE}@{DIGEST}", uri=None, **changes):
    return make_release(settings, CHAMPION, manifest(settings, **changes), image, uri)


def test_everything_is_named_for_good(settings):
    found = made(settings)

    assert found.image == f"{IMAGE}@{DIGEST}"
    assert found.bundle_uri == f"s3://team/bundles/credit-risk/{'1' * 16}"
    assert (found.model, found.model_version, found.run) == ("credit-risk", "v7", "r" * 32)
    assert found.data_revision == found.commit
    assert found.data_hash == f"md5:{HASH}"
    assert made(settings, image=DIGEST) == found
    assert made(settings, uri=f"gs://other/{'1' * 16}").bundle_uri == f"gs://other/{'1' * 16}"


def test_a_revision_that_was_asked_for_is_kept(settings):
    data = {"revision": "data-2026-11", "hash": f"md5:{HASH}"}

    assert made(settings, data=data).data_revision == "data-2026-11"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (f"{IMAGE}:latest", "a tag can be moved"),
        (IMAGE, "a tag can be moved"),
        (f"other.example.com/x@{DIGEST}", "says that images live in"),
        (f"{IMAGE}@sha256:short", "an image by digest"),
        ("", "a tag can be moved"),
    ],
)
def test_an_image_that_can_move_is_refused(settings, image, words):
    with pytest.raises(ReleaseError, match=words):
        made(settings, image=image)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"commit": "unknown"}, "does not record"),
        ({"commit": "0" * 40 + "-dirty"}, "does not record"),
        ({"data": {"revision": "work tree", "hash": "b" * 32}}, "make push-data"),
        ({"data": {"revision": "v1", "hash": HASH}, "commit": "0" * 40 + "-dirty"}, "uncommitted"),
    ],
)
def test_what_cannot_be_made_again_is_refused(settings, changes, words):
    with pytest.raises(ReleaseError, match=words):
        made(settings, **changes)


@pytest.mark.parametrize(
    "text",
    ["image: x\n", "[]\n", "image: [\n", "", f"image: {IMAGE}:v1\nbundles: s3://x\n"]
    + [f"image: {IMAGE}@{DIGEST}\nbundles: s3://x\n", "image: 5\nbundles: 6\n"],
)
def test_a_wrong_file_of_places_is_named(tmp_path, text):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "release.yaml").write_text(text)

    with pytest.raises(ReleaseError, match=r"configs/release.yaml.* must (hold|be)"):
        load_places(tmp_path)


def test_no_file_of_places(tmp_path):
    with pytest.raises(ReleaseError, match="configs/release.yaml must hold image and bundles"):
        load_places(tmp_path)


def test_a_model_that_nobody_registered(settings, monkeypatch):
    monkeypatch.setattr(Registry, "champion", lambda self: None)
    with pytest.raises(RegistryError, match="no champion of .*MODEL_NAME names another"):
        champion_of(settings)
    monkeypatch.setattr(Registry, "champion", lambda self: CHAMPION)
    assert champion_of(settings) == CHAMPION


def test_a_bundle_on_another_machine(tmp_path):
    with pytest.raises(ReleaseError, match="at /nowhere/bundle, which is not on this machine"):
        folder_of(CHAMPION)
    with pytest.raises(ReleaseError, match="recorded at no place"):
        folder_of(ModelVersion("credit-risk", "v7", "r", "", ""))
    assert folder_of(ModelVersion("credit-risk", "v7", "r", str(tmp_path), "")) == tmp_path


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    (folder / "reference").mkdir(parents=True)
    evaluation = {
        "rows": 142,
        "metrics": {"accuracy": 0.9, "roc_auc": 0.98},
        "baseline": {"accuracy": 0.6, "roc_auc": 0.5},
        "intervals": {"accuracy": [0.8, 0.95], "roc_auc": [0.97, 0.99]},
        "gate": {"checks": [], "difference": None},
        "drift": "no drift",
    }
    (folder / "evaluation.json").write_text(json.dumps(evaluation))
    (folder / "reference" / "profile.json").write_text('{"rows": 569}')
    return folder


def test_the_record_says_how_good_it_is(settings, project, bundle):
    found = make_record(settings, made(settings), bundle, None, project.now, "Ann")

    assert found.primary == "roc_auc"
    assert found.higher_is_better == {"accuracy": True, "roc_auc": True}
    assert found.data["rows"] == 569
    assert (found.created_at, found.created_by) == ("2026-11-24T09:30:00+00:00", "Ann")
    (settings.root / "configs" / "training.yaml").unlink()
    again = make_record(settings, made(settings), bundle, None, project.now, "Ann")
    assert again.primary == "accuracy"


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_result_that_cannot_be_read(settings, project, bundle, tmp_path, text):
    result = tmp_path / "result.json"
    if text is not None:
        result.write_text(text)

    with pytest.raises(RecordError, match="result.json (cannot be read|must hold)"):
        make_record(settings, made(settings), bundle, result, project.now, "Ann")
