"""Components: each one's effect, by itself and with all others, on every overlay."""

import combinations
import pytest
from combinations import ENVIRONMENTS, Combination
from effects import EFFECTS
from test_overlays import settings

PRESENT = sorted(combinations.all_components() - {*combinations.ROLLOUTS, "candidate"})


def test_every_component_has_a_known_effect():
    assert [name for name in PRESENT if name not in EFFECTS] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", PRESENT)
def test_component_has_its_effect(name, environment, rendered):
    listed = () if name in combinations.NEEDED else (name,)
    EFFECTS[name](rendered(Combination(environment, listed)), settings(environment))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_components_work_together(environment, rendered):
    listed = tuple(combinations.optional_components())
    objects = rendered(Combination(environment, listed))
    for name in PRESENT:
        EFFECTS[name](objects, settings(environment))
