"""How make hands values on: whatever is in them, they are data and never run."""

import os
import subprocess
from pathlib import Path

import pytest

TARGETS = Path(__file__).parents[3] / "gitops" / "promotion.mk"
HEAD = """\
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
DEV := bin
PACKAGE := package
.venv/dev/.ready: ;
"""
HOSTILE = """it's "so" $(shell touch made) `touch made` $$(touch made); touch made # \\"""


@pytest.fixture
def folder(tmp_path):
    """A project in which Python prints its arguments, one a line."""
    (tmp_path / "Makefile").write_text(HEAD + TARGETS.read_text())
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "python"
    script.write_text("#!/bin/sh\nshift 2\nprintf '%s\\n' \"$@\"\n")
    script.chmod(0o755)
    return tmp_path


def make(folder, *words, **variables):
    names = (
        "ENV",
        "TO",
        "FROM",
        "RELEASE",
        "REASON",
        "REVISION",
        "AUTOMATIC",
        "MERGE",
        "MAKEFLAGS",
    )
    place = {key: value for key, value in os.environ.items() if key not in names} | variables
    command = ["make", "--silent", *words]
    return subprocess.run(command, cwd=folder, env=place, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("target", "variables", "expected"),
    [
        ("rollback", {"ENV": "prod", "REASON": HOSTILE}, ["rollback", "--env", "prod", "--reason"]),
        ("canary-abort", {"ENV": "prod", "REASON": HOSTILE}, ["canary", "abort", "--env", "prod"]),
        ("promote", {"TO": HOSTILE}, ["promote", "--to"]),
        ("check-promotion", {"BRANCH": HOSTILE}, ["check-promotion", "--branch"]),
        ("advance", {"ENV": "dev", "REVISION": HOSTILE}, ["advance", "--env", "dev", "--revision"]),
        ("status", {"HTML": HOSTILE}, ["status", "--html"]),
    ],
)
def test_what_a_report_says_is_never_run(folder, target, variables, expected):
    done = make(folder, target, **variables)

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[: len(expected)] == expected
    assert HOSTILE in lines
    assert not (folder / "made").exists()


def test_values_on_the_command_line_arrive_as_well(folder):
    done = make(folder, "rollback", "ENV=prod", 'REASON=it is "bad"', "AUTOMATIC=1", "MERGE=1")

    assert done.stdout.splitlines() == [
        *("rollback", "--env", "prod", "--reason", 'it is "bad"', "--automatic", "--merge"),
    ]


@pytest.mark.parametrize(
    ("target", "asked"),
    [("rollback", "ENV=prod"), ("promote", "TO=test"), ("advance", "ENV=prod"), ("diff", "FROM=")],
)
def test_what_is_missing_is_asked_for(folder, target, asked):
    done = make(folder, target)

    assert done.returncode != 0
    assert asked in done.stdout
