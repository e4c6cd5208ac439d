"""Values that try to break out of the hooks, and the interpreters that hooks run on."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cookiecutter.utils import create_env_with_context

from hooks import pre_gen_project
from tests import bakery
from tests.bakery import FINE

HOOKS = bakery.ROOT / "hooks"
HOSTILE = [
    *("'", '"', "'''", '"""', '""""""', "\\", "\\\\", '\\"""', "\\'", '"\\', "\\N{DASH}", "\\x"),
    *("\\u0000", "%s %d %%", "{{ 7 * 7 }}", "{% raw %}", "{0.__class__}", "$(touch pwned)"),
    *("`touch pwned`", '"); open("pwned", "w"); ("', '"""); open("pwned", "w"); r("""', "# x"),
    *("'); open('pwned', 'w'); ('", "a\nopen('pwned', 'w')", "\x00", "\ud83d", "😀 é ⇄ 预测"),
    *('"""\nopen("pwned", "w")\nr"""', ">> 1", "%> #>", "x" * 10_000, "null", "</script>"),
]


def run_hook(name: str, context: dict, folder: Path) -> subprocess.CompletedProcess:
    """Render a hook as Cookiecutter does and run it in `folder`."""
    raw = json.loads((bakery.ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    whole = {"cookiecutter": {**context, "_jinja2_env_vars": raw["_jinja2_env_vars"]}}
    text = (HOOKS / f"{name}.py").read_text(encoding="utf-8")
    script = folder.parent / f"{name}.py"
    rendered = create_env_with_context(whole).from_string(text).render(**whole)
    script.write_bytes(rendered.encode("utf-8"))
    return subprocess.run(
        [sys.executable, script], cwd=folder, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_breaks_out_of_the_hooks(value, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    context = {**FINE, "description": value, "_checkout": value}
    result = run_hook("pre_gen_project", context, project)
    refused = pre_gen_project.problems(context)
    assert result.returncode == bool(refused), result.stderr
    assert "Traceback" not in result.stderr
    assert all(sentence in result.stderr for sentence in refused)
    # A worktree, so that only the options are applied.
    (project / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    for question in bakery.CHOICES:
        (project / "options" / question / FINE[question]).mkdir(parents=True)
    result = run_hook("post_gen_project", {**context, "_template_version": value}, project)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert [path.name for path in project.iterdir()] == [".git"]


@pytest.mark.parametrize("path", sorted(HOOKS.glob("*.py")), ids=lambda path: path.name)
def test_hooks_are_short_and_run_on_old_interpreters(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    ast.parse(text, feature_version=(3, 9))
