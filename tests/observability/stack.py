"""The platform's search engine as its bootstrap job makes it, and lines on their way into it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bakery import ROOT
from tests.observability.engine import Engine

ELASTIC = ROOT / "observability" / "elastic"
BOOTSTRAP = ELASTIC / "bootstrap"
STREAMS = "logs-*"
# What Filebeat writes into a document before it knows what the line says.
READ = "2026-11-28T12:00:00.000Z"


def bootstrap(
    url: str,
    overlay: str | Path = "nonprod",
    folder: Path = BOOTSTRAP,
    arguments: tuple[str, ...] = (),
    salt: str = "of this test",
) -> subprocess.CompletedProcess[str]:
    """Run the job as its pod does, against `url`, with the settings of an overlay or of a file."""
    settings = overlay
    if isinstance(overlay, str):
        settings = ELASTIC / "overlays" / overlay / "settings.json"
    command = [sys.executable, "-B", str(folder / "bootstrap.py"), f"--engine={url}"]
    command += [f"--settings={settings}", "--wait=30", *arguments]
    environment = {"PATH": os.environ["PATH"], "HASH_SALT": salt}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def apply(engine: Engine, overlay: str = "nonprod", folder: Path = BOOTSTRAP) -> str:
    """Run the job, which must succeed, and return what it says."""
    done = bootstrap(engine.url, overlay, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clear(engine: Engine) -> None:
    """Take away everything that the job and its lines have made."""
    engine.call("DELETE", f"/_data_stream/{STREAMS}")
    for kind, path in (("index_template", "name"), ("component_template", "name")):
        for each in engine.call("GET", f"/_{kind}")[f"{kind}s"]:
            if each[path].startswith(("ml-", "platform", "elastalert")):
                engine.call("DELETE", f"/_{kind}/{each[path]}")
    # With a star it is no error that there is none.
    engine.call("DELETE", "/_ingest/pipeline/*")


def changed_copy(folder: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of the job's folder in which one text of one file is another."""
    copy = folder / "bootstrap"
    shutil.copytree(BOOTSTRAP, copy)
    path = copy / "objects" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return copy


def ship(engine: Engine, lines: list[str], dataset: str, environment: str = "dev") -> None:
    """Index lines as they stand in the file of a container; each must be taken.

    `dataset` is that of lines which name none.
    """
    streams: dict[str, list[str | dict]] = {}
    for line in lines:
        streams.setdefault(_dataset(line) or dataset, []).append(
            {"@timestamp": READ, "message": line, "container": {"name": "model"}}
        )
    for name, documents in streams.items():
        taken = engine.index(f"logs-{name}-{environment}", documents)
        refused = [each for each in taken if each["status"] != 201 and "error" in each]
        assert not refused, refused[:3]


def _dataset(line: str) -> str | None:
    try:
        return json.loads(line).get("event.dataset")
    except (ValueError, AttributeError):
        return None
