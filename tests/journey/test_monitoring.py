"""The guide to monitoring, block by block, as a person copies and pastes it."""

import re

import pytest

pytestmark = pytest.mark.journey
ANSWERS = "odd-but-legal"
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_block_works(repository):
    text = (repository.path / "docs" / "how-to" / "monitor.md").read_text(encoding="utf-8")
    blocks = _BLOCK.findall(text.replace("8080", str(repository.ports["HTTP_PORT"])))
    assert blocks[0].strip() == "make serve" and len(blocks) == 3
    repository.run("make data train")
    with repository.serving():
        repository.run(blocks[1])
    said = repository.run(blocks[2])
    assert "150 predictions of v" in said and "150 labelled" in said
    for page in ("predictions", "drift", "quality"):
        place = repository.path / "artifacts" / "reports" / f"monitoring-{page}.html"
        assert place.stat().st_size > 3_000
