"""Where things are in the repository, relative to the project's root."""

import re

OVERLAYS = "gitops/overlays"
RELEASES = "gitops/releases"
ENVIRONMENTS = "gitops/environments.yaml"
BLOCKED = "gitops/blocked.yaml"

_RELEASE = re.compile(rf"{OVERLAYS}/([^/]+)/release\.yaml")
_ROLLOUT = re.compile(rf"{OVERLAYS}/([^/]+)/rollout/.+")


def overlay(environment: str) -> str:
    return f"{OVERLAYS}/{environment}"


def release_file(environment: str) -> str:
    """The one file that a promotion copies."""
    return f"{OVERLAYS}/{environment}/release.yaml"


def rollout_file(environment: str, name: str) -> str:
    """A file of a canary, an A/B test or a shadow; ``name`` may hold a folder."""
    return f"{OVERLAYS}/{environment}/rollout/{name}"


def record_file(release: str) -> str:
    """The evidence of a release."""
    return f"{RELEASES}/{release}.json"


def environment_of_release(path: str) -> str | None:
    """The environment whose release file ``path`` is."""
    found = _RELEASE.fullmatch(path)
    return found[1] if found else None


def environment_of_rollout(path: str) -> str | None:
    """The environment whose rollout the file ``path`` belongs to."""
    found = _ROLLOUT.fullmatch(path)
    return found[1] if found else None


def is_record(path: str) -> bool:
    return path.startswith(f"{RELEASES}/") and path.endswith(".json")
