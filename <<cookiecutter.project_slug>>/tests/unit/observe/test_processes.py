"""Programs are started until they answer, and stopped whatever happens."""

import os
import signal
import sys
import time

import pytest
from ports import free_port

from <<cookiecutter.package_name>>.observe.processes import (
    ProcessError,
    Processes,
    alone,
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
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]

    with pytest.raises(KeyError), Processes(tmp_path / "logs") as processes:
        pid = processes.start("web", command, f"http://127.0.0.1:{port}/", {"X": "1"})
        assert alive(pid) and answers(f"http://127.0.0.1:{port}/")
        raise KeyError("something went wrong meanwhile")

    assert not answers(f"http://127.0.0.1:{port}/")
    assert not alive(pid)


def test_a_second_interruption_leaves_nothing_running(tmp_path):
    """Two programs that do not want to end, and somebody who does not want to wait for them."""
    stubborn = (
        "import http.server, signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.alarm(60)\n"
        "http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))\n"
    )

    def interrupt(*_):
        raise KeyboardInterrupt

    before, pids = signal.signal(signal.SIGALRM, interrupt), []
    try:
        with pytest.raises(KeyboardInterrupt), Processes(tmp_path) as processes:
            for port in (free_port(), free_port()):
                command = [sys.executable, "-c", stubborn, str(port)]
                pids.append(processes.start(f"web-{port}", command, f"http://127.0.0.1:{port}/"))
            signal.alarm(1)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(pids) == 2 and not any(map(alive, pids))


def test_a_program_that_ends_is_an_error_with_its_last_words(tmp_path):
    began = time.monotonic()
    with (
        Processes(tmp_path) as processes,
        pytest.raises(ProcessError, match="broken did not start, see .*\n.*no such thing"),
    ):
        command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
        processes.start("broken", command, "http://127.0.0.1:9/", output=tmp_path / "said")
    assert time.monotonic() - began < 30


def test_two_looks_do_not_share_a_folder(tmp_path):
    place = tmp_path / "artifacts" / "observe"
    with alone(place) as folder, Processes(folder):
        (folder / "data").touch()
        with pytest.raises(ProcessError, match="observe is in use: end the other"), alone(place):
            pass
        assert (folder / "data").exists()
    with alone(place) as folder:
        assert not folder.exists()


def test_ports_differ_and_variables_are_added():
    assert len(set(free_ports(5))) == 5
    assert inherited(MADE="here")["MADE"] == "here"
    assert inherited()["PATH"] == os.environ["PATH"]
