"""A push is seen at once if the forge has signed it, and not at all otherwise."""

import base64
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.cluster.project import Project
from tests.cluster.rig import Rig

SECRET = "of-a-test"
SCALING = "gitops/overlays/dev/settings/scaling.yaml"


@pytest.fixture(scope="module")
def project(make_project: Callable[..., Project]) -> Project:
    """A project with a release in dev."""
    project = make_project("pushed")
    project.release(1)
    project.wait_synced("dev")
    return project


@pytest.fixture(scope="module")
def signed(project: Project, rig: Rig) -> Iterator[None]:
    """Argo CD takes only events that are signed with `SECRET`."""
    value = base64.b64encode(SECRET.encode()).decode()
    _set_secret(rig, value)
    # Asked about a repository that is nobody's: what is accepted starts no refresh of ours, which
    # could still be under way when a test looks.
    nobody = rig.git.address("platform/nobody")
    _wait(lambda: _push(project, project.head, "another", nobody) >= 400)
    _wait(lambda: _push(project, project.head, SECRET, nobody) == 200)
    yield
    _set_secret(rig, None)
    _wait(lambda: _push(project, project.head, "another", nobody) == 200)


def test_a_push_that_is_not_signed_changes_nothing(project: Project, signed: None):
    commit = project.commit({SCALING: lambda text: _scaled(text, 2)}, "Two replicas")
    before = project.application("dev")["status"]

    assert _push(project, commit, "another") >= 400

    # Longer than the sync of a signed one takes to begin.
    time.sleep(4)
    after = project.application("dev")["status"]
    assert after["reconciledAt"] == before["reconciledAt"]
    assert after["sync"]["revision"] != commit


def test_a_signed_push_is_applied_within_seconds(project: Project, signed: None):
    commit = project.commit({SCALING: lambda text: _scaled(text, 3)}, "Three replicas")
    begin = time.monotonic()

    assert _push(project, commit, SECRET) == 200

    project.wait_application("dev", lambda found: _runs(found, commit), 40)
    replicas = project.live("dev")["spec"]["predictors"][0]["replicas"]
    assert replicas == 3
    assert time.monotonic() - begin < 40


def _push(project: Project, commit: str, secret: str, address: str | None = None) -> int:
    """Send what GitHub sends of a push to main, the project's or that of the repository there.

    Returns the status of the answer.
    """
    event = {
        "ref": "refs/heads/main",
        "before": "0" * 40,
        "after": commit,
        "commits": [{"id": commit, "added": [], "modified": [SCALING], "removed": []}],
        "repository": {
            "html_url": (address or project.address).removesuffix(".git"),
            "default_branch": "main",
        },
    }
    body = json.dumps(event).encode()
    headers = {"Content-Type": "application/json", "X-GitHub-Event": "push"}
    for name, digest in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
        headers[name] = f"{digest}={hmac.new(secret.encode(), body, digest).hexdigest()}"
    hook = f"{project.rig.argocd.address}/api/webhook"
    try:
        with urllib.request.urlopen(
            urllib.request.Request(hook, body, headers), timeout=10
        ) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _set_secret(rig: Rig, value: str | None) -> None:
    rig.kubectl.patch(
        "secret", "argocd-secret", {"data": {"webhook.github.secret": value}}, "argocd"
    )


def _wait(condition: Callable[[], bool]) -> None:
    """Argo CD's server starts anew when its secret changes, and for a moment does not answer."""
    end = time.monotonic() + 40
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError("Argo CD's server did not take the new secret in 40 s")
        time.sleep(0.3)


def _scaled(text: str, replicas: int) -> str:
    content = yaml.safe_load(text)
    content["data"]["replicas"] = str(replicas)
    return yaml.safe_dump(content)


def _runs(application: dict, commit: str) -> bool:
    status = application["status"]
    return (
        _operation(application).get("phase") == "Succeeded"
        and status["sync"]["status"] == "Synced"
        and status["sync"]["revision"] == commit
    )


def _operation(application: dict) -> dict:
    """Return the last operation; there is none in the moment in which the next one begins."""
    return application["status"].get("operationState", {})
