"""Stack files: ZenML itself reads them and checks every component's configuration."""

import sys
from pathlib import Path

import pytest
from checkout import ROOT, start

ZENML = str(Path(sys.executable).with_name("zenml"))
NAMES = ("local", "kubernetes")


@pytest.mark.parametrize("name", NAMES)
def test_stack_is_imported(name, tmp_path):
    path = ROOT / "configs" / "stacks" / f"{name}.yaml"
    process = start(
        tmp_path,
        ZENML,
        "stack",
        "import",
        str(path),
        ZENML_CONFIG_PATH=str(tmp_path / "zenml"),
    )
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output


def test_misspelt_setting_of_a_stack_is_refused(tmp_path):
    text = (ROOT / "configs" / "stacks" / "kubernetes.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("kubernetes_namespace", "kubernetes_namspace"), "utf-8")
    process = start(
        tmp_path,
        ZENML,
        "stack",
        "import",
        str(broken),
        ZENML_CONFIG_PATH=str(tmp_path / "zenml"),
    )
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "kubernetes_namspace" in output


def test_there_is_a_file_for_each_stack():
    assert {path.stem for path in Path(ROOT / "configs" / "stacks").iterdir()} == set(NAMES)
