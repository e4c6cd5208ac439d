"""A real Prometheus that knows a few series."""

import time
from pathlib import Path

import pytest
from absent import program
from ports import free_port

from <<cookiecutter.package_name>>.observe.configuration import write_prometheus
from <<cookiecutter.package_name>>.observe.processes import Processes
from <<cookiecutter.package_name>>.observe.prometheus import Prometheus

RULES = [
    {"record": "ml:threshold", "expr": "vector(0.5)", "labels": {"name": "share"}},
    {"record": "ml:share", "expr": "vector(0.2)", "labels": {"model": "a"}},
    {"record": "ml:share", "expr": "vector(0.3)", "labels": {"model": "b"}},
    {"record": "ml:nan", "expr": "vector(0) / vector(0)"},
]


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory):
    """Prometheus with the series of ``RULES``, which it records every second."""
    server = program("prometheus")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    groups = [{"name": "made", "rules": RULES}]
    configuration = write_prometheus(folder, groups, {"itself": (port, {})}, port, "1s")
    options = [f"--config.file={configuration}", f"--storage.tsdb.path={folder / 'data'}"]
    options += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with Processes(folder) as processes:
        processes.start("prometheus", [server, *options], f"http://127.0.0.1:{port}/-/ready")
        asked = Prometheus(f"http://127.0.0.1:{port}")
        end = time.monotonic() + 20
        while not (asked.now("ml:nan") and asked.now("up")) and time.monotonic() < end:
            time.sleep(0.2)
        yield asked
