"""The generated tutorial, block by block, as a person copies and pastes it."""

import re

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
    for page in ("load", "compare", "monitoring-drift"):
        assert (repository.path / "artifacts" / "reports" / f"{page}.html").stat().st_size > 10_000
