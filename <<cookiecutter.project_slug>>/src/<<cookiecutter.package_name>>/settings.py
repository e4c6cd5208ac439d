"""Where things are: the only reader of environment variables outside ``serving``."""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
    # MONITORING_STATE: what monitoring remembers; artifacts/monitoring if not set
    state: Path | None = None

    @property
    def schema_path(self) -> Path:
        return self.root / "configs" / "schema.yaml"

    @property
    def reports(self) -> Path:
        return self.root / "artifacts" / "reports"

    @property
    def monitoring_state(self) -> Path:
        """What monitoring remembers from run to run: booked outcomes, answers to findings."""
        return self.state or self.root / "artifacts" / "monitoring"

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
        state=Path(state).resolve() if (state := os.environ.get("MONITORING_STATE")) else None,
    )


@dataclass(frozen=True)
class Observability:
    """Whose figures these are, and how to reach what keeps logs and figures."""

    model_name: str
    environment: str = "dev"  # MLOPS_ENVIRONMENT
    namespace: str = ""  # POD_NAMESPACE; <model>-<environment> outside a cluster
    team: str = "unknown"  # MLOPS_TEAM; the first author in pyproject.toml if not set
    pushgateway: str | None = None  # PUSHGATEWAY_URL: nothing is pushed without one
    elasticsearch: str | None = None  # ELASTICSEARCH_URL: for a reader that names no url itself
    # ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME with ELASTICSEARCH_PASSWORD
    api_key: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: Path | None = None  # ELASTICSEARCH_CA_FILE: certificates to trust, besides the usual
    bundle: str | None = None  # MONITORED_BUNDLE: folder or address; the champion's if not set
    bundle_digest: str | None = None  # MONITORED_BUNDLE_DIGEST
    repository: str | None = None  # REPOSITORY_URL: where issues are opened, if not the remote

    @property
    def grouping(self) -> dict[str, str]:
        """What tells the pushed figures of this model from all others."""
        return {
            "namespace": self.namespace,
            "environment": self.environment,
            "team": self.team,
            "model_name": self.model_name,
        }


def load_observability() -> Observability:
    """Read from the environment anew at every call."""
    settings = load_settings()
    environment = os.environ.get("MLOPS_ENVIRONMENT") or "dev"
    authority = os.environ.get("ELASTICSEARCH_CA_FILE")
    return Observability(
        model_name=settings.model_name,
        environment=environment,
        namespace=os.environ.get("POD_NAMESPACE") or f"{settings.model_name}-{environment}",
        team=os.environ.get("MLOPS_TEAM") or _team(settings.root),
        pushgateway=os.environ.get("PUSHGATEWAY_URL") or None,
        elasticsearch=os.environ.get("ELASTICSEARCH_URL") or None,
        api_key=os.environ.get("ELASTICSEARCH_API_KEY") or None,
        username=os.environ.get("ELASTICSEARCH_USERNAME") or None,
        password=os.environ.get("ELASTICSEARCH_PASSWORD") or None,
        authority=Path(authority) if authority else None,
        bundle=os.environ.get("MONITORED_BUNDLE") or None,
        bundle_digest=os.environ.get("MONITORED_BUNDLE_DIGEST") or None,
        repository=os.environ.get("REPOSITORY_URL") or None,
    )


def log_format() -> str:
    """``json`` or ``text``: what LOG_FORMAT says; if not set, json in a cluster, else text."""
    given = os.environ.get("LOG_FORMAT", "").strip().lower()
    # Kubernetes tells every pod where its API is.
    standard = "json" if os.environ.get("KUBERNETES_SERVICE_HOST") else "text"
    return given if given in ("json", "text") else standard


def _project_name(root: Path) -> str:
    """The name in pyproject.toml; where there is none, as in an image, that of the package."""
    return _project(root).get("name") or __name__.split(".")[0].replace("_", "-")


def _team(root: Path) -> str:
    authors = _project(root).get("authors") or [{}]
    return authors[0].get("name") or "unknown"


def _project(root: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content.get("project", {})
