"""Programs are started until they answer, and stopped whatever happens."""

import os
import sys
import time

import pytest

from <<cookiecutter.package_name>>.observe.processes import (
    ProcessError,
    Processes,
    answers,
    free_ports,
    inherited,
)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_runs_until_the_context_ends(tmp_path):
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]

    with pytest.raises(KeyError), Processes(tmp_path / "logs") as processes:
        pid = processes.start("web", command, f"http://127.0.0.1:{port}/", {"X": "1"})
        assert alive(pid) and answers(f"http://127.0.0.1:{port}/")
        raise KeyError("something went wrong meanwhile")

    assert not answers(f"http://127.0.0.1:{port}/")
    assert not alive(pid)


def test_a_program_that_ends_is_an_error_with_its_last_words(tmp_path):
    began = time.monotonic()
    with (
        Processes(tmp_path) as processes,
        pytest.raises(ProcessError, match="broken did not start, see .*\n.*no such thing"),
    ):
        command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
        processes.start("broken", command, "http://127.0.0.1:9/", output=tmp_path / "said")
    assert time.monotonic() - began < 30


def test_ports_differ_and_variables_are_added():
    assert len(set(free_ports(5))) == 5
    assert inherited(MADE="here")["MADE"] == "here"
    assert inherited()["PATH"] == os.environ["PATH"]
