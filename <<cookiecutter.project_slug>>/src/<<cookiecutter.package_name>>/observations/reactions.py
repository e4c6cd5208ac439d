"""What follows from a finding: nothing, another training, or an issue that a person looks at."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ..settings import Observability, Settings
from .logged_settings import OnFinding
from .records import ObservationError

LABEL = "model-monitoring"
# More data than this to train on, and something else is wrong.
_TRAINING_SECONDS = 6 * 3600


def react(
    observation: Mapping[str, Any],
    on_finding: OnFinding,
    settings: Settings,
    access: Observability,
    now: datetime,
) -> str:
    """Do what the setting says about the findings, and say what was done.

    A training is started at most once a model version and day; an issue of a version that is open
    already is brought up to date. Raises ``ObservationError`` and ``ForgeError``.
    """
    findings, version = observation["findings"], observation["model_version"]
    if not findings:
        return "nothing to do"
    if on_finding == "retrain":
        return _retrain(settings, version, now)
    if on_finding == "issue":
        return _open_issue(observation, settings, access, now)
    return "on_finding is none: nothing was done"


def _retrain(settings: Settings, version: str, now: datetime) -> str:
    mark = settings.monitoring_state / "retrainings" / f"{version}-{now:%Y-%m-%d}"
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        # Made before the training: one that fails is not tried all day.
        mark.touch(exist_ok=False)
    except FileExistsError:
        return f"a training was already started today because of {version}"
    except OSError as error:
        raise ObservationError(
            f"{mark} cannot be written: {error.strerror or error}; free some space or set "
            "MONITORING_STATE. No training was started, as it could not be remembered"
        ) from error
    log = mark.with_suffix(".log")
    code = _train(settings.root, log)
    if code:
        return f"a training was started because of {version} and ended with {code}: see {log}"
    return f"a training was started because of {version} and ended well: see {log}"


def _train(root: Path, log: Path) -> int:
    # In a process of its own: a pipeline that starts another one waits for itself.
    command = [sys.executable, "-m", __package__.partition(".")[0], "train", "--no-cache"]
    with log.open("wb") as out:
        run = subprocess.run(
            command, cwd=root, stdout=out, stderr=subprocess.STDOUT, timeout=_TRAINING_SECONDS
        )
    return run.returncode


def _open_issue(
    observation: Mapping[str, Any], settings: Settings, access: Observability, now: datetime
) -> str:
    from ..promotion.forges.issues import choose_issues
    from ..promotion.repository import Repository

    url = access.repository or Repository(settings.root).remote.url
    issues = choose_issues(settings.root, url, settings.forge)
    title = f"{access.model_name} {observation['model_version']} in {access.environment}"
    issue = issues.open_issue(f"Monitoring: {title}", issue_text(observation, now), (LABEL,))
    return f"issue {issue.number}: {issue.url}"


def issue_text(observation: Mapping[str, Any], now: datetime) -> str:
    """Markdown: the findings, what they rest on, and what to do."""
    events, labels = observation["events"], observation["labels"]
    findings = "\n".join(f"- {text}" for text in observation["findings"])
    notes = "\n".join(f"- {text}" for text in observation["notes"])
    return (
        f"Found on {now:%Y-%m-%d %H:%M} UTC in {events['of_version']} predictions "
        f"({events['recent']} recent, {labels['used']} labelled):\n\n{findings}\n"
        + (f"\nNot measured, or odd:\n\n{notes}\n" if notes else "")
        + "\n`docs/how-to/monitor.md` says how to look closer. Close this issue when it is dealt "
        "with; the next finding opens another one.\n"
    )
