"""Running git: in one repository, whoever calls us, with a bound on the time of the network."""

import os
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

# Set inside a hook or an alias; they would make git work in another repository or on another index.
# What is left are settings that people and CI mean: identity, SSH command, credentials, config.
ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    # They change how paths are read, which are ours and not a person's.
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
)
SECONDS = 120


class GitError(RuntimeError):
    """Git refused or cannot do something; the message says what and the way out."""


class StaleError(GitError):
    """A branch is not what it was a moment ago: somebody else was quicker."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which git runs: messages in English, no questions at a terminal."""
    kept = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    return {"GIT_TERMINAL_PROMPT": "0", **kept, "LC_ALL": "C.UTF-8", **(more or {})}


def run(
    folder: Path,
    *arguments: str,
    stdin: bytes = b"",
    more: Mapping[str, str] | None = None,
    accept: Collection[int] = (0,),
    seconds: float = SECONDS,
) -> "subprocess.CompletedProcess[bytes]":
    """Run ``git`` in ``folder`` with ``more`` variables.

    Raises ``GitError`` with git's own words for an exit status that is not in ``accept``, for a
    missing git, and if it takes longer than ``seconds``.
    """
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=seconds, env=environment(more)
        )
    except FileNotFoundError as error:
        raise GitError("git is not installed, or not on PATH; install it") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(
            f"`git {arguments[0]}` did not end within {seconds:g} s; check the network and the "
            "credentials of the remote, then run the same command again"
        ) from error
    if done.returncode not in accept:
        raise GitError(f"`git {arguments[0]}` failed in {folder}: {said(done)}")
    return done


def text(folder: Path, *arguments: str) -> str:
    """What git prints, without the line end."""
    return run(folder, *arguments).stdout.decode(errors="replace").rstrip("\n")


def config(folder: Path, key: str, *options: str) -> str | None:
    """A setting of the user, the machine or the repository; ``None`` if it is not set."""
    done = run(folder, "config", "--get", *options, key, accept=(0, 1))
    return done.stdout.decode().strip() or None


def author(folder: Path) -> str:
    """The name that a commit would bear now."""
    done = run(folder, "var", "GIT_AUTHOR_IDENT", accept=(0, 128))
    return done.stdout.decode(errors="replace").partition(" <")[0] or "unknown"


def said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """What git wrote to say why, in one line."""
    words = done.stderr.decode(errors="replace") or done.stdout.decode(errors="replace")
    lines = [line.removeprefix("fatal: ").removeprefix("error: ") for line in words.splitlines()]
    kept = [line.strip() for line in lines if line.strip() and not line.startswith("hint:")]
    # An address may hold a password.
    return re.sub(r"://[^/@\s]+@", "://", "; ".join(kept))[:600] or f"exit status {done.returncode}"
