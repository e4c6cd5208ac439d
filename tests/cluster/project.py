"""A generated repository, pushed to the cluster's Git server, and what Argo CD makes of it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests import bakery
from tests.cluster import build
from tests.cluster.rig import Rig

TEAM = "ml-team"
ENVIRONMENTS = ("dev", "test", "staging", "prod")
SECONDS = 180
RELEASE_SCRIPT = Path(__file__).parent / "write_release.py"


class Project:
    """One team's repository in its own namespaces; made by the fixture `make_project`.

    `folder` is a clone that follows the server's main branch, `bare` the server's own repository.
    """

    def __init__(self, rig: Rig, template: Path, target: Path, slug: str, **answers: str) -> None:
        self.rig, self.slug, self.team = rig, slug, TEAM
        self.package = slug.replace("-", "_")
        self.address, self.bare = rig.git.create(f"{TEAM}/{slug}")
        given = {
            "project_name": slug,
            "project_slug": slug,
            "team": TEAM,
            "repository_url": self.address,
        } | answers
        target.mkdir(parents=True, exist_ok=True)
        answers_file = bakery.write_answers(target / "answers.yaml", **given)
        self.folder = bakery.bake(template, target, answers_file)
        self._connect()

    # -- Git --------------------------------------------------------------------------------

    def git(self, *arguments: str) -> str:
        """Run Git in the clone and return what it prints."""
        return self.rig.git.client(self.folder, *arguments)

    @property
    def head(self) -> str:
        """The commit of the server's main branch."""
        return bakery.git(self.bare, "rev-parse", "main")

    def read(self, path: str, commit: str = "main") -> str | None:
        """Return a file of the server's repository, or None where it has none."""
        place = f"{commit}:{path}"
        kind = subprocess.run(
            ["git", "cat-file", "-e", place], cwd=self.bare, capture_output=True, check=False
        )
        return bakery.git(self.bare, "show", place) + "\n" if kind.returncode == 0 else None

    def commit(self, files: Mapping[str, str | Callable[[str], str] | None], message: str) -> str:
        """Write files on main as a person would, push, return the commit.

        A function gets the present text and returns the new one; None removes the file.
        """
        self._follow()
        for path, content in files.items():
            place = self.folder / path
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str) else content(place.read_text("utf-8"))
            place.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")
        self.git("push", "--quiet", "origin", "main")
        return self.head

    def hurry(self) -> str:
        """Let verification take seconds and prod be open at any time; return the commit."""
        files = {
            f"gitops/overlays/{environment}/settings/analysis.yaml": _quick_analysis
            for environment in ENVIRONMENTS
        }
        files |= {
            "gitops/environments.yaml": _without_windows,
            "gitops/argocd/prod/window.yaml": _without_sync_windows,
        }
        return self.commit(files, "Settings of this team")

    # -- The repository's own commands --------------------------------------------------------

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `python -m <package> ...` on the newest main; forge and kustomize are local."""
        self._follow()
        return self._python("-m", self.package, *arguments, check=check)

    def make(self, target: str, **variables: str) -> str:
        """Run a target of the repository's Makefile, as its workflows do; return what it says."""
        self._follow()
        # The environment that it would make is the one that runs this.
        known = ("--old-file=.venv/dev/.ready", f"DEV={Path(sys.executable).parent}")
        return self._command("make", "--no-print-directory", *known, target, **variables).stdout

    def pull_requests(self) -> list[dict]:
        """Return all pull requests of the local forge, the oldest first."""
        found = bakery.git(self.bare, "for-each-ref", "--format=%(objectname)", "refs/forge/pulls")
        pulls = [json.loads(bakery.git(self.bare, "cat-file", "blob", x)) for x in found.split()]
        return sorted(pulls, key=lambda pull: pull["number"])

    def events(self, kind: str, environment: str, revision: str, seconds: float = 60) -> list[dict]:
        """Return the payloads of the events of a kind that GitHub got of a commit's deployment.

        One commit may be deployed to several environments, so the environment is asked too.

        Waits until there is one, or until the time is up.
        """
        end = time.monotonic() + seconds
        while True:
            found = [
                dispatch.payload
                for dispatch in self.rig.github.dispatches
                if dispatch.repository == f"{self.team}/{self.slug}"
                and dispatch.kind == kind
                and dispatch.payload["environment"] == environment
                and dispatch.payload["revision"] == revision
            ]
            if found or time.monotonic() > end:
                return found
            time.sleep(0.2)

    def release(self, number: int, *, bad: bool = False, **fields: str) -> str:
        """Bring model version v<number> into dev by a merged pull request; return its id.

        A bad one has an image whose pods never become ready. `fields` replace single fields.
        """
        self._follow()
        asked = {"slug": self.slug, "number": number, "bad": bad, "fields": fields}
        script = str(RELEASE_SCRIPT)
        return self._python(script, self.package, json.dumps(asked)).stdout.split()[-1]

    def offer(self, number: int, *, bad: bool = False) -> str:
        """Bring a release into dev and take it for healthy there; return its id.

        For tests about the environments above, which need not wait for dev.
        """
        release = self.release(number, bad=bad)
        options = ("--env", "dev", "--commit", self.head, "--state", "success")
        self.run("report-deployment", *options)
        return release

    def promote(self, to: str, *options: str) -> str:
        """Promote to an environment, merge, and return the merge commit."""
        self.run("promote", "--to", to, "--merge", *options)
        return self.head

    def released(self, environment: str, commit: str = "main") -> str | None:
        """Return the id of the release that git has for an environment."""
        text = self.read(f"gitops/overlays/{environment}/release.yaml", commit)
        return yaml.safe_load(text)["data"]["release"] if text else None

    def report(self, environment: str, seconds: float = 60) -> str:
        """Tell the local forge what Argo CD told GitHub of main; return the state.

        Waits until the newest word is success or failure.
        """
        head = self.head
        wanted = (f"{self.team}/{self.slug}", head, f"argocd/{environment}")
        end = time.monotonic() + seconds
        while True:
            said = [
                status
                for status in self.rig.github.statuses
                if (status.repository, status.commit, status.context) == wanted
            ]
            if said and said[-1].state != "pending":
                break
            if time.monotonic() > end:
                raise TimeoutError(f"GitHub heard only {said} of {wanted} after {seconds} s")
            time.sleep(0.2)
        state = "success" if said[-1].state == "success" else "failure"
        options = ("--state", state, "--message", said[-1].description)
        self.run("report-deployment", "--env", environment, "--commit", head, *options)
        return state

    # -- The cluster ----------------------------------------------------------------------------

    def namespace(self, environment: str) -> str:
        return f"{self.slug}-{environment}"

    def application(self, environment: str) -> dict | None:
        """Return the Application of an overlay, or None."""
        return self.rig.kubectl.get("application", f"{self.slug}-{environment}", "argocd")

    def live(self, environment: str, kind: str = "seldondeployment", name: str = "model"):
        """Return an object of an environment's namespace, or None."""
        return self.rig.kubectl.get(kind, name, self.namespace(environment))

    def live_release(self, environment: str) -> str | None:
        """Return the id of the release on the live SeldonDeployment."""
        found = self.live(environment)
        return found and found["metadata"]["labels"].get("mlops/release")

    def refresh(self, environment: str) -> None:
        """Let Argo CD look at git again, as its polling or a webhook would."""
        stage = environment.partition("-")[0]  # a variant, such as prod-eu, is in the set of prod
        self._annotate("applicationset", stage, "argocd.argoproj.io/application-set-refresh")
        if self.application(environment):
            self._annotate("application", environment, "argocd.argoproj.io/refresh")

    def wait_synced(
        self,
        environment: str,
        revision: str | None = None,
        *,
        health: str = "Healthy",
        seconds: float = SECONDS,
    ) -> dict:
        """Wait until an environment runs a commit (main's if none is named) and return its state.

        Synced, its last operation done with that commit, and of the given health.
        """
        wanted = revision or self.head
        self.refresh(environment)

        def done(found: dict | None) -> bool:
            status = (found or {}).get("status", {})
            operation = status.get("operationState", {})
            return (
                status.get("sync", {}).get("status") == "Synced"
                and status["sync"].get("revision") == wanted
                and operation.get("phase") == "Succeeded"
                and status.get("health", {}).get("status") == health
            )

        return self.wait_application(environment, done, seconds)

    def deploy(self, environment: str, seconds: float = SECONDS) -> dict:
        """Wait until an environment runs main, and tell the forge what Argo CD said of it."""
        done = self.wait_synced(environment, seconds=seconds)
        self.report(environment)
        return done

    def wait_application(
        self, environment: str, condition: Callable[[dict | None], Any], seconds: float = SECONDS
    ) -> dict:
        """Wait until a condition holds for the Application of an environment; return it."""
        name = f"{self.slug}-{environment}"
        return self.rig.kubectl.wait_for("application", name, "argocd", condition, seconds)

    # -----------------------------------------------------------------------------------------

    def _annotate(self, kind: str, environment: str, annotation: str) -> None:
        change = {"metadata": {"annotations": {annotation: "true"}}}
        self.rig.kubectl.patch(kind, f"{self.slug}-{environment}", change, "argocd")

    def _connect(self) -> None:
        self.git("remote", "add", "origin", self.address)
        for name, value in {
            "user.name": "A Person",
            "user.email": "person@example.com",
        }.items():
            self.git("config", name, value)
        # Each command asks the server a dozen times. Its folder answers ten times as fast as its
        # address, which is for Argo CD.
        self.git("config", f"url.{self.bare}.insteadOf", self.address)
        self.git("branch", "--move", "--force", "main")
        self.git("push", "--quiet", "--set-upstream", "origin", "main")

    def _follow(self) -> None:
        self.git("pull", "--quiet", "--ff-only", "origin", "main")

    def _python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self._command(sys.executable, *arguments, check=check)

    def _command(
        self, *arguments: str, check: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = self.rig.git.environment() | {
            "PYTHONPATH": str(self.folder / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PROMOTION_FORGE": "local",
            "KUSTOMIZE": str(build.program("kustomize")),
        }
        answer = subprocess.run(
            arguments,
            cwd=self.folder,
            env=environment | variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if check and answer.returncode:
            said = f"{answer.stdout}\n{answer.stderr}".strip()
            raise AssertionError(f"{' '.join(arguments)} ended with {answer.returncode}:\n{said}")
        return answer


def _quick_analysis(text: str) -> str:
    settings = yaml.safe_load(text)
    settings["data"] |= {"initialDelay": "1s", "interval": "2s", "count": "2", "window": "20s"}
    return yaml.safe_dump(settings)


def _without_windows(text: str) -> str:
    rules = yaml.safe_load(text)
    for environment in rules["environments"]:
        environment.pop("window", None)
    return yaml.safe_dump(rules, sort_keys=False)


def _without_sync_windows(text: str) -> str:
    project = yaml.safe_load(text)
    project["spec"]["syncWindows"] = []
    return yaml.safe_dump(project)
