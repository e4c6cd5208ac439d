"""What the commands do besides the modules they call; pipelines are played by stand-ins."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from <<cookiecutter.package_name>> import commands, dataset, failures, registry
from <<cookiecutter.package_name>>.__main__ import main
from <<cookiecutter.package_name>>.bundle import write_bundle
from <<cookiecutter.package_name>>.pointers import PREPARED, PROFILE, REFERENCE, md5
from <<cookiecutter.package_name>>.schema import load_schema

FEATURES = ["alcohol", "ash", "magnesium", "strong", "colour", "code"]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("PROJECT_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    return tmp_path


@pytest.fixture
def project(root, wines) -> Path:
    """A checkout whose source is a file with one column too many and one by another name."""
    raw = wines.frame.rename(columns={"ash": "Ash (g/l)"}).assign(comment="free text")
    raw.to_csv(root / "wines.csv", index=False)
    prepare = {"rename": {"Ash (g/l)": "ash"}, "drop_columns": ["comment"]}
    params = {"source": {"kind": "file", "path": "wines.csv"}, "prepare": prepare}
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    (root / "configs" / "schema.yaml").write_bytes(wines.schema.to_json())
    return root


def test_a_whole_bundle_is_confirmed(root, capsys):
    (root / "content").mkdir()
    (root / "content" / "schema.json").write_bytes(b"{}")
    place = write_bundle(root, {"name": "wines", "version": "v7"}, root / "content")

    assert main(["verify", str(place)]) == 0
    assert capsys.readouterr().out == "wines v7: all 1 files are whole\n"


def test_a_schema_is_proposed_from_the_raw_data_and_written_only_on_demand(project, capsys):
    before = (project / "configs" / "schema.yaml").read_bytes()
    assert main(["ingest"]) == 0
    capsys.readouterr()

    assert main(["schema", "--target", "cultivar", "--id", "bottle"]) == 0
    text = capsys.readouterr().out
    assert (project / "configs" / "schema.yaml").read_bytes() == before
    assert main(["schema", "--target", "cultivar", "--id", "bottle", "--write"]) == 0

    assert capsys.readouterr().out == f"{project}/configs/schema.yaml written for 8 columns; " + (
        "correct it\n"
    )
    schema = load_schema(project / "configs" / "schema.yaml")
    assert text == (project / "configs" / "schema.yaml").read_text() + "\n"
    assert schema.feature_names == FEATURES
    assert schema.column("code").values == ["007", "070", "700"]
    assert schema.target.classes == ["01", "02", "03"]


def test_a_new_schema_forgets_no_personal_feature(project):
    path = project / "configs" / "schema.yaml"
    content = yaml.safe_load(path.read_text())
    content["features"][0]["personal"] = True
    path.write_text(yaml.safe_dump(content))
    assert main(["ingest"]) == 0

    assert main(["schema", "--target", "cultivar", "--id", "bottle", "--write"]) == 0

    name = content["features"][0]["name"]
    assert [column.name for column in load_schema(path).features if column.personal] == [name]


def test_a_schema_can_be_proposed_from_any_file(project, capsys):
    (project / "other.csv").write_text("x,y\n1,2.5\n2,3.5\n3,4.25\n")

    assert main(["schema", "--target", "y", "--source", "other.csv"]) == 0
    assert "{name: x, type: integer" in capsys.readouterr().out

    assert main(["schema", "--target", "z", "--source", "other.csv"]) == 1
    assert "there is no column 'z'; the data has: x, y" in capsys.readouterr().err


def test_the_stages_say_what_they_made(project, capsys):
    said = []
    for command in ("ingest", "ingest", "prepare", "reference"):
        assert main([command]) == 0
        said.append(capsys.readouterr().out)

    assert said == [
        "data/raw is new\n",
        "data/raw holds the source already\n",
        "178 rows in data/prepared/dataset.parquet\n",
        "178 rows in data/reference/reference.parquet\n",
    ]


def test_data_is_fetched_recorded_and_named(project, capsys, monkeypatch):
    recorded = []
    found = SimpleNamespace(hash="d41d8cd9", path=project / "data.parquet")
    monkeypatch.setattr(dataset, "record", recorded.append)
    monkeypatch.setattr(dataset, "resolve", lambda root: found)

    assert main(["data"]) == 0
    assert main(["data"]) == 0

    assert recorded == [project, project]
    first, again = capsys.readouterr().out.split("source fetched\n")[1].split("data/raw holds")
    assert first.startswith(f"dataset d41d8cd9 in {project}/data.parquet\nnext: git add")
    assert again.startswith(" the source already\n")


@pytest.mark.parametrize(
    ("command", "name", "text"),
    [("push-data", "push", "2 files sent to"), ("pull-data", "pull", "2 files fetched from")],
)
def test_data_travels_and_is_counted(root, capsys, monkeypatch, command, name, text):
    monkeypatch.setattr(dataset, name, lambda place: 2 if place == root else 0)

    assert main([command]) == 0
    assert capsys.readouterr().out == f"{text} the remote\n"


def test_the_champion_is_told_with_its_bundle_or_by_it_alone(capsys, monkeypatch):
    found = registry.ModelVersion("wines", "v2", "run", "/store/wines/0123", "sha256:0123")
    monkeypatch.setattr(registry.Registry, "champion", lambda self: found)

    assert main(["champion"]) == main(["champion", "--bundle"]) == 0
    assert capsys.readouterr().out == "wines v2 /store/wines/0123\n/store/wines/0123\n"


def test_without_a_champion_nothing_is_printed_that_a_script_could_take_for_one(
    capsys, monkeypatch
):
    monkeypatch.setattr(registry.Registry, "champion", lambda self: None)

    assert main(["champion", "--bundle"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: no model is registered yet; `make train`")


CONFIG = {"parameters": {"revision": None, "batch": "old.csv", "split": {"seed": 1}}}


class Pipeline:
    """Remembers what it was run with, and hands out what its steps would have made."""

    def __init__(self, **outputs: object) -> None:
        self.outputs = outputs

    def with_options(self, config_path: str, enable_cache: bool | None) -> "Pipeline":
        self.parameters = yaml.safe_load(Path(config_path).read_text())["parameters"]
        self.enable_cache = enable_cache
        return self

    def __call__(self) -> SimpleNamespace:
        steps = {}
        for name, value in self.outputs.items():
            step, _, output = name.partition("__")
            made = [SimpleNamespace(load=lambda value=value: value)]
            steps.setdefault(step, SimpleNamespace(outputs={})).outputs[output] = made
        return SimpleNamespace(steps=steps)


@pytest.fixture
def run(monkeypatch, root):
    """Runs a command line with a stand-in for the pipeline of that name."""
    real = commands.import_module

    def start(pipeline: Pipeline, name: str, *line: str) -> int:
        def find(module: str, package: str):
            if not module.startswith(".pipelines"):
                return real(module, package)
            assert module == f".pipelines.{name}"
            return SimpleNamespace(**{name: pipeline})

        monkeypatch.setattr(commands, "import_module", find)
        (root / "config.yaml").write_text(yaml.safe_dump(CONFIG))
        return main([*line, "--config", "config.yaml"])

    return start


@pytest.mark.parametrize(
    ("options", "revision", "cache"),
    [((), None, None), (("--revision", "v1"), "v1", None), (("--no-cache",), None, False)],
)
def test_a_training_is_run_by_its_configuration_and_told(run, capsys, options, revision, cache):
    pipeline = Pipeline(
        register_model__model_version={"name": "wines", "version": "v2", "bundle": "/store/0123"},
        evaluate_model__evaluation={"metrics": {"f1": 0.5}, "intervals": {"f1": [0.25, 0.75]}},
    )

    assert run(pipeline, "training", "train", *options) == 0

    assert pipeline.parameters == CONFIG["parameters"] | {"revision": revision}
    assert pipeline.enable_cache is cache
    said = capsys.readouterr().out
    assert "wines v2 is the champion\n" in said
    assert "f1                        0.5000  [0.2500, 0.7500]\n" in said
    assert "bundle /store/0123\n" in said


@pytest.mark.parametrize(
    ("drift", "passed", "status"),
    [("no drift", True, 0), ("drift", True, 3), ("no drift", False, 3), ("drift", False, 3)],
)
def test_the_exit_status_of_monitoring_tells_whether_anything_was_found(
    run, root, capsys, drift, passed, status
):
    drifted = {"score": 0.5, "threshold": 0.2, "drifted": drift == "drift"}
    findings = [
        {"level": "error", "column": None, "message": "too few rows"},
        {"level": "warning", "column": "ash", "message": "the same value in every row"},
    ]
    pipeline = Pipeline(
        check_batch__quality={"passed": passed, "findings": [] if passed else findings},
        check_batch__drift={"status": drift, "columns": {"ash": drifted}},
        check_batch__quality_report="<p>quality",
        check_batch__drift_report="<p>drift",
    )

    assert run(pipeline, "monitoring", "monitor", "--batch", "new.csv") == status

    assert pipeline.parameters["batch"] == "new.csv"
    assert pipeline.enable_cache is False
    reports = root / "artifacts" / "reports"
    assert (reports / "monitoring-quality.html").read_text() == "<p>quality"
    assert (reports / "monitoring-drift.html").read_text() == "<p>drift"
    said = capsys.readouterr().out
    assert ("  error: too few rows\n" in said) is not passed
    assert ("  warning: ash: the same value in every row\n" in said) is not passed
    assert ("  ash: 0.500 over 0.2\n" in said) is (drift == "drift")


@pytest.mark.parametrize("command", ["train", "monitor"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "config.yaml does not exist; name it with --config"),
        ("parameters: {", "config.yaml is not valid YAML: "),
        ("- a", "config.yaml must be a mapping, and so must its parameters"),
        ("parameters: [a]", "config.yaml must be a mapping, and so must its parameters"),
        ("parameters:", "config.yaml must be a mapping, and so must its parameters"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(root, capsys, command, content, message):
    if content is not None:
        (root / "config.yaml").write_text(content)

    assert main([command, "--config", "config.yaml"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {message}")


def test_the_log_of_a_pipeline_is_filtered(run, monkeypatch):
    handler = logging.NullHandler()
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    pipeline = Pipeline(
        check_batch__quality={"passed": True, "findings": []},
        check_batch__drift={"status": "no drift", "columns": {}},
        check_batch__quality_report="",
        check_batch__drift_report="",
    )

    assert run(pipeline, "monitoring", "monitor") == 0

    assert failures.without_traceback in handler.filters


def test_a_request_and_a_batch_are_made_from_the_dataset(project, capsys):
    for command in ("ingest", "prepare", "reference"):
        main([command])
    lock(project)
    capsys.readouterr()

    assert main(["example-request", "--rows", "2"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in body["inputs"]] == FEATURES
    assert {tuple(entry["shape"]) for entry in body["inputs"]} == {(2, 1)}

    assert main(["example-batch", "new.csv", "--rows", "20", "--shifted"]) == 0
    assert capsys.readouterr().out == "20 rows in new.csv\n"
    assert (project / "new.csv").read_text().splitlines()[0] == ",".join(FEATURES)


def lock(root: Path) -> None:
    """What ``dvc repro`` would record of the files that are there."""
    names = [str(name) for name in (PREPARED, REFERENCE, PROFILE)]
    outs = [{"path": name, "md5": md5(root / name)} for name in names]
    (root / "dvc.lock").write_text(yaml.safe_dump({"stages": {"prepare": {"outs": outs}}}))


def test_the_last_runs_are_compared(capsys, monkeypatch, root):
    import pandas as pd

    asked = []

    def runs(self, last: int) -> pd.DataFrame:
        asked.append(last)
        started = pd.to_datetime(["2026-11-23"], utc=True)
        return pd.DataFrame({"run_id": ["0123456789"], "start_time": started})

    monkeypatch.setattr(registry.Registry, "runs", runs)
    monkeypatch.setattr(registry.Registry, "champion", lambda self: None)

    assert main(["compare", "--last", "4", "--output", "pages/runs.html"]) == 0

    assert asked == [4]
    assert capsys.readouterr().out.endswith("page: pages/runs.html\n")
    assert "01234567" in (root / "pages" / "runs.html").read_text()
