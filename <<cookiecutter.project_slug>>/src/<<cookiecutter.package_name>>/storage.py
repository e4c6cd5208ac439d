"""The bytes behind the pointers: recorded, pushed, pulled and fetched. The only module with DVC.

DVC is imported inside the functions: it costs a second that most commands need not pay.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .pointers import RAW, DatasetError, md5

if TYPE_CHECKING:
    from dvc.repo import Repo

_STAGE_HINT = "if a stage failed, its own message is above"
_REMOTE_HINT = "remotes, their credentials and usual mistakes: docs/how-to/version-data.md"


def fetch(root: Path, revision: str, commit: str, files: Mapping[str, tuple[Path, str]]) -> None:
    """Write files as they were at ``commit``, from the cache or else from the remote.

    ``files`` maps their names in the repository to (where to write, expected MD5); ``revision`` is
    what the user calls the commit. Raises ``DatasetError``; no file is left half-written.
    """
    from dvc.api import DVCFileSystem

    for name, (path, expected) in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        what = f"{name} of revision {revision!r} was not fetched"
        try:
            with _dvc(root, what) as repo:
                try:
                    source = DVCFileSystem(str(root), rev=commit, config=_present_remote(repo))
                    source.get_file(name, str(unfinished))
                except FileNotFoundError as error:
                    raise DatasetError(
                        f"{what}: its bytes are neither in the cache of this clone nor in "
                        f"{_remote(repo)}; send them with `make push-data` from a clone that has "
                        f"them, or make them again: `git checkout {revision}`, then `make data`"
                    ) from error
            if md5(unfinished) != expected:
                raise DatasetError(f"{what}: it arrived damaged; try again")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def record(root: Path) -> None:
    """Record ``data/raw``, rerun the stages that depend on a change: ``dvc add`` and ``dvc repro``.

    Raises ``DatasetError`` if a stage fails; its own message is on stderr by then.
    """
    # Stages call `python`: the one that runs this, not another one of this machine.
    own, others = str(Path(sys.executable).parent), os.environ.get("PATH", "").split(os.pathsep)
    if others[0] != own:
        os.environ["PATH"] = os.pathsep.join([own, *others])
    with _dvc(root, "the dataset was not made", hint=_STAGE_HINT) as repo:
        repo.add(targets=[str(root / RAW)])
        # Without it DVC would look for dvc.yaml in the present directory, not in root.
        repo.reproduce(all_pipelines=True)


def push(root: Path) -> int:
    """Send the bytes of the work tree's dataset to the remote; the number of files sent.

    Raises ``DatasetError`` unless the remote holds all of them afterwards.
    """
    what = "the data was not pushed"
    with _dvc(root, what) as repo:
        sent = int(repo.push())
        # DVC only warns about bytes that it has nowhere, and a warning does not stop a release.
        states = repo.status(cloud=True)
        absent = sorted(name for name, state in states.items() if state != "deleted")
        if absent:
            raise DatasetError(
                f"{what} to {_remote(repo)}: these bytes are not in the cache of this clone: "
                f"{', '.join(absent)}; make them again with `make data`"
            )
        return sent


def pull(root: Path) -> int:
    """Get the bytes that ``data/raw.dvc`` and ``dvc.lock`` record; the number of files fetched.

    Raises ``DatasetError`` if they cannot be had, and for changed files in ``data`` that DVC has no
    copy of: they are not overwritten.
    """
    with _dvc(root, "the data was not pulled") as repo:
        return int(repo.pull()["stats"]["fetched"])


class _Heard(logging.Handler):
    """What DVC logs on the way: often the only place that names the cause."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        self.lines.append(record.getMessage() + (f": {cause}" if cause else ""))

    def after(self, error: Exception) -> str:
        """The error and what was logged before it, as a list of at most four lines."""
        name = type(error).__name__
        reasons = dict.fromkeys([f"{name}: {error}" if str(error) else name, *self.lines])
        lines = [" ".join(reason.split()) for reason in list(reasons)[:4]]
        return "\n".join(f"  - {line[:400]}" for line in lines)


@contextmanager
def _dvc(root: Path, what: str, hint: str = _REMOTE_HINT) -> "Iterator[Repo]":
    """DVC's repository; whatever it or a store's client raises becomes a ``DatasetError``."""
    from dvc.repo import Repo

    heard = _Heard()
    # The level of these loggers is DVC's business; it is set once DVC is imported.
    loggers = [logging.getLogger(name) for name in ("dvc", "dvc_data", "dvc_objects")]
    place = ""
    try:
        for logger in loggers:
            logger.addHandler(heard)
        with Repo(str(root)) as repo:
            place = f" (remote: {_remote(repo)})" if hint == _REMOTE_HINT else ""
            yield repo
    except DatasetError:
        raise
    # Each store's client has its own errors, and four of them share no base class.
    except Exception as error:
        raise DatasetError(f"{what}{place}\n{heard.after(error)}\n{hint}") from error
    finally:
        for logger in loggers:
            logger.removeHandler(heard)


def _present_remote(repo: "Repo") -> dict[str, Any]:
    """DVC settings for an older commit, whose own settings may name a place that is gone.

    The remote gets a name that no commit uses: DVC would merge two of one name into neither.
    """
    name = repo.config["core"].get("remote")
    if name is None:
        return {}
    settings = dict(repo.config["remote"][name])
    return {"core": {"remote": "present"}, "remote": {"present": settings}}


def _remote(repo: "Repo") -> str:
    name = repo.config["core"].get("remote")
    return repo.config["remote"][name]["url"] if name else "a remote (.dvc/config names none)"
