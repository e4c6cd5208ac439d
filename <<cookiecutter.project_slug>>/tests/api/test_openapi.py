"""The OpenAPI document: served, committed, and as exact as the server."""

import os
import subprocess

import pytest
from rows import columns
from servers import ROOT

COMMITTED = ROOT / "docs/reference/openapi.json"


def test_served_and_committed_are_the_same(project):
    served = project.request("GET", "/v2/docs/openapi.json")
    assert served.headers["content-type"] == "application/json"
    assert served.body == COMMITTED.read_bytes(), "out of date: run `make openapi`"


def test_a_page_to_try_it(project):
    page = project.request("GET", "/v2/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert b"/v2/docs/openapi.json" in page.body


@pytest.mark.parametrize("kind", ["project", "mixed"])
def test_examples_are_accepted(kind, request):
    server = request.getfixturevalue(kind)
    document = server.request("GET", "/v2/docs/openapi.json").json
    for name, example in document["components"]["examples"].items():
        answer = server.infer(**example["value"])
        assert answer.status == 200, (name, answer.body)


def test_the_document_follows_the_schema(mixed):
    document = mixed.request("GET", "/v2/docs/openapi.json").json
    forms = document["components"]["schemas"]["InferRequest"]["properties"]["inputs"]["anyOf"]
    # Categories do not fit into one matrix.
    (tensors,) = [form["prefixItems"] for form in forms]
    assert [item["properties"]["name"]["const"] for item in tensors] == [
        tensor["name"] for tensor in columns()
    ]
    values = [item["properties"]["data"]["anyOf"][0]["items"] for item in tensors]
    assert values[0] == {"type": "number", "minimum": 0, "maximum": 1000}
    assert values[1]["type"] == ["integer", "null"]
    assert values[3] == {"enum": ["north", "süd", "east"]}
    assert values[4] == {"enum": ["a", "b", None]}


@pytest.mark.parametrize("kind", ["project", "mixed", "numeric"])
def test_schemathesis(kind, request, tmp_path):
    """What the document allows is accepted, what it excludes is refused, answers are as it says."""
    server = request.getfixturevalue(kind)
    command = [ROOT / ".venv/client/bin/schemathesis", "run"]
    command += [f"{server.url}/v2/docs/openapi.json", "--max-examples", "25", "--no-color"]
    command += ["--generation-deterministic"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tests/api"),
        "SCHEMATHESIS_HOOKS": "fitting_shapes",
    }
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert server.ready()
    assert not [record for record in server.records() if "error.stack_trace" in record]
