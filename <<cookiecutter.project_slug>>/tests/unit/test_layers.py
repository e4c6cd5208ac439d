"""What may import what, how long a module may be, and that each has its test.

The package is read as text, so that also what is imported inside functions counts.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from <<cookiecutter.package_name>> import settings

PACKAGE = Path(settings.__file__).parent
TESTS = Path(__file__).parents[1]
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Where a library may be imported; a folder ends with a slash. A new library gets a line here.
EVERYWHERE = {"numpy", "pandas", "pydantic", "yaml"}
PLACES = {
    "dvc": ("storage.py",),
    "evidently": ("reports.py",),
    "mlflow": ("registry.py",),
    "matplotlib": ("comparison.py", "kpis/plot.py", "promotion/abtest_plot.py"),
    "zenml": ("steps/", "pipelines/"),
    "opentelemetry": ("pipelines/__init__.py",),
    "sklearn": ("models/", "sources/example.py", "evaluation.py", "steps/"),
    "scipy": ("challenge.py", "promotion/hypothesis.py", "promotion/significance.py"),
    "joblib": ("predictor.py",),
    "fsspec": ("bundle_store.py",),
    "pyarrow": ("reading.py", "parquet.py"),
    "mlserver": ("serving/",),
    "seldon_core": ("serving/",),
    "prometheus_client": ("serving/", "pushing.py"),
    "fastapi": ("serving/",),
    "starlette": ("serving/",),
    "starlette_exporter": ("serving/",),
    "uvicorn": ("serving/",),
    "uvloop": ("serving/",),
    "grpc": ("serving/",),
    # What only development has.
    "grafana_foundation_sdk": ("dashboards/",),
    "promql_parser": ("observe/selectors.py",),
    "orjson": ("serving/", "logs.py", "observations/files.py", "observations/labels.py"),
}
# Not in the environment that serves, so nothing that serving reaches may need them.
TRAINING_ONLY = {"dvc", "evidently", "mlflow", "matplotlib", "zenml", "opentelemetry"}
TRAINING_ONLY |= {"grafana_foundation_sdk", "promql_parser"}

# Who may look at the environment, besides the two settings modules, and what for.
ENVIRONMENT = {
    "settings.py": "the reader of the package",
    "serving/settings.py": "the reader of the server",
    "serving/mlserver_settings.py": "leaves alone what somebody has set for MLServer itself",
    "serving/seldon_component.py": "takes its bundle from where Seldon's server names it",
    "__main__.py": "switches telemetry off before any library is imported",
    "pipelines/__init__.py": "does the same for ZenML, which `zenml pipeline run` starts",
    "registry.py": "tells MLflow to be quiet and to give up early",
    "storage.py": "lets DVC's stages find the Python that runs them",
    "promotion/forges/gh.py": "tells GitHub's program which server, and not to ask",
    "promotion/forges/gitlab_api.py": "finds the project and a token where GitLab's CI puts them",
    "observe/processes.py": "hands it on to programs that it starts",
    "promotion/git.py": "takes away what a git hook sets, which would lead git elsewhere",
}

# Modules whose test has another name than theirs.
TESTED_BY = {
    "dashboards/": "unit/dashboards/test_writing.py",
    "observe/asking.py": "unit/observe/test_page.py",
    "observe/axes.py": "unit/observe/test_units.py",
    "observe/charts.py": "unit/observe/test_page.py",
    "observe/drawing.py": "unit/observe/test_page.py",
    "observe/frame.py": "unit/observe/test_page.py",
    # All programs at once: what the pieces make together.
    "observe/candidate.py": "integration/test_observe.py",
    "observe/loading.py": "integration/test_observe.py",
    "observe/session.py": "integration/test_observe.py",
    "__main__.py": "unit/test_main.py",
    "models/": "unit/test_models.py",
    "sources/": "unit/test_sources.py",
    "parsing.py": "unit/test_reading.py",
    "pointers.py": "unit/test_dataset.py",
    "divergence.py": "unit/test_drift.py",
    "charting.py": "unit/test_reports.py",
    # Another test is called test_command.py.
    "kpis/command.py": "unit/kpis/test_kpi_commands.py",
    "kpis/content.py": "unit/kpis/test_report.py",
    "kpis/document.py": "unit/kpis/test_report.py",
    "kpis/figures.py": "unit/kpis/test_report.py",
    "kpis/plot.py": "unit/kpis/test_report.py",
    "kpis/words.py": "unit/kpis/test_report.py",
    "page.py": "unit/test_reports.py",
    "verdict_pages.py": "unit/test_reports.py",
    "observations/booking.py": "integration/test_logged_predictions.py",
    "observations/findings.py": "unit/observations/test_observation.py",
    "observations/pages.py": "integration/test_logged_predictions.py",
    "observations/state_files.py": "unit/observations/test_ledger.py",
    "promotion/checking.py": "unit/promotion/test_rendering.py",
    "promotion/comparing.py": "unit/promotion/test_rendering.py",
    "promotion/context.py": "unit/promotion/test_propose.py",
    "promotion/describing.py": "unit/promotion/test_rendering.py",
    "promotion/findings.py": "unit/promotion/test_rules.py",
    "promotion/forges/__init__.py": "unit/promotion/forges/test_local.py",
    "promotion/git.py": "unit/promotion/test_repository.py",
    "promotion/places.py": "unit/promotion/test_rules.py",
    "promotion/shared_rules.py": "unit/promotion/test_rules.py",
    # Nothing in them that a stand-in of the framework could prove.
    "storage.py": "integration/test_dvc.py",
    "steps/": "integration/test_training.py",
    "pipelines/": "integration/test_training.py",
    "serving/": "api/test_predictions.py",
}


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(encoding="utf-8"))


def within(file: str, places: tuple[str, ...]) -> bool:
    return any(file == place or (place[-1] == "/" and file.startswith(place)) for place in places)


def libraries(file: str) -> Iterator[str]:
    """Top-level names of what a file imports from outside the package."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def neighbours(file: str) -> Iterator[str]:
    """Files of the package that a file imports, relative to the package."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = (PACKAGE / file).parents[node.level - 1]
            base = folder.joinpath(*(node.module or "").split("."))
            for place in [base, *(base / alias.name for alias in node.names)]:
                for path in (place.with_suffix(".py"), place / "__init__.py"):
                    if path.is_file() and path.is_relative_to(PACKAGE):
                        yield path.relative_to(PACKAGE).as_posix()


def reached(start: list[str]) -> set[str]:
    found: set[str] = set()
    while start:
        file = start.pop()
        if file not in found:
            found.add(file)
            start += neighbours(file)
    return found


def code_lines(file: str) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    lines = (PACKAGE / file).read_text(encoding="utf-8").splitlines()
    silent = {number for number, line in enumerate(lines, 1) if line.strip()[:1] in ("", "#")}
    for node in ast.walk(tree(file)):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node) is not None:
            silent.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines) - len(silent)


def test_libraries_are_imported_only_where_they_belong():
    out_of_place = {
        (file, library)
        for file in FILES
        for library in set(libraries(file)) - sys.stdlib_module_names - EVERYWHERE
        if not within(file, PLACES.get(library, ()))
    }

    assert out_of_place == set()


def test_the_package_does_not_know_its_own_name():
    assert [file for file in FILES if PACKAGE.name in set(libraries(file))] == []
    calls = [
        node
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module")
    ]
    assert calls
    for call in calls:
        name, package = map(ast.unparse, call.args)
        assert name.lstrip("f'\"").startswith(".")
        assert package in ("__package__", "__name__")


def test_serving_reaches_nothing_that_its_environment_lacks():
    files = reached([file for file in FILES if file.startswith("serving/")])

    assert {"bundle.py", "features.py", "validation.py"} <= files
    assert [file for file in files if TRAINING_ONLY & set(libraries(file))] == []


def test_pure_modules_reach_neither_steps_nor_pipelines_nor_serving():
    wrappers = ("steps/", "pipelines/", "serving/")
    pure = [file for file in FILES if not within(file, wrappers)]

    assert [file for file in reached(pure) if within(file, wrappers)] == []
    steps = [file for file in FILES if file.startswith("steps/")]
    assert [file for file in reached(steps) if within(file, ("pipelines/", "serving/"))] == []


def test_the_environment_is_read_in_few_places():
    names = ("environ", "environb", "getenv", "putenv")
    looking = {
        file
        for file in FILES
        for node in ast.walk(tree(file))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in {f"os.{n}" for n in names})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }

    assert looking == ENVIRONMENT.keys()


def loaded(*modules: str) -> set[str]:
    """Top-level modules in a new interpreter that has imported these of the package."""
    code = """
import json, sys
from importlib import import_module
for module in sys.argv[2:]:
    import_module(f"{sys.argv[1]}.{module}")
print(json.dumps([name.partition(".")[0] for name in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, PACKAGE.name, *modules],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    return set(json.loads(done.stdout))


def test_the_command_line_starts_without_any_library():
    assert not loaded("__main__") & (EVERYWHERE | PLACES.keys())


def test_slow_libraries_wait_until_they_are_needed():
    found = loaded("registry", "reports", "comparison", "dataset", "storage", "stages")

    assert "pandas" in found
    assert not found & TRAINING_ONLY


def test_modules_are_short():
    lines = {file: code_lines(file) for file in FILES}

    limits = {file: 60 if file.startswith("steps/") else 200 for file in FILES}
    assert {file: count for file, count in lines.items() if count > limits[file]} == {}


def test_every_module_has_its_test():
    def tested(file: str) -> bool:
        own = TESTS / "unit" / Path(file).parent / f"test_{Path(file).name}"
        nothing = len(tree(file).body) == 1 and ast.get_docstring(tree(file))
        return bool(nothing or own.is_file() or within(file, tuple(TESTED_BY)))

    assert [file for file in FILES if not tested(file)] == []
    assert [test for test in TESTED_BY.values() if not (TESTS / test).is_file()] == []
