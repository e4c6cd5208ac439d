"""The environments agree where a model passes from one to the other."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
ENVIRONMENTS = ("train", "dev", "serve", "client", "seldon", "test", "uv")


def locked(name: str) -> dict[str, str]:
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ \\\n]+)", text, re.MULTILINE))


@pytest.mark.parametrize("package", ["numpy", "pandas", "scikit-learn", "scipy", "joblib"])
def test_model_is_served_by_what_trained_it(package):
    assert locked("serve")[package] == locked("train")[package] == locked("dev")[package]


def test_seldon_environment_reads_the_same_models():
    assert locked("seldon")["scikit-learn"] == locked("train")["scikit-learn"]
    assert locked("seldon")["seldon-core"].startswith("1.")


def test_dev_holds_all_of_train():
    assert locked("train").items() <= locked("dev").items()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_everything_is_hashed_and_no_index_is_named(name):
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    entries = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert entries and len(locked(name)) == len(entries)
    assert text.count(" \\\n    --hash=sha256:") >= len(entries)
    assert "index-url" not in text and "://" not in text


def test_tests_fit_into_the_serving_environments():
    for place in ("serve", "seldon"):
        both = locked("test").keys() & locked(place).keys()
        assert {name: locked("test")[name] for name in both} == {
            name: locked(place)[name] for name in both
        }
