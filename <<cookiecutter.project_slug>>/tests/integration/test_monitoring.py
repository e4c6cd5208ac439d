"""New rows against the champion's data, and the commands that only look."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from <<cookiecutter.package_name>>.__main__ import main


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trained checkout; its records keep the places of the original."""
    place = tmp_path / "checkout"
    shutil.copytree(trained_once, place)
    monkeypatch.chdir(place)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained_once / 'mlflow.db'}")
    return place


def batch(path: Path, rows: int = 150, raised: int = 0) -> Path:
    schema = yaml.safe_load(Path("configs/schema.yaml").read_text())
    names = [feature["name"] for feature in schema["features"]]
    frame = pd.read_parquet("data/prepared/dataset.parquet").sample(rows, random_state=3)
    frame = frame[names].astype(float)
    for feature in schema["features"][:raised]:
        name = feature["name"]
        frame[name] = (frame[name] + 2 * frame[name].std()).clip(upper=feature.get("maximum"))
    frame.to_csv(path, index=False)
    return path


def test_usual_rows_are_no_drift(trained, tmp_path, capsys):
    assert main(["monitor", "--batch", str(batch(tmp_path / "usual.csv"))]) == 0
    assert "no drift: 0 of" in capsys.readouterr().out
    for name in ("drift", "quality"):
        page = Path(f"artifacts/reports/monitoring-{name}.html").read_text("utf-8")
        assert page.lstrip().lower().startswith("<!doctype html>")


def test_shifted_rows_are_drift_with_the_columns_named(trained, tmp_path, capsys):
    schema = yaml.safe_load(Path("configs/schema.yaml").read_text())
    names = [feature["name"] for feature in schema["features"]]
    raised = -(-len(names) // 2)
    assert main(["monitor", "--batch", str(batch(tmp_path / "odd.csv", raised=raised))]) == 3
    said = capsys.readouterr().out
    assert "\ndrift: " in said
    assert any(f"  {name}: " in said for name in names[:raised])


def test_few_rows_are_not_enough_data_and_not_no_drift(trained, tmp_path, capsys):
    assert main(["monitor", "--batch", str(batch(tmp_path / "few.csv", rows=20))]) == 0
    assert "not enough data" in capsys.readouterr().out


def test_rows_that_break_the_schema_are_a_finding(trained, tmp_path, capsys):
    path = batch(tmp_path / "broken.csv")
    frame = pd.read_csv(path)
    frame.drop(columns=frame.columns[0]).to_csv(path, index=False)
    assert main(["monitor", "--batch", str(path)]) == 3
    assert f"error: {frame.columns[0]}" in capsys.readouterr().out


def test_missing_batch_says_which(trained, capsys):
    assert main(["monitor", "--batch", "nowhere.csv"]) == 1
    assert "nowhere.csv" in capsys.readouterr().err


def test_missing_champion_says_what_to_do(root, capsys):
    for command in (["monitor"], ["champion"]):
        assert main(command) == 1
        assert "make train" in capsys.readouterr().err


def test_champion_compare_and_verify(trained, capsys):
    assert main(["champion", "--bundle"]) == 0
    bundle = capsys.readouterr().out.strip()
    assert main(["verify", bundle]) == 0
    assert "files are whole" in capsys.readouterr().out
    assert main(["compare", "--last", "5"]) == 0
    assert "artifacts/reports/compare.html" in capsys.readouterr().out
    page = Path("artifacts/reports/compare.html").read_text("utf-8")
    assert 'class="champion"' in page and "data:image/png" in page


def test_schema_is_proposed_from_the_raw_data(trained, capsys):
    written = yaml.safe_load(Path("configs/schema.yaml").read_text())
    assert main(["schema", "--target", written["target"]["name"], "--write"]) == 0
    proposed = yaml.safe_load(Path("configs/schema.yaml").read_text())
    assert [each["name"] for each in proposed["features"]] == [
        each["name"] for each in written["features"]
    ]
    assert main(["schema", "--target", "nothing"]) == 1
    assert "there is no column 'nothing'" in capsys.readouterr().err
