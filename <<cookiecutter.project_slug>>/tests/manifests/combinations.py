"""Every combination of overlay, components and rollout that can be committed, rendered.

    python tests/manifests/combinations.py --output DIR

writes one YAML file for each, named by what it is, such as `prod+retries` or `prod~canary-25`.
"""

import argparse
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from <<cookiecutter.package_name>>.promotion.environments import load_environments
from <<cookiecutter.package_name>>.promotion.hypothesis import Hypothesis
from <<cookiecutter.package_name>>.promotion.release import Release
from <<cookiecutter.package_name>>.promotion.rollout_files import files_of
from <<cookiecutter.package_name>>.promotion.rollout_state import Rollout, Sticky

ROOT = Path(__file__).resolve().parents[2]
SLUG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["name"]
ENVIRONMENTS = ("dev", "test", "staging", "prod")
# Always listed by an overlay, or part of another component.
NEEDED = {"bundle-store", "candidate", "environment", "mesh", "release", "verification"}
ROLLOUTS = {"canary": "canary", "ab-test": "challenger", "shadow": "shadow"}
# Those that change routes of others come after them.
LATE = ("retries", "timeouts")


@dataclass(frozen=True)
class Combination:
    """One state of an overlay. ``weight`` is the second predictor's share in percent."""

    environment: str
    components: tuple[str, ...] = ()
    rollout: str | None = None
    weight: int = 5

    def __str__(self) -> str:
        rollout = f"~{self.rollout}-{self.weight}" if self.rollout else ""
        return "+".join([self.environment, *self.components]) + rollout


def all_components() -> set[str]:
    return {path.name for path in (ROOT / "gitops" / "components").iterdir()}


def optional_components() -> list[str]:
    """The components that can be switched on, in an order in which they may be listed."""
    found = sorted(all_components() - NEEDED - set(ROLLOUTS))
    return [name for name in found if name not in LATE] + [name for name in LATE if name in found]


def possible_rollouts() -> list[str]:
    """The kinds of rollout that this repository's mesh can do."""
    return [kind for kind in ROLLOUTS if kind in all_components()]


def all_combinations() -> Iterator[Combination]:
    """Each overlay as it is, with each component, with all of them, and all that in rollouts."""
    components = optional_components()
    for environment in ENVIRONMENTS:
        yield Combination(environment)
        for name in components:
            yield Combination(environment, (name,))
        yield Combination(environment, tuple(components))
        for kind in possible_rollouts():
            for weight in (5, 100) if kind == "canary" else (50,):
                yield Combination(environment, (), kind, weight)
                yield Combination(environment, tuple(components), kind, weight)


def example_release(version: int, commit: str = "1234567890" * 4) -> Release:
    """A release whose commit is all digits, which some tools take for a number."""
    digest = f"{version:x}" * 64
    return Release(
        model=SLUG,
        model_version=f"v{version}",
        bundle_uri=f"s3://bundles/{SLUG}/{digest[:16]}",
        bundle_digest=f"sha256:{digest}",
        image=f"registry.example.com/team/{SLUG}@sha256:{digest}",
        run="0123456789abcdef",
        data_revision="1e5",
        data_hash="md5:" + "0" * 32,
        commit=commit,
    )


def copy_gitops(target: Path) -> Path:
    """Copy what kustomize reads to ``target`` and return that folder."""
    for part in ("base", "components", "overlays"):
        shutil.copytree(ROOT / "gitops" / part, target / "gitops" / part)
    for part in ("environment", "cluster"):
        shutil.copytree(ROOT / "observability" / part, target / "observability" / part)
    return target


def apply(combination: Combination, copy: Path, release: Release, candidate: Release) -> Path:
    """Make the overlay in ``copy`` what ``combination`` says and return its folder."""
    overlay = copy / "gitops" / "overlays" / combination.environment
    (overlay / "release.yaml").write_bytes(release.to_yaml())
    kustomization = overlay / "kustomization.yaml"
    content = yaml.safe_load(kustomization.read_text(encoding="utf-8"))
    listed = content["components"]
    wanted = [f"../../components/{name}" for name in combination.components]
    # Before the rollout, which is the last.
    listed[-1:-1] = [name for name in wanted if name not in listed]
    kustomization.write_text(yaml.safe_dump(content), encoding="utf-8")
    if combination.rollout:
        for path, text in _rollout_files(combination, candidate).items():
            if text is not None:
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                (copy / path).write_bytes(text)
    return overlay


def _rollout_files(combination: Combination, candidate: Release) -> dict[str, bytes | None]:
    path = ROOT / "gitops" / "environments.yaml"
    mesh = load_environments(path.read_bytes(), path.name).mesh
    common = (combination.rollout, candidate.id, "test", datetime(2026, 1, 5, 9, tzinfo=UTC))
    weight = combination.weight
    if combination.rollout == "canary":
        rollout = Rollout(*common, steps=tuple(sorted({weight, 100})), step=1)
    elif combination.rollout == "shadow":
        rollout = Rollout(*common, share=weight)
    else:
        question = Hypothesis("recall", baseline=0.5, minimum_effect=0.1, share=weight)
        rollout = Rollout(*common, sticky=Sticky("variant"), hypothesis=question)
    return files_of(combination.environment, rollout, candidate.to_yaml(), mesh)


def find_kustomize() -> str | None:
    """The program that KUSTOMIZE names, else that of .venv/bin, else that of PATH."""
    own = shutil.which("kustomize", path=str(ROOT / ".venv" / "bin"))
    return os.environ.get("KUSTOMIZE") or own or shutil.which("kustomize")


def build(kustomize: str, overlay: Path) -> str:
    """The manifests of ``overlay``. Raises ``RuntimeError`` with kustomize's words."""
    done = subprocess.run([kustomize, "build", overlay], capture_output=True, text=True, timeout=60)
    # A deprecated field is only a warning, until the version that has it no more.
    if done.returncode or done.stderr:
        raise RuntimeError(f"{overlay.name}: {done.stderr.strip()}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="a folder, made if needed")
    output = parser.parse_args().output
    kustomize = find_kustomize()
    if kustomize is None:
        raise SystemExit("kustomize is not installed: scripts/install-kustomize")
    output.mkdir(parents=True, exist_ok=True)
    for combination in all_combinations():
        copy = output / ".copy"
        shutil.rmtree(copy, ignore_errors=True)
        overlay = apply(combination, copy_gitops(copy), example_release(7), example_release(8))
        (output / f"{combination}.yaml").write_text(build(kustomize, overlay), encoding="utf-8")
    shutil.rmtree(copy)


if __name__ == "__main__":
    main()
