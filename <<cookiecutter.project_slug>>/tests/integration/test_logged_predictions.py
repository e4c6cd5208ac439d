"""What a real server has logged, with labels that come later, monitored for real."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import checkout
import numpy as np
import pandas as pd
import pytest
from ports import free_port
from pushgateways import group, pushgateway, values
from servers import serving

from <<cookiecutter.package_name>> import pushing
from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.examples import request_body, shifted
from <<cookiecutter.package_name>>.observations.ledger import Ledger
from <<cookiecutter.package_name>>.registry import Registry
from <<cookiecutter.package_name>>.schema import load_schema
from <<cookiecutter.package_name>>.settings import load_settings

ROWS, REQUEST = 300, 20
CONFIG = Path("configs/monitoring.yaml")


@pytest.fixture(scope="module")
def logged(trained_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained checkout whose model has answered usual rows and, apart, shifted ones."""
    place = tmp_path_factory.mktemp("logged") / "checkout"
    shutil.copytree(trained_once, place)
    schema = load_schema(place / "configs" / "schema.yaml")
    rows = pd.read_parquet(place / "data/prepared/dataset.parquet").dropna()
    rows = rows.sample(ROWS, random_state=5, replace=len(rows) < ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained_once / 'mlflow.db'}")
        bundle = Path(Registry(load_settings()).champion().bundle)
    for name, chosen in (("usual", rows), ("shifted", shifted(rows, schema))):
        folder = place / "artifacts" / name
        with serving(
            bundle, folder.parent, SERVING_EVENT_FOLDER=str(folder), SERVING_EVENT_FEATURES="*"
        ) as server:
            for start in range(0, ROWS, REQUEST):
                part = chosen.iloc[start : start + REQUEST]
                inputs = request_body(part, schema)["inputs"]
                answer = server.infer(inputs, {"x-request-id": f"{name}-{start}"})
                assert answer.status == 200, answer.body
        # What is printed stays as it was.
        printed = [r for r in server.records() if r["event.dataset"] == "ml.prediction"]
        kept = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.ndjson")))
        assert len(printed) == len(kept.splitlines()) == ROWS
    label(place, rows[schema.target.name])
    return place


def label(place: Path, truth: pd.Series) -> None:
    """Two thirds are labelled; four labels cannot be used, each for a reason of its own."""
    later = datetime.now(UTC) + timedelta(minutes=5)
    ids = [f"usual-{n - n % REQUEST}-{n % REQUEST}" for n in range(ROWS)]
    told = [(ids[n], truth.iloc[n], later) for n in range(200)]
    told += [(ids[0], truth.iloc[0], later - timedelta(minutes=1))]
    told += [("nobody-0", truth.iloc[0], later), (ids[250], "neither", later)]
    told += [(ids[251], truth.iloc[251], later + timedelta(days=20))]
    frame = pd.DataFrame(told, columns=["event_id", "label", "labelled_at"])
    (place / "data" / "labels").mkdir()
    frame.to_csv(place / "data" / "labels" / "told.csv", index=False)


@pytest.fixture
def root(logged, trained_once, tmp_path, monkeypatch) -> Path:
    """A copy of the checkout for one test, with a registry of its own that it may add to.

    Figures go nowhere unless the test says so.
    """
    place = tmp_path / "checkout"
    shutil.copytree(logged, place)
    shutil.copyfile(trained_once / "mlflow.db", place / "mlflow.db")
    monkeypatch.chdir(place)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place / 'mlflow.db'}")
    monkeypatch.setattr(pushing, "PAUSES", (0.2, 0.2))
    use("usual")
    return place


def use(events: str) -> None:
    place = f"artifacts/{events}/*.ndjson"
    checkout.change(CONFIG, "parameters", "logged", "predictions", "path", to=place)


@pytest.fixture
def gateway(monkeypatch) -> Iterator[str]:
    with pushgateway(free_port()) as url:
        monkeypatch.setenv("PUSHGATEWAY_URL", url)
        yield url


def test_usual_predictions_are_as_expected_and_pushed(root, gateway, capsys):
    assert main(["monitor"]) == 0

    said = capsys.readouterr().out
    assert f"{ROWS} predictions of v1, {ROWS} of them recent, 200 labelled" in said
    assert "labels not used: 1 unknown, 1 duplicate, 1 late, 1 invalid" in said
    version = ("model_version", "v1")
    job = "ml-monitoring"
    assert values(gateway, job, "ml_rows_evaluated") == {(version,): ROWS}
    assert values(gateway, job, "ml_drift_share") == {(version,): 0}
    assert values(gateway, job, "ml_labels_coverage_ratio") == {(version,): pytest.approx(2 / 3)}
    rejected = values(gateway, job, "ml_labels_rejected")
    assert set(rejected.values()) == {1.0} and len(rejected) == 4
    schema = load_schema(root / "configs" / "schema.yaml")
    scores = values(gateway, job, "ml_feature_drift_score")
    assert {dict(key)["feature"] for key in scores} == set(schema.loggable)
    assert np.isfinite(list(scores.values())).all()
    quality = values(gateway, job, "ml_quality")
    reference = values(gateway, job, "ml_quality_reference")
    assert {dict(key)["metric"] for key in quality} <= {dict(key)["metric"] for key in reference}
    assert sum(values(gateway, job, "ml_outcomes_total").values()) == 200
    assert sum(values(gateway, job, "ml_ledger_predictions_total").values()) == ROWS
    for name in ("start", "created"):
        assert len(values(gateway, job, f"ml_ledger_{name}_timestamp_seconds")) == 1
    (pipeline,) = values(gateway, job, "ml_pipeline_last_success_timestamp_seconds")
    assert pipeline == (("pipeline", "monitoring"),)
    for name in ("predictions", "quality", "drift"):
        page = (root / f"artifacts/reports/monitoring-{name}.html").read_text("utf-8")
        assert page.lstrip().lower().startswith("<!doctype html>")

    # Run again, and after the events are gone: what was counted once is counted once.
    assert main(["monitor"]) == 0
    assert sum(values(gateway, job, "ml_outcomes_total").values()) == 200
    shutil.rmtree(root / "artifacts" / "usual")
    assert main(["monitor"]) == 0
    assert "no predictions are logged" in capsys.readouterr().out
    assert sum(values(gateway, job, "ml_outcomes_total").values()) == 200
    assert "ml_drift_share" not in group(gateway, job)
    totals = Ledger(root / "artifacts" / "monitoring" / "outcomes").totals()
    assert sum(totals["v1"].values()) == 200


def test_shifted_predictions_are_a_finding(root, capsys):
    use("shifted")

    assert main(["monitor"]) == 3

    said = capsys.readouterr().out
    assert "\ndrift: " in said and "  finding: drift: " in said
    assert "on_finding is none: nothing was done" in said
    assert "figures were not pushed: PUSHGATEWAY_URL is not set" in said


def test_a_finding_starts_a_training_once_a_day(root, capsys):
    use("shifted")
    checkout.change(CONFIG, "parameters", "logged", "on_finding", to="retrain")

    assert main(["monitor"]) == 3
    said = capsys.readouterr().out
    (log,) = (root / "artifacts" / "monitoring" / "retrainings").glob("*.log")
    assert "a training was started because of v1 and ended well" in said, log.read_text()
    assert "v2 is the champion" in log.read_text()

    # It is about the new champion from now on, which has answered nobody yet.
    assert main(["monitor"]) == 0
    assert "no predictions of v2 are logged, but 300 of v1" in capsys.readouterr().out


def test_a_gateway_that_is_away_is_told_loudly(root, monkeypatch, capsys):
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("PUSHGATEWAY_URL", url)

    assert main(["monitor"]) == 1

    assert f"no answer from the Pushgateway at {url} after 3 attempts" in capsys.readouterr().err


def test_a_training_tells_how_it_ended(root, gateway, monkeypatch, capsys):
    assert main(["train"]) == 0
    assert main(["train", "--revision", "no-such-tag"]) == 1

    job, pipeline = "ml-training", (("pipeline", "training"),)
    for end in ("success", "failure"):
        found = values(gateway, job, f"ml_pipeline_last_{end}_timestamp_seconds")
        assert found[pipeline] > 1.7e9
    assert values(gateway, job, "ml_pipeline_duration_seconds")[pipeline] > 0
    metrics = values(gateway, job, "ml_training_metric")
    champion = Registry(load_settings()).champion().version
    assert {dict(key)["model_version"] for key in metrics} == {champion}
    rows = len(pd.read_parquet("data/prepared/dataset.parquet"))
    assert set(values(gateway, job, "ml_training_rows").values()) == {rows}

    # A model is not lost because a gateway is away.
    monkeypatch.setenv("PUSHGATEWAY_URL", f"http://127.0.0.1:{free_port()}")
    capsys.readouterr()
    assert main(["train"]) == 0
    assert f"{champion} is the champion" in capsys.readouterr().out


def test_labels_that_cannot_be_read_are_named(root, capsys):
    (root / "data" / "labels" / "more.csv").write_text("id,label\n")

    assert main(["monitor"]) == 1

    assert "more.csv: there is no column event_id, labelled_at" in capsys.readouterr().err
