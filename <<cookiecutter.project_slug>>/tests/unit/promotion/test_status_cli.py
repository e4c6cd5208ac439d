"""The commands status, advance and recheck, as make calls them."""

import pytest
from project import LocalForge, release

from <<cookiecutter.package_name>>.__main__ import main

ONE = release(1)


def test_status_prints_the_table(project, capsys):
    project.deploy("dev", ONE)

    assert main(["status"]) == 0

    out = capsys.readouterr().out
    assert f"dev          {ONE.id}" in out
    assert f"{ONE.id} of dev is not proposed: make promote TO=test" in out


def test_status_also_writes_the_page(project, capsys, tmp_path):
    path = tmp_path / "reports" / "status.html"

    assert main(["status", "--html", str(path)]) == 0

    assert capsys.readouterr().out.endswith(f"\npage: {path}\n")
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_advance_opens_the_next_promotion_once(project, capsys):
    commit = project.deploy("dev", ONE)
    # With the clock of this machine, as the commands have it.
    main(["report-deployment", "--env", "dev", "--commit", commit, "--state", "success"])
    command = ["advance", "--env", "dev", "--revision", commit]

    assert main(command) == 0
    first = capsys.readouterr().out
    assert main(command) == 0

    assert f"Promote {ONE.id} to test" in first
    # test merges by itself, so the same report finds it there.
    assert capsys.readouterr().out == f"nothing to do: test runs {ONE.id} already\n"
    assert project.runs("test") == ONE.id
    assert [pull.state for pull in LocalForge(project.root).pull_requests("all")] == ["merged"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--env", "moon", "--revision", "HEAD"], "there is no environment 'moon'"),
        (["--env", "dev", "--revision", "gone"], "'gone' is neither a branch nor a commit"),
    ],
)
def test_advance_refuses_what_there_is_not(project, capsys, arguments, said):
    assert main(["advance", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_recheck_says_what_is_open_and_why_it_waits(project, capsys):
    assert main(["recheck"]) == 0
    assert capsys.readouterr().out == "no promotion is open\n"
    project.deploy("dev", ONE)
    main(["promote", "--to", "test"])
    capsys.readouterr()

    assert main(["recheck"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"refused: #1 Promote {ONE.id} to test"
    assert "[refused] health: " in lines[1]
