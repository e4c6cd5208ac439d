"""The exact files of a generated repository, as listed in tests/tree.txt.

The listing is written by `python -m tests.tree` and read in reviews: a file that appears or
vanishes by accident shows there.
"""

import tempfile
from pathlib import Path

from tests.bakery import FOLDER, ROOT, copy_template

LISTING = ROOT / "tests" / "tree.txt"
PACKAGE = "<package>"
HEADER = """\
# Every file of a generated repository: those of all, then those of each answer.
# Written by: python -m tests.tree
"""


def list_template(template: Path) -> dict[str, list[str]]:
    """Return the files that a project gets always ("all") and for an answer ("task = ...")."""
    sections: dict[str, list[str]] = {"all": []}
    for path in sorted((template / FOLDER).rglob("*")):
        parts = path.relative_to(template / FOLDER).parts
        if not path.is_file():
            continue
        section = "all"
        if parts[0] == "options":
            section, parts = f"{parts[1]} = {parts[2]}", parts[3:]
        name = "/".join(parts).replace("<<cookiecutter.package_name>>", PACKAGE)
        sections.setdefault(section, []).append(name)
    return sections


def read_listing() -> dict[str, list[str]]:
    """Return the sections of tests/tree.txt."""
    sections: dict[str, list[str]] = {}
    for line in LISTING.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = names = []
        elif line and not line.startswith("#"):
            names.append(line)
    return sections


def expected_files(answers: dict[str, str]) -> list[str]:
    """Return the files that tests/tree.txt promises for these answers."""
    chosen = {f"{question} = {answer}" for question, answer in answers.items()}
    return sorted(
        name.replace(PACKAGE, answers["package_name"])
        for section, names in read_listing().items()
        if section == "all" or section in chosen
        for name in names
    )


def write_listing() -> None:
    """Write tests/tree.txt from the template folder."""
    with tempfile.TemporaryDirectory() as folder:
        sections = list_template(copy_template(Path(folder)))
    blocks = [f"\n[{section}]\n" + "\n".join(names) for section, names in sections.items()]
    LISTING.write_text(HEADER + "\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_listing()
