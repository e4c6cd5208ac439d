"""Where things are: the only reader of environment variables outside ``serving``."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Places of this checkout; every one can be moved by the variable named beside it."""

    root: Path  # PROJECT_ROOT: the checkout; the present directory if not set
    model_name: str  # MODEL_NAME: the registered model; the project's name if not set
    tracking_uri: str  # MLFLOW_TRACKING_URI: an SQLite file in the checkout if not set
    bundle_store: Path  # BUNDLE_STORE: artifacts/bundles in the checkout if not set
    commit: str | None  # GIT_COMMIT: what the code is, where there is no repository to ask
    # PROMOTION_FORGE: github, gitlab or local; by the address of the remote if not set
    forge: str | None = None
    kustomize: str | None = None  # KUSTOMIZE: the program; else .venv/bin, else PATH

    @property
    def schema_path(self) -> Path:
        return self.root / "configs" / "schema.yaml"

    @property
    def reports(self) -> Path:
        return self.root / "artifacts" / "reports"

    @property
    def uses_local_tracking(self) -> bool:
        return self.tracking_uri.startswith("sqlite:")


def load_settings() -> Settings:
    """Settings of this process, read from the environment anew at every call."""
    root = Path(os.environ.get("PROJECT_ROOT") or Path.cwd()).resolve()
    tracking_uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"
    store = os.environ.get("BUNDLE_STORE") or root / "artifacts" / "bundles"
    return Settings(
        root=root,
        model_name=os.environ.get("MODEL_NAME") or _project_name(root),
        tracking_uri=tracking_uri,
        bundle_store=Path(store).resolve(),
        commit=os.environ.get("GIT_COMMIT") or None,
        forge=os.environ.get("PROMOTION_FORGE") or None,
        kustomize=os.environ.get("KUSTOMIZE") or None,
    )


def _project_name(root: Path) -> str:
    """The name in pyproject.toml; where there is none, as in an image, that of the package."""
    try:
        content = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        return content["project"]["name"]
    except (FileNotFoundError, KeyError):
        return __name__.split(".")[0].replace("_", "-")
