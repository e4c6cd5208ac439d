"""The way from a caller's id to every line about it, as the how-to walks it."""

import json
import re
import subprocess

from absent import program
from log_contract import FIELDS, check
from servers import ROOT

GUIDE = (ROOT / "docs/how-to/find-a-request.md").read_text("utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "docs/how-to/find-a-request.md", *(ROOT / "docs/runbooks").glob("ML*.md")]


def test_the_commands_find_every_line(project, tmp_path):
    program("curl")
    described = project.request("GET", f"/v2/models/{project.name}").json
    inputs = [
        {
            "name": each["name"],
            "datatype": each["datatype"],
            "shape": [2, 1],
            "data": [each["parameters"].get("minimum") or 0] * 2,
        }
        for each in described["inputs"]
    ]
    (tmp_path / "request.json").write_text(json.dumps({"inputs": inputs}))
    (tmp_path / "serve.log").symlink_to(project.log)
    slug = re.search(r"/v2/models/([^/]+)/infer", COMMANDS[0])[1]

    def run(command):
        text = command.replace(":8080", f":{project.http_port}").replace(slug, project.name)
        done = subprocess.run(["bash", "-euc", text], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    ask, by_request, by_trace = COMMANDS
    assert json.loads(run(ask))["id"] == "order-4711"
    project.wait_for_records(event_id="order-4711-1")
    found = check(run(by_request))
    assert [record.get("event.id") for record in found] == [None, "order-4711-0", "order-4711-1"]
    assert [record["event.dataset"] for record in found[:2]] == ["ml.serving", "ml.prediction"]
    assert check(run(by_trace)) == found


def test_pages_name_fields_that_are_there():
    """Queries for Kibana: whatever stands before a colon is a field of the contract."""
    named = {
        name
        for page in PAGES
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("    ") or line.startswith("| ")
        for name in re.findall(r"([a-z@][\w.]*\.[\w.]+) : ", line)
    }
    assert {"http.request.id", "event.action", "error.type", "trace.id"} <= named
    assert named <= FIELDS.keys()
