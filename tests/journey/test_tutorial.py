"""The generated tutorial, block by block, as a person copies and pastes it."""

import json
import re
import urllib.request

import pytest

pytestmark = pytest.mark.journey
ANSWERS = "odd-but-legal"
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_block_works(repository):
    text = (repository.path / "docs" / "tutorial.md").read_text(encoding="utf-8")
    blocks = _BLOCK.findall(text.replace("8080", str(repository.ports["HTTP_PORT"])))
    start = next(index for index, block in enumerate(blocks) if block.strip() == "make serve")
    outputs = [repository.run(block) for block in blocks[:start]]
    assert "v1 is the champion" in outputs[2]
    assert "forest" in outputs[3] and "linear" in outputs[3]
    with repository.serving():
        # The next two blocks are typed while the server runs.
        metadata, answer = (repository.run(block) for block in blocks[start + 1 : start + 3])
        assert '"mean_radius"' in metadata
        assert '"probabilities"' in answer
    outputs = [repository.run(block) for block in blocks[start + 3 :]]
    assert "no drift" in outputs[-1] and "drift found" in outputs[-1]
    for page in ("load/report", "compare", "monitoring-drift"):
        assert (repository.path / "artifacts" / "reports" / f"{page}.html").stat().st_size > 10_000


def test_mlflow_pages_show_the_runs(repository):
    address = f"http://127.0.0.1:{repository.ports['MLFLOW_PORT']}"
    with repository.background("mlflow", address):
        with urllib.request.urlopen(address, timeout=60) as response:
            assert "<title>MLflow</title>" in response.read().decode()
        query = f"{address}/api/2.0/mlflow/registered-models/get?name={repository.name}"
        with urllib.request.urlopen(query, timeout=60) as response:
            model = json.load(response)["registered_model"]
    assert {alias["alias"] for alias in model["aliases"]} == {"champion"}
