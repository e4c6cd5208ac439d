"""Rendered manifests: as kustomize and so Argo CD sees them, without a cluster."""

from collections.abc import Callable
from pathlib import Path

import combinations
import pytest
import yaml
from absent import absent
from combinations import Combination, example_release

Objects = list[dict]
# Without a mesh nothing splits traffic, so there are no rollouts.
collect_ignore = [] if combinations.possible_rollouts() else ["test_rollouts.py"]


@pytest.fixture(scope="session")
def kustomize() -> str:
    """The program that renders; without it see ``absent``."""
    return combinations.find_kustomize() or absent("kustomize is not installed: make kustomize")


@pytest.fixture(scope="session")
def rendered(
    kustomize: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Combination], Objects]:
    """Renders a combination with releases v7 and, as candidate, v8; each only once a session."""
    known: dict[Combination, Objects] = {}

    def render(combination: Combination) -> Objects:
        if combination not in known:
            copy = combinations.copy_gitops(tmp_path_factory.mktemp("copy") / "repository")
            overlay = combinations.apply(combination, copy, example_release(7), example_release(8))
            text = combinations.build(kustomize, overlay)
            known[combination] = list(yaml.safe_load_all(text))
        return known[combination]

    return render


@pytest.fixture(scope="session")
def environments(rendered: Callable[[Combination], Objects]) -> dict[str, Objects]:
    """The objects of every environment as it is."""
    return {name: rendered(Combination(name)) for name in combinations.ENVIRONMENTS}


@pytest.fixture(scope="session")
def prod(environments: dict[str, Objects]) -> Objects:
    return environments["prod"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of gitops/ that a test may change."""
    return combinations.copy_gitops(tmp_path / "repository")
