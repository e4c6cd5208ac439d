"""MLflow: one run a training, one registered version a model that passed the gate.

The alias ``champion`` names the version that serves and that the next candidate has to face.
"""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .schema import Schema
from .settings import Settings

if TYPE_CHECKING:
    import pandas as pd

CHAMPION = "champion"
_MODEL_URI = "model_uri"


class RegistryError(RuntimeError):
    """MLflow cannot be reached or does not hold what is asked for; the message says the way out."""


@dataclass(frozen=True)
class ModelVersion:
    """A registered version, spelled ``v7``, with its bundle's place and digest."""

    name: str
    version: str
    run_id: str
    bundle: str
    digest: str


class Registry:
    """The registered model of this project in the tracking server that ``settings`` name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.name = settings.model_name

    def champion(self) -> ModelVersion | None:
        """The version behind the alias; ``None`` before the first registration."""
        from mlflow.exceptions import MlflowException

        with self._reachable() as client:
            try:
                found = client.get_model_version_by_alias(self.name, CHAMPION)
            except MlflowException as error:
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise
        tags = found.tags
        return ModelVersion(
            self.name,
            f"v{found.version}",
            found.run_id,
            tags.get("bundle", ""),
            tags.get("bundle_digest", ""),
        )

    def check(self) -> None:
        """Raise ``RegistryError`` if MLflow cannot be reached: now, not after long training."""
        self.champion()

    def log_run(
        self,
        name: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        artifacts: Path,
        estimator: Any,
        schema: Schema,
    ) -> str:
        """Record one training with all files below ``artifacts``; returns its run id."""
        import mlflow

        with self._reachable():
            mlflow.set_experiment(experiment_id=self._experiment())
            with mlflow.start_run(run_name=name, tags=dict(tags)) as run:
                mlflow.log_params(dict(parameters))
                mlflow.log_metrics(dict(metrics))
                mlflow.log_artifacts(str(artifacts))
                mlflow.set_tag(_MODEL_URI, _log_model(estimator, schema))
            return run.info.run_id

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        with self._reachable() as client:
            for key, value in tags.items():
                client.set_tag(run_id, key, value)

    def register(
        self, run_id: str, facing: str | None, write: Callable[[str], tuple[Path, str]]
    ) -> ModelVersion:
        """Register the run's model and make it champion, or do neither.

        ``facing`` is the champion that the gate compared with; if another training has put a new
        one there meanwhile, ``RegistryError`` is raised. ``write`` gets the new version and returns
        the bundle's directory and digest; if it fails, the version is removed again.
        """
        with _lock(self._settings), self._reachable() as client:
            present = self.champion()
            if (present.version if present else None) != facing:
                raise RegistryError(
                    f"the champion of {self.name} changed from {facing or 'none'} to "
                    f"{present.version if present else 'none'} while this model was trained; "
                    "train again to face the new one. The run is kept, nothing was registered"
                )
            if not client.search_registered_models(f"name = '{self.name}'"):
                client.create_registered_model(self.name)
            source = client.get_run(run_id).data.tags[_MODEL_URI]
            created = client.create_model_version(self.name, source, run_id)
            try:
                folder, digest = write(f"v{created.version}")
            except BaseException:
                client.delete_model_version(self.name, created.version)
                raise
            for key, value in {"bundle": str(folder), "bundle_digest": digest}.items():
                client.set_model_version_tag(self.name, created.version, key, value)
            client.set_registered_model_alias(self.name, CHAMPION, created.version)
            return ModelVersion(self.name, f"v{created.version}", run_id, str(folder), digest)

    def experiment_key(self) -> str:
        """Tells this experiment from one of the same name in a database that was made anew."""
        import mlflow

        with self._reachable():
            experiment = mlflow.get_experiment(self._experiment())
            return f"{experiment.experiment_id} {experiment.creation_time}"

    def runs(self, last: int) -> "pd.DataFrame":
        """The last runs, newest first (columns as ``mlflow.search_runs`` names them)."""
        import mlflow

        with self._reachable():
            return mlflow.search_runs([self._experiment()], max_results=last)

    def _experiment(self) -> str:
        """The experiment's id; a local one keeps its artifacts in the checkout."""
        import mlflow

        found = mlflow.get_experiment_by_name(self.name)
        if found is not None:
            return found.experiment_id
        place = None
        if self._settings.uses_local_tracking:
            place = (self._settings.root / "artifacts" / "mlflow").as_uri()
        return mlflow.create_experiment(self.name, artifact_location=place)

    @contextmanager
    def _reachable(self):
        """A client; anything that the server or the network refuses becomes a ``RegistryError``."""
        _quiet()
        import mlflow
        from mlflow.exceptions import MlflowException

        uri = self._settings.tracking_uri
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        try:
            yield mlflow.MlflowClient()
        except MlflowException as error:
            raise RegistryError(
                f"MLflow at {uri}: {error.message}. If the address is wrong or the server down, "
                "check MLFLOW_TRACKING_URI; unset it to use the local SQLite file"
            ) from error


@contextmanager
def _lock(settings: Settings):
    """One registration at a time on this machine; others wait."""
    import fcntl

    place = settings.root / "artifacts"
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".registering").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _log_model(estimator: Any, schema: Schema) -> str:
    import mlflow.sklearn
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec
    from mlflow.types import Schema as Columns

    # Every input is a double: the model sees the encoded matrix, a category as its index.
    inputs = Columns([ColSpec("double", name) for name in schema.feature_names])
    kind = "long" if schema.target.classes else "double"
    signature = ModelSignature(inputs=inputs, outputs=Columns([ColSpec(kind)]))
    logged = mlflow.sklearn.log_model(
        estimator,
        name="model",
        signature=signature,
        # The default format refuses to write trees before each of their types is named as trusted.
        serialization_format="cloudpickle",
        # Named here, for otherwise MLflow starts another process to find out.
        pip_requirements=[_pinned("scikit-learn"), _pinned("numpy")],
    )
    return logged.model_uri


def _pinned(package: str) -> str:
    from importlib.metadata import version

    return f"{package}=={version(package)}"


def _quiet() -> None:
    import logging
    import os

    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # The default of seven retries keeps a person waiting for minutes before the error is said.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # These warn at every run: of pip, which uv does not need, and of pickles, chosen knowingly.
    for name in ("mlflow.utils.environment", "mlflow.sklearn"):
        logging.getLogger(name).setLevel(logging.ERROR)
