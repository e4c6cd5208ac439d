"""Release files: exact bytes, nothing that can move, and errors that say what to do."""

from dataclasses import fields

import pytest
import yaml
from project import release

from <<cookiecutter.package_name>>.promotion.release import (
    Release,
    ReleaseError,
    id_in,
    parse_release,
)

WHERE = "gitops/overlays/dev/release.yaml"
DIGEST = "sha256:" + "0a" * 32


def test_the_file_is_what_it_is():
    found = release(7).to_yaml().decode()

    assert (
        found
        == f"""\
# Written by `make release` and by promotions. Equal files are equal releases; the id covers every \
other field.
apiVersion: v1
kind: ConfigMap
metadata:
  name: release
data:
  release: "{release(7).id}"
  model: "credit-risk"
  modelVersion: "v7"
  bundleUri: "s3://team/bundles/credit-risk/0000000700000007"
  bundleDigest: "sha256:{"00000007" * 8}"
  image: "registry.example.com:5000/team/credit-risk@sha256:{"00000007" * 8}"
  run: "{"00000007" * 4}"
  dataRevision: "data-2026-11"
  dataHash: "md5:{"00000007" * 4}"
  commit: "{"00000007" * 5}"
"""
    )
    assert len(yaml.safe_load(found)["data"]) == len(fields(Release)) + 1
    assert parse_release(found.encode(), WHERE) == release(7)


def test_the_id_fits_a_label_and_covers_every_field():
    assert release(7).id == "v7-" + release(7).id[3:]
    assert len(release(7).id) == 15
    others = [release(7, run="other"), release(7, data_revision="v2"), release(8)]
    assert len({release(7).id, *(other.id for other in others)}) == 4
    assert release(7).id == release(7).id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": "registry.example.com/team/credit-risk:v7"}, "docker inspect"),
        ({"image": "registry.example.com/team/credit-risk:latest"}, "without a tag"),
        ({"image": f"registry.example.com/team/credit-risk:v7@{DIGEST}"}, "without a tag"),
        ({"image": f"credit-risk@{DIGEST}"}, "registry/name"),
        ({"bundle_uri": "models:/credit-risk@champion"}, "an alias can be moved"),
        ({"bundle_uri": "models:/credit-risk/0000000700000007"}, "a URI that ends"),
        ({"bundle_uri": "runs://abc/0000000700000007"}, "the registry can point it elsewhere"),
        ({"bundle_uri": "s3://team/bundles/credit-risk/latest"}, "a URI that ends"),
        ({"bundle_uri": "s3://team/bundles/credit-risk/0000000800000008"}, "must end with /0000"),
        ({"bundle_digest": "sha256:short"}, "64 hex digits"),
        ({"model_version": "7"}, "spelled v7"),
        ({"model_version": "v0"}, "spelled v7"),
        ({"model": "Credit Risk"}, "lower-case"),
        ({"commit": "0" * 40 + "-dirty"}, "commit them and train again"),
        ({"commit": "unknown"}, "GIT_COMMIT"),
        ({"commit": "main"}, "whole commit id"),
        ({"run": 'x"\ny'}, "MLflow run id"),
        ({"data_revision": "work tree"}, "tag or commit"),
        ({"data_hash": "sha1:abc"}, "md5:"),
        ({"commit": None}, "whole commit id"),
    ],
)
def test_what_can_move_or_cannot_be_found_again_is_refused(change, words):
    with pytest.raises(ReleaseError, match=words.replace("(", r"\(")):
        release(7, **change)


def edited(old: str, new: str) -> bytes:
    text = release(7).to_yaml().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (edited('modelVersion: "v7"', 'modelVersion: "v8"'), "changed by hand"),
        (edited('modelVersion: "v7"', "modelVersion: 7"), "modelVersion is 7"),
        (edited('modelVersion: "v7"', "modelVersion: v7"), "another form"),
        (edited('modelVersion: "v7"', 'modelVersion: "v7" # mine'), "another form"),
        (edited("\ndata:\n", "\ndata:\n  extra: x\n"), "unknown extra"),
        (edited('  run: "', '  gone: "'), "unknown gone and missing run"),
        (edited('  model: "credit-risk"\n', ""), "missing model"),
        (edited("name: release\n", "name: release\n  labels: {a: b}\n"), "another form"),
        (edited("sha256:00000007", "sha256:00000008"), "must end with"),
        (edited("\ndata:", "\ndata: ["), "not valid YAML"),
        (b"", "no mapping `data`"),
        (b"- a\n", "no mapping `data`"),
        (b"\xff\xfe\x00", "not valid YAML"),
        (b'data: {"a": \x00}', "not valid YAML"),
        (release(7).to_yaml().replace(b"\n", b"\r\n"), "another form"),
        (release(7).to_yaml() + b"---\na: b\n", "not valid YAML"),
        (release(7).to_yaml()[:-30], "not valid YAML|commit is"),
    ],
)
def test_a_file_broken_by_hand_is_named_with_the_way_out(content, words):
    with pytest.raises(ReleaseError, match=words) as raised:
        parse_release(content, WHERE)

    assert str(raised.value).startswith(WHERE)
    assert "restore it from git" in str(raised.value)


def test_only_the_comment_at_the_top_may_be_worded_anew():
    text = release(7).to_yaml()
    other = b"# Another wording.\n" + text.split(b"\n", 1)[1]

    assert parse_release(other, WHERE) == release(7)


def test_the_id_of_a_broken_file_can_still_be_told():
    assert id_in(edited('modelVersion: "v7"', "modelVersion: 8")) == release(7).id
    assert id_in(None) is None
    assert id_in(b"nothing") is None
