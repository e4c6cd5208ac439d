"""Building the programs: what is pinned, what is kept, what is said when it cannot be done."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.cluster import build, manifests, rig


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build.Tool:
    """A tool of one small program, with a cache of its own."""
    tools = tmp_path / "tools"
    folder = tools / "hello"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/hello\n\ngo 1.21\n")
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text(
        'package main\n\nvar version = "none"\n\nfunc main() { println(version) }\n'
    )
    monkeypatch.setattr(build, "TOOLS_FOLDER", tools)
    monkeypatch.setattr(build, "required", lambda folder: {"example.com/hello": "v1.2.3"})
    monkeypatch.setenv("CLUSTER_CACHE", str(tmp_path / "cache"))
    stamps = {"main.version": "v{major}.{minor}.{patch}"}
    return build.Tool("hello", "example.com/hello", {"hello": ""}, stamps)


def test_a_program_is_built_once_and_knows_its_version(tool: build.Tool):
    assert build.build(tool) is True
    assert build.build(tool) is False

    answer = subprocess.run([tool.target / "hello"], capture_output=True, text=True, check=True)
    assert answer.stderr.strip() == "v1.2.3"


def test_other_pins_are_built_anew(tool: build.Tool):
    before = tool.target
    (tool.folder / "go.sum").write_text("example.com/other v1.0.0 h1:x=\n")

    assert tool.target != before


def test_a_broken_build_leaves_nothing(tool: build.Tool):
    (tool.folder / "main.go").write_text("package main\n\nfunc main() { nothing() }\n")

    with pytest.raises(build.Unbuilt, match="undefined: nothing"):
        build.build(tool)

    assert [path.name for path in build.cache_folder().iterdir()] == [".hello.lock"]


def test_a_go_that_is_too_old_is_named(tool: build.Tool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build, "go_version", lambda: "1.9.7")

    with pytest.raises(build.Unbuilt, match=r"Go 1\.9\.7 is too old: hello v1\.2\.3 needs 1\.21"):
        build.build(tool)


def test_what_is_missing_is_said_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CLUSTER_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    reasons = rig.missing()

    assert any("kube-apiserver v1." in reason and "is not built" in reason for reason in reasons)
    assert any(reason.startswith("prometheus is not on PATH") for reason in reasons)


def test_the_two_pins_of_argo_cd_are_of_one_commit():
    """Its nested module has no tags: the pin holds the time of the release's commit."""
    folder = build.TOOLS_FOLDER / "argocd"
    time = '{{.Time.Format "20060102150405"}}'
    released = build.go("list", "-m", "-f", time, manifests.ARGOCD, folder=folder).strip()

    nested = r"=> github\.com/argoproj/argo-cd/gitops-engine v0\.0\.0-(\d+)-"
    assert re.findall(nested, (folder / "go.mod").read_text(encoding="utf-8")) == [released]
