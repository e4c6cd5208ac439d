"""An overview in which everything happens at once, for the table and the page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from project import release

from <<cookiecutter.package_name>>.promotion.blocked import Blocked
from <<cookiecutter.package_name>>.promotion.environments import Environment
from <<cookiecutter.package_name>>.promotion.findings import Health
from <<cookiecutter.package_name>>.promotion.forges import PullRequest
from <<cookiecutter.package_name>>.promotion.overlay_settings import Difference
from <<cookiecutter.package_name>>.promotion.repository import Change
from <<cookiecutter.package_name>>.promotion.rollout_state import Rollout
from <<cookiecutter.package_name>>.promotion.status import Deployment, Overview, Place

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
OLD, NEW, NEWEST = release(7), release(8), release(9)
BAD = Blocked(release(6).id, "error ratio 0.31", "2026-11-01T08:00:00+00:00", "ci")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def change(who: str, subject: str, **span: float) -> Change:
    return Change("c0ffee" * 6 + "0123", ago(**span), who, subject)


def pull(number: int, title: str, url: str = "https://forge.example.com/7") -> PullRequest:
    head, labels = "a" * 40, ("environment/prod",)
    branch = f"promote/prod/{NEW.id}"
    return PullRequest(
        number, url, title, "", branch, "main", head, "open", labels, "robin", ago(hours=3)
    )


def place(name: str, source: str | None, **changes: object) -> Place:
    """A healthy environment that runs the old release since four days."""
    deployed = Deployment(OLD.id, change("Ann", f"Promote {OLD.id} to {name}", days=4))
    health = Health(name, "success", "synced", "c" * 40, ago(minutes=42))
    whole = Place(Environment(name, source), OLD.id, health, (deployed,))
    return replace(whole, **changes)


def canary() -> Rollout:
    started = ago(hours=20)
    return Rollout("canary", NEW.id, "staging", started, steps=(5, 25, 100), step=2)


def overview(*places: Place, **changes: object) -> Overview:
    whole = Overview("risk", "deploy", "d" * 40, NOW, "github", places)
    return replace(whole, **changes)


def everything() -> Overview:
    """dev ahead, test failed, staging empty, prod with a canary and somebody waiting."""
    failed = Health("test", "failure", "AnalysisRun failed: p95 0.9", "c" * 40, ago(days=3))
    steps = (Deployment(NEW.id, change("Sam", f"Canary of {NEW.id}", hours=2)),)
    return overview(
        place("dev", None, release=NEWEST.id),
        place(
            "test", "dev", health=failed, offered=NEWEST.id, blocked=replace(BAD, release=OLD.id)
        ),
        place("staging", "test", release=None, history=(), trouble="release.yaml is broken"),
        place(
            "prod",
            "staging",
            rollout=canary(),
            trials=steps,
            waiting=(pull(7, "Canary to 100 %"),),
            window=(False, "closed now (tue 09:30): sat 08:00 to 16:00 Etc/UTC"),
            differs=(
                Difference("settings/scaling.yaml", "replicas", "2", "3"),
                Difference("settings/scaling.yaml", "zone", None, "Etc/UTC"),
            ),
        ),
        blocked=(BAD,),
    )
