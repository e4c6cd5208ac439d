"""The component by itself, in the environment of seldon-core."""

import pickle
import sys

import numpy as np
import pytest

from <<cookiecutter.package_name>>.serving.numpy_pickles import read_generators_of_numpy_2
from <<cookiecutter.package_name>>.serving.seldon_component import Refused, SeldonComponent


@pytest.fixture(scope="module")
def component(bundles):
    found = SeldonComponent(bundle=f"file://{bundles['mixed']}")
    found.load()
    return found


def test_it_knows_nothing_of_mlserver():
    assert "mlserver" not in sys.modules


def test_texts_are_numbers_where_the_schema_says_so(component):
    """NumPy makes texts of everything as soon as one cell is a text."""
    row = np.array([["500.0", "3", "True", "süd", "a"]])
    plain = np.array([[500.0, 3, True, "süd", "a"]], dtype=object)
    names = ["income", "visits", "member", "region", "plan"]
    assert np.array_equal(component.predict(row, names).data, component.predict(plain, []).data)


@pytest.mark.parametrize("truth", [1, "1", "true", True])
def test_booleans(component, truth):
    names = ["income", "visits", "member", "region", "plan"]
    row = np.array([[500.0, 3, truth, "süd", "a"]], dtype=object)
    assert component.predict(row, names).data.shape == (1, 2)


def test_what_is_no_boolean(component):
    row = np.array([[500.0, 3, "perhaps", "süd", "a"]], dtype=object)
    with pytest.raises(Refused) as caught:
        component.predict(row, [])
    assert caught.value.status_code == 400
    assert str(caught.value).endswith("(code wrong_type)")


def test_before_it_is_loaded(bundles):
    component = SeldonComponent(bundle=str(bundles["mixed"]))
    for call in (component.health_status, lambda: component.predict(np.zeros((1, 5)), [])):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.status_code == 503


def test_without_a_bundle(monkeypatch):
    monkeypatch.delenv("SELDON_BUNDLE", raising=False)
    with pytest.raises(SystemExit, match="SELDON_BUNDLE"):
        SeldonComponent()


def test_generators_of_this_numpy_are_still_read():
    read_generators_of_numpy_2()
    read_generators_of_numpy_2()
    generator = np.random.default_rng(seed=3)
    copy = pickle.loads(pickle.dumps(generator))
    assert copy.integers(1000) == generator.integers(1000)
