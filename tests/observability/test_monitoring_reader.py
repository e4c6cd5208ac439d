"""Monitoring reads predictions and labels from a real search engine, as its pipeline keeps them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.observability.stack import apply, clear, ship

COUNT = 53
# In the language of the generated package, whose environment runs it.
SCRIPT = """
import json, sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

package, url = sys.argv[1:]
load = lambda name: import_module(f"{package}.{name}")
since, until = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 28, 12, tzinfo=UTC)
schema = load("schema").load_schema(Path("configs/schema.yaml"))
access = load("settings").Observability("model", elasticsearch=url)
settings = load("observations.logged_settings").LoggedSettings.model_validate({
    part: {"kind": "elasticsearch", "index": f"logs-ml.{kind}-{{environment}}", "page": 7}
    for part, kind in (("predictions", "prediction"), ("labels", "label"))
})
opening = load("observations.opening")
reader = opening.open_reader(settings.predictions, Path.cwd(), access)
predictions = load("observations.predictions").read_predictions(reader, schema, since, until)
labels = opening.read_labels(settings, schema, Path.cwd(), access, since, until)
joining = load("observations.joining")
once = joining.last_of_each(predictions.keys, predictions.times)
joined = joining.join(predictions, once, labels, since, settings.max_label_delay)
print(json.dumps({
    "predictions": len(predictions),
    "unusable": predictions.unusable,
    "versions": predictions.version_names,
    "features": {name: float(values.sum()) for name, values in predictions.features.items()},
    "labels": len(labels),
    "joined": len(joined.rows),
    "rejected": joined.rejected,
}))
"""


def event(number: int) -> str:
    """A line as the server prints it; several rows of one request have the same time."""
    return json.dumps(
        {
            "@timestamp": f"2026-11-20T10:00:{number // 4:02d}.123+00:00",
            "log.level": "info",
            "message": "prediction",
            "ecs.version": "9.4.0",
            "service.name": "tumour-screening",
            "service.environment": "dev",
            "service.version": "v7",
            "ml.model.version": "v7",
            "event.dataset": "ml.prediction",
            "event.id": f"request-{number // 4}-{number % 4}",
            "http.request.id": f"request-{number // 4}",
            "ml.prediction.class": "benign",
            "ml.prediction.score": 0.125,
            "ml.features": {"mean_radius": float(number), "mean_texture": None},
        }
    )


def label(number: int) -> str:
    return json.dumps(
        {
            "@timestamp": "2026-11-21T10:00:00.000+00:00",
            "log.level": "info",
            "message": "label",
            "ecs.version": "9.4.0",
            "service.name": "tumour-screening",
            "service.environment": "dev",
            "event.dataset": "ml.label",
            "event.id": f"request-{number // 4}-{number % 4}",
            "ml.label": "malignant",
        }
    )


@pytest.fixture
def read(engine, repository: Path):
    clear(engine)
    apply(engine)

    def run() -> dict:
        python = repository / ".venv" / "dev" / "bin" / "python"
        package = repository.name.replace("-", "_")
        done = subprocess.run(
            [python, "-c", SCRIPT, package, engine.url],
            cwd=repository,
            env={**os.environ, "PYTHONPATH": str(repository / "src")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    yield run
    clear(engine)


def test_every_event_is_read_once_and_finds_its_label(engine, read):
    ship(engine, [event(number) for number in range(COUNT)], "ml.serving")
    ship(engine, [label(number) for number in range(0, COUNT + 10, 2)], "ml.label")

    found = read()

    assert (found["predictions"], found["unusable"]) == (COUNT, 0)
    assert found["versions"] == ["v7"]
    assert found["features"]["mean_radius"] == sum(range(COUNT))
    assert found["labels"] == 32 and found["joined"] == 27
    assert found["rejected"]["unknown"] == 5


def test_on_the_first_day_there_is_nothing(read):
    found = read()

    assert (found["predictions"], found["labels"], found["joined"]) == (0, 0, 0)
