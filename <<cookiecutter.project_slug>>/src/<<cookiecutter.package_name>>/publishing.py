"""What a registered model leaves behind: the content of its bundle."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .bundle import unwritable, write_bundle
from .predictor import dump_estimator
from .schema import Schema

# What must be the same where the model is loaded; everything else is free to differ.
_PACKAGES = ("scikit-learn", "numpy", "pandas")


def publish(
    store: Path,
    name: str,
    model_version: str,
    estimator: Any,
    schema: Schema,
    files: Mapping[str, bytes | Path],
    facts: Mapping[str, Any],
) -> tuple[Path, str]:
    """Write the bundle of one model version; returns its directory and digest.

    ``files`` are further files by their path in the bundle; ``facts`` go into ``bundle.json``
    (run, data, commit, metrics). Raises ``BundleError`` and leaves nothing if it cannot be written.
    """
    manifest = {
        "name": name,
        "version": model_version,
        "task": schema.target.task,
        "model_format": "sklearn",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "packages": {package: version(package) for package in _PACKAGES},
        **facts,
    }
    try:
        store.mkdir(parents=True, exist_ok=True)
        # In the store, so that its disk is the only one that can be full.
        with tempfile.TemporaryDirectory(prefix=".content-", dir=store) as scratch:
            content = Path(scratch)
            _gather(content, files)
            (content / "model").mkdir(exist_ok=True)
            dump_estimator(estimator, content / "model" / "model.joblib")
            (content / "schema.json").write_bytes(schema.to_json())
            settings = _server_settings(name, model_version)
            (content / "model-settings.json").write_text(settings, encoding="utf-8")
            folder = write_bundle(store, manifest, content)
    except OSError as error:
        raise unwritable(store / name, error) from error
    return folder, json.loads((folder / "bundle.json").read_text(encoding="utf-8"))["digest"]


def _gather(content: Path, files: Mapping[str, bytes | Path]) -> None:
    for path, what in files.items():
        place = content / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, Path):
            shutil.copyfile(what, place)
        else:
            place.write_bytes(what)


def _server_settings(name: str, model_version: str) -> str:
    """Lets MLServer start the bundle's directory as it is."""
    settings = {
        "name": name,
        "implementation": f"{__package__}.serving.runtime.BundleRuntime",
        "parameters": {"uri": ".", "version": model_version},
    }
    return json.dumps(settings, indent=2) + "\n"
