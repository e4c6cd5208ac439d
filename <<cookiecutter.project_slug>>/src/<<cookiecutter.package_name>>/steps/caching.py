"""When a cached step may stand for a new one.

ZenML looks at a step's own source, parameters and inputs. A step here is a thin wrapper, so its
source says nothing: the work is in other modules of the package, and all of them count.
"""

import hashlib
import json
from pathlib import Path

from zenml.config.cache_policy import CachePolicy

from ..registry import Registry
from ..settings import load_settings


def code_key() -> str:
    """SHA-256 over every Python file of the package outside ``serving``."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if not name.startswith("serving/"):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def tracking_key() -> str:
    """The code, and the place where the run was logged: a run in another place is no run here."""
    settings = load_settings()
    return json.dumps([code_key(), settings.tracking_uri, Registry(settings).experiment_key()])


BY_CONTENT = CachePolicy(cache_func=code_key)
BY_TRACKING = CachePolicy(cache_func=tracking_key)
