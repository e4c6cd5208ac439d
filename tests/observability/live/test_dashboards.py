"""The template's dashboards, and the fleet's, are what the generator makes, for every mesh."""

from pathlib import Path

from tests.project import dashboards


def test_dashboards_are_what_the_code_makes(repository: Path):
    """`make dashboards` was run after the last change."""
    made = dashboards.made(repository / ".venv/dev/bin/python")

    assert {path.name for path in made} >= {"model-operations.json", "fleet.json"}
    assert len(made) == len(dashboards.MESHES) + 3
    differing = [path for path, text in made.items() if path.read_text("utf-8") != text]
    assert differing == []
