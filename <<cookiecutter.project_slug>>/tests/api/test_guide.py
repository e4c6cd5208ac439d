"""The examples of the API guide, run as they are written, but for the ports."""

import re
import subprocess
import sys

import pytest
from servers import ROOT

GUIDE = (ROOT / "docs/reference/api.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("kind", ["project", "mixed"])
def test_examples(kind, request, example):
    server = request.getfixturevalue(kind)
    program = example.replace(":8080", f":{server.http_port}").replace(
        ":8081", f":{server.grpc_port}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "class" in done.stdout or "prediction" in done.stdout


def test_there_are_examples():
    assert len(EXAMPLES) == 2


def test_every_code_and_setting_is_in_the_guide(project):
    document = project.request("GET", "/v2/docs/openapi.json").json
    codes = document["components"]["schemas"]["Error"]["properties"]["code"]["enum"]
    assert [code for code in codes if f"`{code}`" not in GUIDE] == ["client_disconnected"]
    source = next((ROOT / "src").glob("*/serving/settings.py")).read_text()
    names = re.findall(r'read\("(\w+)"', source)
    assert len(names) > 8
    assert [name for name in names if f"SERVING_{name.upper()}" not in GUIDE] == []
