"""Every logger of the server's process, and who reads its output too slowly or not at all."""

import json
import subprocess
import sys

from <<cookiecutter.package_name>>.logs import EcsFormatter, Service
from <<cookiecutter.package_name>>.serving.logs import log_config


def test_quiet_libraries_are_loud_when_debugging():
    assert log_config(Service())["loggers"]["uvicorn"]["level"] == "WARNING"
    assert log_config(Service(), "DEBUG")["loggers"]["uvicorn"]["level"] == "DEBUG"


PROGRAM = """
import logging, sys, warnings
from {package}.logs import Service
from {package}.serving.logs import install, log_config
service = Service("model", "test")
install(log_config(service), service)
install(log_config(service), service)
service.fields["service.version"] = "v7"
logging.getLogger("mlserver").info("library")
logging.getLogger("uvicorn.error").warning("server")
warnings.warn("old thing")
logging.getLogger("ml.prediction").info('{{"ready": 1}}')
raise RuntimeError("nobody caught me")
"""


def test_a_whole_process():
    """Loggers, warnings and uncaught exceptions go through one formatter, and once each."""
    package = EcsFormatter.__module__.split(".")[0]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(package=package)], capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr == ""
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record.get("message", "")[:7] for record in records] == [
        "library",
        "server",
        "<string",
        "",
        "uncaugh",
    ]
    assert records[3] == {"ready": 1}
    assert records[4]["error.message"] == "nobody caught me"
    assert records[0]["service.version"] == "v7"


def test_text_for_a_person():
    done = subprocess.run(
        [sys.executable, "-c", TEXT.format(package=EcsFormatter.__module__.split(".")[0])],
        capture_output=True,
        text=True,
        check=True,
    )
    request, event, other = (line.split(maxsplit=1)[1] for line in done.stdout.split("\n")[:-1])
    path = "/v2/models/m\u2028/infer"
    assert request == f"WARNING POST {path} 400 1.5 ms r-1 income: out of range"
    assert event == "INFO    prediction r-1-0 leaves"
    assert other == "INFO    library"


TEXT = """
import logging
from {package}.logs import Service, dump
from {package}.serving.logs import install, log_config
service = Service()
install(log_config(service, style="text"), service)
request = {{
    "log.level": "warning", "message": "POST /v2/models/m\\u2028/infer 400",
    "event.duration": 1_500_000, "http.request.id": "r-1", "error.message": "income: out of range",
}}
event = {{
    "log.level": "info", "message": "prediction", "event.id": "r-1-0",
    "ml.prediction.class": "leaves",
}}
logging.getLogger("ml.prediction").info("\\n".join(map(dump, [request, event])))
logging.getLogger("mlserver").info("library")
"""
