"""A repository with four environments, as the commands find it: a clone, and its bare remote."""

import argparse
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from <<cookiecutter.package_name>>.promotion.context import Context
from <<cookiecutter.package_name>>.promotion.forges.local import LocalForge
from <<cookiecutter.package_name>>.promotion.places import record_file, release_file
from <<cookiecutter.package_name>>.promotion.plans import plan_promotion, plan_release
from <<cookiecutter.package_name>>.promotion.propose import Outcome, propose
from <<cookiecutter.package_name>>.promotion.record import Record
from <<cookiecutter.package_name>>.promotion.release import Release
from <<cookiecutter.package_name>>.promotion.repository import Repository
from <<cookiecutter.package_name>>.settings import load_settings

# A Tuesday within the window of prod.
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LOAD_TEST = {
    "requests_per_second": 410.5,
    "p95_milliseconds": {"one row": 12.0},
    "error_share": 0.0,
    "passed": True,
    "budget": {"requests_per_second": 20},
    "problems": [],
}
ENVIRONMENTS = """\
mesh: none
canary:
  steps: [10, 100]
environments:
  - name: dev
    source: null
    auto_merge: true
  - name: test
    source: dev
    auto_merge: true
    auto_rollback: true
    evidence: [metrics]
  - name: staging
    source: test
    auto_rollback: true
    evidence: [metrics, drift, quality]
  - name: prod
    source: staging
    evidence: [metrics, drift, quality, load_test]
    window:
      days: [mon, tue, wed, thu]
      from: "08:00"
      to: "16:00"
      time_zone: Etc/UTC
"""


def release(number: int, **changes: str) -> Release:
    """Version ``number`` of a model, unlike every other one."""
    digits = f"{number:08x}" * 8
    fields = {
        "model": "credit-risk",
        "model_version": f"v{number}",
        "bundle_uri": f"s3://team/bundles/credit-risk/{digits[:16]}",
        "bundle_digest": f"sha256:{digits}",
        "image": f"registry.example.com:5000/team/credit-risk@sha256:{digits}",
        "run": digits[:32],
        "data_revision": "data-2026-11",
        "data_hash": f"md5:{digits[:32]}",
        "commit": digits[:40],
    }
    return Release(**{**fields, **changes})


def record(of: Release, **changes: object) -> Record:
    """Evidence that is good enough for prod."""
    fields = {
        "release": of.id,
        "created_at": "2026-11-20T10:00:00+00:00",
        "created_by": "Ann",
        "commit": of.commit,
        "run": of.run,
        "bundle_digest": of.bundle_digest,
        "image": of.image,
        "metrics": {"roc_auc": {"value": 0.98, "low": 0.97, "high": 0.99, "baseline": 0.5}},
        "primary": "roc_auc",
        "higher_is_better": {"roc_auc": True},
        "drift": {"status": "no drift", "share": 0.0, "detail": "no drift between both"},
        "quality": {"passed": True, "findings": []},
        "data": {"revision": of.data_revision, "hash": of.data_hash, "rows": 1000},
        "load_test": LOAD_TEST,
    }
    return Record(**{**fields, **changes})


@dataclass
class Project:
    """A clone at ``root``; ``bare`` is its remote, if it has one."""

    root: Path
    bare: Path | None = None
    now: datetime = NOW
    branch: str = "deploy"

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        command = ["git", "-C", str(folder or self.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def context(self, **changes: object) -> Context:
        """A look at the repository as it is now."""
        parts = {"forge": self.forge, "now": self.now, **changes}
        return Context(load_settings(), Repository(self.root), **parts)

    @property
    def forge(self) -> LocalForge:
        return LocalForge(self.root, lambda: self.now)

    @property
    def head(self) -> str:
        return Repository(self.root).head(self.branch)

    def commit(self, files: dict[str, bytes | None], text: str = "Change") -> str:
        """Put a commit on the default branch, past every rule."""
        repository = Repository(self.root)
        base = repository.head(self.branch)
        made = repository.commit_files(base, files, text)
        repository.push(self.branch, made, base)
        return made

    def branch_off(self, name: str, files: dict[str, bytes | None], text: str = "Change") -> str:
        """A branch with one commit on the default branch."""
        repository = Repository(self.root)
        made = repository.commit_files(repository.head(self.branch), files, text)
        repository.push(name, made, repository.branch(name))
        return made

    def deploy(self, environment: str, of: Release) -> str:
        """Let an environment run a release that has its record, past every rule."""
        files = {record_file(of.id): record(of).to_json(), release_file(environment): of.to_yaml()}
        return self.commit(files, f"Deploy {of.id} to {environment}")

    def report(self, environment: str, state: str = "success", commit: str | None = None) -> None:
        """Say what Argo CD says once it has synced."""
        self.forge.set_status(commit or self.head, f"argocd/{environment}", state, "synced")

    def release(self, of: Release, **options: bool) -> Outcome:
        """`make release`, from where the release is known."""
        context = self.context()
        return propose(context, plan_release(context.base, of, record(of)), "text", **options)

    def promote(self, target: str, **options: bool) -> Outcome:
        context = self.context()
        return propose(context, plan_promotion(context.base, target), "text", **options)

    def runs(self, environment: str) -> str | None:
        """The id that an environment runs."""
        found = self.context().base.release(environment)
        return found.id if found else None


def arguments(**values: object) -> argparse.Namespace:
    """A parsed command line."""
    return argparse.Namespace(**{"replace": False, "merge": False, **values})
