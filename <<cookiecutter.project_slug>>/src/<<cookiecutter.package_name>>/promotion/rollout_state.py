"""State of a canary, an A/B test or a shadow: what ``rollout/state.yaml`` of an environment says.

The file is data of this tool and no Kubernetes object. Everything else in ``rollout/`` follows
from it and from the candidate's release, so that a check can make it again and compare.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import yaml

from .hypothesis import Hypothesis, HypothesisError

Kind = Literal["canary", "ab-test", "shadow"]
# The meshes in which each is possible. Linkerd neither mirrors requests nor changes answers, so it
# has no shadow and no cookie.
MESHES: dict[Kind, tuple[str, ...]] = {
    "canary": ("istio", "linkerd"),
    "ab-test": ("istio",),
    "shadow": ("istio",),
}
# The second predictor's name, beside `default`.
PREDICTORS: dict[Kind, str] = {"canary": "canary", "ab-test": "challenger", "shadow": "shadow"}
WORDS: dict[Kind, str] = {"canary": "canary", "ab-test": "A/B test", "shadow": "shadow"}
ONE: dict[Kind, str] = {"canary": "a canary", "ab-test": "an A/B test", "shadow": "a shadow"}

_HEAD = "# Written by the commands canary, ab and shadow. Change a rollout with them, not here.\n"
_KEYS = {
    "canary": ("kind", "release", "source", "started_at", "steps", "step"),
    "ab-test": ("kind", "release", "source", "started_at", "sticky", "hypothesis"),
    "shadow": ("kind", "release", "source", "started_at", "share"),
}
# Answers say in it which variant gave them; a request that brings it goes to that one.
HEADER = "x-variant"
# RFC 6265 lets a cookie's name be any token; these characters mean nothing in a regular expression.
_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class RolloutError(ValueError):
    """The state of a rollout cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class Sticky:
    """The cookie that keeps a caller with its variant, and for how many days it is kept.

    Each test needs a name of its own: with the cookies of an earlier test, callers would be in the
    same group again, whatever the shares are. Callers without cookies send back ``HEADER``.
    """

    cookie: str
    days: int = 30

    def __post_init__(self) -> None:
        if not isinstance(self.cookie, str) or not self.cookie or set(self.cookie) - _TOKEN:
            raise RolloutError(
                f"the cookie is called {self.cookie!r}; use lower-case letters, digits, hyphens "
                "and underscores"
            )
        if type(self.days) is not int or not 1 <= self.days <= 400:
            raise RolloutError(f"the cookie is kept {self.days!r} days; it must be from 1 to 400")


def new_cookie(now: datetime) -> str:
    """A name that no other test has."""
    return f"variant-{now.astimezone(UTC):%Y%m%d-%H%M%S}"


@dataclass(frozen=True)
class Rollout:
    """One rollout. ``step`` counts from 1; ``share`` is the percentage that a shadow mirrors."""

    kind: Kind
    release: str
    source: str
    started_at: datetime
    steps: tuple[int, ...] = ()
    step: int = 0
    sticky: Sticky | None = None
    hypothesis: Hypothesis | None = None
    share: int | None = None

    @property
    def weight(self) -> int:
        """Percentage of traffic that the second predictor answers, or mirrors as a shadow."""
        if self.kind == "canary":
            return self.steps[self.step - 1]
        return self.share if self.hypothesis is None else self.hypothesis.share

    @property
    def is_last(self) -> bool:
        """Whether a canary has all of the traffic."""
        return self.kind == "canary" and self.step == len(self.steps)

    @property
    def predictor(self) -> str:
        return PREDICTORS[self.kind]

    def __str__(self) -> str:
        """``a canary of v8-..., 25 % (step 2 of 4)``."""
        place = f" (step {self.step} of {len(self.steps)})" if self.kind == "canary" else ""
        return f"{ONE[self.kind]} of {self.release}, {self.weight} %{place}"

    def to_yaml(self) -> bytes:
        """The file's exact bytes."""
        content: dict[str, Any] = {
            "kind": self.kind,
            "release": self.release,
            "source": self.source,
            "started_at": self.started_at.astimezone(UTC).isoformat(timespec="seconds"),
        }
        if self.kind == "canary":
            content |= {"steps": list(self.steps), "step": self.step}
        elif self.kind == "shadow":
            content["share"] = self.share
        elif self.sticky is not None and self.hypothesis is not None:
            content["sticky"] = {"cookie": self.sticky.cookie, "days": self.sticky.days}
            content["hypothesis"] = self.hypothesis.to_dict()
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
        return (_HEAD + text).encode()


def parse_rollout(content: bytes, where: str) -> Rollout:
    """Read what ``Rollout.to_yaml`` wrote. Raises ``RolloutError``, which names ``where``."""
    restore = f"restore it from git (git log -- {where})"
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise RolloutError(f"{where} is not valid YAML: {reason}; {restore}") from None
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in _KEYS:
        raise RolloutError(f"{where}: kind is {kind!r}, not one of {', '.join(_KEYS)}; {restore}")
    if set(document) != set(_KEYS[kind]):
        raise RolloutError(f"{where}: {ONE[kind]} has the keys {', '.join(_KEYS[kind])}; {restore}")
    try:
        return _read(document, where)
    except (RolloutError, HypothesisError) as error:
        text = str(error)
        said = text if text.startswith(where) else f"{where}: {text}"
        raise RolloutError(f"{said}; {restore}") from None


def _read(document: Mapping[str, Any], where: str) -> Rollout:
    kind: Kind = document["kind"]
    for key in ("release", "source"):
        if not isinstance(document[key], str) or not document[key]:
            raise RolloutError(f"{key} is {document[key]!r}, not a name")
    common = (kind, document["release"], document["source"], _time(document["started_at"]))
    if kind == "shadow":
        share = document["share"]
        if type(share) is not int or not 1 <= share <= 100:
            raise RolloutError(f"share is {share!r}; it must be a whole percentage from 1 to 100")
        return Rollout(*common, share=share)
    if kind == "ab-test":
        sticky = document["sticky"]
        if not isinstance(sticky, dict) or set(sticky) != {"cookie", "days"}:
            raise RolloutError(f"sticky is {sticky!r}; it must have cookie and days")
        hypothesis = Hypothesis.from_dict(document["hypothesis"], where)
        return Rollout(*common, sticky=Sticky(**sticky), hypothesis=hypothesis)
    steps, step = document["steps"], document["step"]
    whole = isinstance(steps, list) and all(type(item) is int for item in steps)
    if not (whole and steps and steps == sorted({*steps}) and steps[0] > 0 and steps[-1] == 100):
        raise RolloutError(f"steps is {steps!r}; they rise in whole percentages and end with 100")
    if type(step) is not int or not 1 <= step <= len(steps):
        raise RolloutError(f"step is {step!r}; it must be from 1 to {len(steps)}")
    return Rollout(*common, steps=tuple(steps), step=step)


def _time(value: Any) -> datetime:
    # Quoted or not: YAML reads a time without quotes as a time.
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise RolloutError(f"started_at is {value!r}, not a time in ISO 8601") from None
    if time.tzinfo is None:
        raise RolloutError(f"started_at is {value}, without a time zone")
    return time.astimezone(UTC)
