"""Texts that YAML could take for numbers, dates or nothing, on their way through kustomize."""

import pytest
import yaml
from combinations import Combination, apply, build, example_release
from rules import model, predictors


@pytest.mark.parametrize("digits", ["0123456789", "12e5678901", "0000000000", "1_000_0000"])
def test_texts_that_look_like_numbers_stay_texts(digits, copy, kustomize):
    release = example_release(7).to_yaml().decode()
    commit = (digits * 4)[:40]
    overlay = apply(Combination("dev"), copy, example_release(7), example_release(8))
    path = overlay / "release.yaml"
    path.write_text(release.replace("1234567890" * 4, commit), "utf-8")
    (shown,) = [
        item["data"]["commit"]
        for item in yaml.safe_load_all(build(kustomize, overlay))
        if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "release")
    ]
    assert shown == commit


@pytest.mark.parametrize("value", ["1234567", "12e5", "0x1F", "true", "null", "2026-01-01"])
def test_replaced_values_that_look_like_numbers_stay_texts(value, copy, kustomize):
    overlay = apply(Combination("dev"), copy, example_release(7), example_release(8))
    path = overlay / "release.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    content["data"] |= {"release": value, "modelVersion": value}
    path.write_text(yaml.safe_dump(content), "utf-8")
    objects = list(yaml.safe_load_all(build(kustomize, overlay)))
    predictor = predictors(objects)["default"]
    assert model(objects)["metadata"]["labels"]["mlops/release"] == value
    assert predictor["labels"]["mlops/release"] == predictor["annotations"]["version"] == value
