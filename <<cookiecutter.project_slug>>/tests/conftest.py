"""Which tests this environment can run: each part belongs to one of the environments in .venv."""

from importlib.util import find_spec

import pytest

# Folder, a library of the environment that it belongs to, and how it is run.
PARTS = (
    ("unit/serving", "mlserver", "make test-unit"),
    ("integration", "zenml", "make test-integration"),
    ("api", "locust", "make test-api"),
    ("load", "locust", "make test-api"),
    ("seldon", "seldon_core", "make test-seldon"),
)
ABSENT = [(folder, command) for folder, library, command in PARTS if find_spec(library) is None]
collect_ignore = [folder for folder, _ in ABSENT]


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"tests/{folder} is not for this environment: {command}" for folder, command in ABSENT]
