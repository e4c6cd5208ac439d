"""Which errors are shown as their message alone."""

import ast
import logging
import sys
from importlib import import_module
from pathlib import Path

import pytest

from <<cookiecutter.package_name>> import failures

PACKAGE = Path(failures.__file__).parent
# Caught where it would be raised to the user, and told as a reason of the gate.
INTERNAL = {"IncomparableError"}


def test_every_error_that_explains_itself_is_expected():
    defined = {
        (path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."), node.name)
        for path in PACKAGE.rglob("*.py")
        if "serving" not in path.parts
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }
    for place in sorted({place.removesuffix(".__init__") for place, _ in defined}):
        import_module(f".{place}", PACKAGE.name)

    expected = {error.__name__ for error in failures.expected_errors()}

    assert expected == {name for _, name in defined} - INTERNAL


def test_errors_of_modules_that_were_not_imported_are_not_looked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, f"{PACKAGE.name}.gate", None)

    names = {error.__name__ for error in failures.expected_errors()}

    assert "GateError" not in names
    assert "ConfigError" in names


@pytest.mark.parametrize(
    ("error", "shown"), [(failures.ConfigError("no file"), False), (KeyError("mistake"), True)]
)
def test_a_log_shows_the_traceback_only_of_what_explains_nothing(caplog, error, shown):
    caplog.handler.addFilter(failures.without_traceback)
    try:
        raise error
    except type(error):
        logging.getLogger("zenml").exception("step failed")
    finally:
        caplog.handler.removeFilter(failures.without_traceback)

    assert "step failed" in caplog.text
    assert ("Traceback" in caplog.text) is shown
