"""A promotion repository as a mapping of paths: what the pure functions read, and merges."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from <<cookiecutter.package_name>>.promotion.blocked import Blocked, add_blocked
from <<cookiecutter.package_name>>.promotion.findings import Health, Proposal
from <<cookiecutter.package_name>>.promotion.plans import Plan, Snapshot
from <<cookiecutter.package_name>>.promotion.record import Record
from <<cookiecutter.package_name>>.promotion.release import Release
from <<cookiecutter.package_name>>.promotion.rollout_files import EMPTY

# A Tuesday within the window.
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROLLOUT = "gitops/overlays/prod/rollout/"

ENVIRONMENTS = """\
mesh: {mesh}
canary:
  steps: {steps}
environments:
  - name: dev
    source: null
  - name: staging
    source: dev
    auto_rollback: true
  - name: prod
    source: staging
    strategy: {strategy}
    auto_rollback: {auto_rollback}
    evidence: [metrics]
    window:
      days: [mon, tue, wed, thu]
      from: "08:00"
      to: "16:00"
      time_zone: Etc/UTC
"""


def release(version: str) -> Release:
    """A release like no other with this version."""
    digits = f"{sum(map(ord, version)):04x}" * 16
    return Release(
        model="credit-risk",
        model_version=version,
        bundle_uri=f"s3://bundles/credit-risk/{digits[:16]}",
        bundle_digest=f"sha256:{digits}",
        image=f"registry.example.com/team/credit-risk@sha256:{digits}",
        run=f"run-{version}",
        data_revision="data-2026-11",
        data_hash=f"md5:{digits[:32]}",
        commit=digits[:40],
    )


OLD, NEW = release("v7"), release("v8")


def record(of: Release) -> bytes:
    return Record(
        release=of.id,
        created_at="2026-11-20T10:00:00+00:00",
        created_by="ci",
        commit=of.commit,
        run=of.run,
        bundle_digest=of.bundle_digest,
        image=of.image,
        metrics={"roc_auc": {"value": 0.98, "low": 0.97, "high": 0.99, "baseline": 0.5}},
        primary="roc_auc",
        higher_is_better={"roc_auc": True},
    ).to_json()


@dataclass
class World:
    """The default branch. prod runs v7; staging and dev run v8."""

    mesh: str = "istio"
    strategy: str = "canary"
    steps: tuple[int, ...] = (5, 25, 50, 100)
    auto_rollback: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    now: datetime = NOW
    health: str = "success"

    def __post_init__(self) -> None:
        text = ENVIRONMENTS.format(
            mesh=self.mesh,
            strategy=self.strategy,
            steps=list(self.steps),
            auto_rollback="true" if self.auto_rollback else "false",
        )
        self.files["gitops/environments.yaml"] = text.encode()
        for name, found in (("dev", NEW), ("staging", NEW), ("prod", OLD)):
            self.files[f"gitops/overlays/{name}/release.yaml"] = found.to_yaml()
            self.files[f"gitops/overlays/{name}/rollout/kustomization.yaml"] = EMPTY
        for found in (OLD, NEW):
            self.files[f"gitops/releases/{found.id}.json"] = record(found)

    @property
    def base(self) -> Snapshot:
        return Snapshot("b" * 40, dict(self.files).get)

    def rolled(self, name: str) -> str:
        """A file of prod's rollout as text."""
        return self.files[f"{ROLLOUT}{name}"].decode()

    def block(self, of: Release) -> None:
        path = "gitops/blocked.yaml"
        entry = Blocked(of.id, "error ratio", "2026-11-20T10:00:00+00:00", "ci")
        self.files[path] = add_blocked(self.files.get(path), entry, path)

    def merge(self, plan: Plan) -> None:
        self.files = after(self.files, plan.files)

    def proposal(self, plan: Plan | dict[str, bytes | None], **changes: object) -> Proposal:
        """The plan, or other changed files, as a branch that somebody wants to merge."""
        files = plan if isinstance(plan, dict) else plan.files
        head = after(self.files, files)
        common = {
            "base": self.base,
            "head": Snapshot("h" * 40, head.get),
            "paths": tuple(sorted(p for p in files if head.get(p) != self.files.get(p))),
            "moved": (),
            "health": lambda name: Health(name, self.health, "synced", "c" * 40, self.now),
            "earlier": lambda name: [],
            "trailers": {},
            "now": self.now,
        }
        return Proposal(**(common | changes))

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


def after(files: dict[str, bytes], changes: dict[str, bytes | None]) -> dict[str, bytes]:
    """Files with a commit on top."""
    merged = files | changes
    return {path: content for path, content in merged.items() if content is not None}
