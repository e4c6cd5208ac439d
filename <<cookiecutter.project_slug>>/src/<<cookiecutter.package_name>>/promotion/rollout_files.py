"""The files of ``gitops/overlays/<environment>/rollout/``, made from the state and nothing else.

A step changes ``traffic.yaml`` and ``state.yaml`` (and ``route.yaml`` where the mesh has routes of
its own), never what pods are made from: the operator takes weights out before it compares pods,
so nothing restarts.
"""

import json
from typing import Any

from .hypothesis import CHALLENGER, DEFAULT
from .places import rollout_file
from .plans import Snapshot
from .rollout_state import Rollout, Sticky, parse_rollout

STATE = "state.yaml"
TRAFFIC = "traffic.yaml"
ROUTE = "route.yaml"
KUSTOMIZATION = "kustomization.yaml"
CANDIDATE = "candidate/release.yaml"
_CANDIDATE_KUSTOMIZATION = "candidate/kustomization.yaml"
NAMES = (STATE, TRAFFIC, ROUTE, KUSTOMIZATION, CANDIDATE, _CANDIDATE_KUSTOMIZATION)
WEIGHTS = (STATE, TRAFFIC, ROUTE)

# Places of the rules in components/ab-test/routes/virtualservice.yaml. A JSON patch knows no names.
_REST_CHALLENGER, _REST_DEFAULT, _REST_NEW, _GRPC_NEW = 0, 1, 2, 5

_HEAD = "# Written by the commands canary, ab and shadow of the promotion tool.\n"
_COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
# What the folder holds while nothing is rolled out, byte for byte.
EMPTY = (
    "# Nothing is rolled out. The commands canary, ab and shadow write this folder.\n"
    f"{_COMPONENT}resources: []\n"
).encode()
# The release under trial becomes a second ConfigMap, `release-candidate`, beside `release`.
_CANDIDATE = (
    _HEAD + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    "nameSuffix: -candidate\nresources:\n  - release.yaml\n"
).encode()


def running(snapshot: Snapshot, environment: str) -> Rollout | None:
    """The rollout of an environment; ``None`` if there is none. Raises ``RolloutError``."""
    content = snapshot.rollout(environment)
    if content is None:
        return None
    return parse_rollout(content, rollout_file(environment, STATE))


def files_of(
    environment: str, rollout: Rollout, candidate: bytes, mesh: str
) -> dict[str, bytes | None]:
    """Every file of the folder by its path; ``None`` for one that this rollout does not have."""
    route = _route(rollout, mesh)
    made: dict[str, bytes | None] = {
        STATE: rollout.to_yaml(),
        TRAFFIC: _traffic(rollout),
        ROUTE: route and route[0],
        KUSTOMIZATION: _kustomization(rollout, route),
        CANDIDATE: candidate,
        _CANDIDATE_KUSTOMIZATION: _CANDIDATE,
    }
    return {rollout_file(environment, name): content for name, content in made.items()}


def changed(snapshot: Snapshot, files: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """Those of ``files`` that are not so already: a commit says what it changes and no more."""
    return {path: content for path, content in files.items() if snapshot.read(path) != content}


def emptied(snapshot: Snapshot, environment: str) -> dict[str, bytes | None]:
    """The folder without a rollout.

    One commit is enough to take a rollout away: the operator first waits until the predictors
    that stay are ready, then moves the routes to them, and only then removes the one that goes.
    """
    files: dict[str, bytes | None] = {rollout_file(environment, name): None for name in NAMES}
    files[rollout_file(environment, KUSTOMIZATION)] = EMPTY
    return changed(snapshot, files)


def _traffic(rollout: Rollout) -> bytes:
    # A shadow gets copies, so `default` answers everything; its traffic is the share of copies.
    default = 100 if rollout.kind == "shadow" else 100 - rollout.weight
    return _patch(_shares("/spec/predictors/{}/traffic", default, rollout.weight))


def _route(rollout: Rollout, mesh: str) -> tuple[bytes, str, str] | None:
    """Patch of a route that the operator does not make, with the route's kind and name."""
    default, weight = 100 - rollout.weight, rollout.weight
    if rollout.kind == "ab-test" and rollout.sticky is not None:
        changes = _cookie(rollout.sticky)
        for rule in (_REST_NEW, _GRPC_NEW):
            changes |= _shares(f"/spec/http/{rule}/route/{{}}/weight", default, weight)
        return _patch(changes), "VirtualService", "ab-test"
    if mesh == "linkerd":
        weights = _shares("/spec/rules/0/backendRefs/{}/weight", default, weight)
        return _patch(weights), "HTTPRoute", "model"
    return None


def _cookie(sticky: Sticky) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    seconds = sticky.days * 24 * 60 * 60
    rules = ((_REST_DEFAULT, DEFAULT), (_REST_CHALLENGER, CHALLENGER))
    for place, (rule, variant) in enumerate(rules):
        pair = f"{sticky.cookie}={variant}"
        changes[f"/spec/http/{rule}/match/1/headers/cookie/regex"] = f"(.*; ?)?{pair}(;.*)?"
        changes[f"/spec/http/{_REST_NEW}/route/{place}/headers/response/set/set-cookie"] = (
            f"{pair}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax"
        )
    return changes


def _shares(path: str, default: int, second: int) -> dict[str, Any]:
    return {path.format(0): default, path.format(1): second}


def _patch(changes: dict[str, Any]) -> bytes:
    lines = [
        f"- op: add\n  path: {path}\n  value: {json.dumps(value)}\n"
        for path, value in changes.items()
    ]
    return (_HEAD + "".join(lines)).encode()


def _kustomization(rollout: Rollout, route: tuple[bytes, str, str] | None) -> bytes:
    patches = [(TRAFFIC, "SeldonDeployment", "model")]
    if route is not None:
        patches.append((ROUTE, *route[1:]))
    text = f"{_HEAD}{_COMPONENT}resources:\n  - candidate\n"
    text += f"components:\n  - ../../../components/{rollout.kind}\npatches:\n"
    for path, kind, name in patches:
        text += f"  - path: {path}\n    target:\n      kind: {kind}\n      name: {name}\n"
    return text.encode()
