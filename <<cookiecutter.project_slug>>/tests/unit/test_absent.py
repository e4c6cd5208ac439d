"""A test that lacks a program is skipped by a person and fails in CI."""

import pytest
from absent import absent, program


@pytest.mark.parametrize(
    "ci, outcome", [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_what_is_missing_is_said(ci, outcome, monkeypatch):
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="no engine"):
        absent("no engine")
    with pytest.raises(outcome, match="no-such-program is not installed: make programs"):
        program("no-such-program", "nor-this-one")


def test_a_program_is_found_by_any_of_its_names():
    assert program("no-such-program", "git").endswith("git")
