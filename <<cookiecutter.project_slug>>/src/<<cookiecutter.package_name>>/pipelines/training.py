"""The training pipeline: from a dataset revision to a registered model with its bundle."""

from typing import Any

from zenml import pipeline
from zenml.enums import ExecutionMode

from ..drift import DriftSettings
from ..gate import GateSettings
from ..quality import QualitySettings
from ..steps.check_data import check_data
from ..steps.check_gate import check_gate
from ..steps.evaluate_model import evaluate_model
from ..steps.load_data import load_data
from ..steps.log_run import log_run
from ..steps.push_training import push_training
from ..steps.register_model import register_model
from ..steps.resolve_dataset import resolve_dataset
from ..steps.run_clock import push_failure
from ..steps.train_model import train_model
from ..training import ModelSettings, SplitSettings
from .events import step_ended, step_started


@pipeline(
    name="training",
    execution_mode=ExecutionMode.FAIL_FAST,
    on_start=step_started,
    on_end=step_ended,
    on_failure=push_failure,
)
def training(
    split: SplitSettings,
    model: ModelSettings,
    quality: QualitySettings,
    drift: DriftSettings,
    gate: GateSettings,
    revision: str | None = None,
    report_rows: int = 5000,
) -> None:
    """Settings come from ``configs/training.yaml``; ``revision`` names an older dataset."""
    dataset, schema = resolve_dataset(revision)
    train, test = load_data(dataset, schema, split)
    quality_verdict, drift_verdict, quality_report, drift_report = check_data(
        train, test, schema, quality, drift, report_rows
    )
    estimator = train_model(train, schema, model)
    evaluation = evaluate_model(estimator, test, schema, split.seed)
    run_id = log_run(
        estimator,
        dataset,
        schema,
        evaluation,
        quality_verdict,
        drift_verdict,
        quality_report,
        drift_report,
        _parameters(split, model),
    )
    verdict = check_gate(
        estimator,
        test,
        schema,
        evaluation,
        quality_verdict,
        drift_verdict,
        run_id,
        gate,
        split.seed,
    )
    model_version = register_model(
        estimator,
        dataset,
        schema,
        evaluation,
        drift_verdict,
        verdict,
        quality_report,
        drift_report,
        run_id,
    )
    push_training(evaluation, quality_verdict, model_version)


def _parameters(split: SplitSettings, model: ModelSettings) -> dict[str, Any]:
    """What MLflow shows and compares as parameters, flat."""
    return {
        "model": model.kind,
        "seed": model.seed,
        "test_share": split.test_share,
        "split_seed": split.seed,
        **{f"model.{name}": value for name, value in model.parameters.items()},
    }
