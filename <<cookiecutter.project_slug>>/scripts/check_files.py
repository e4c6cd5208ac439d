"""Refuse files that must not be in git: data, secrets, conflict markers, broken YAML, JSON, TOML.

    python scripts/check_files.py [FILE ...]

Without files, all files are checked that git tracks or would add. Prints one line for each
problem and exits with 1 when there is one. A line that only looks like a secret is let through
when it ends with the words `not a secret`.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import yaml

MAX_BYTES = 1_000_000
# data/ holds pointers; DVC keeps the bytes. A small extract of people's data is still data.
POINTERS = {".dvc", ".gitignore", ".md"}
# Formats that their issuers document, so that a match is a secret and not a guess.
SECRETS = {
    "a private key": r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----|PuTTY-User-Key-File-[0-9]",
    "an AWS access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "an Azure storage key": r"AccountKey=[A-Za-z0-9+/]{86}==",
    "a GitHub token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{82})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10}",
    "a password in an address": r"\b[a-z][a-z0-9+]*://[^\s/:@'\"$<>{}]+:[^\s/@'\"$<>{}]+@",
}
CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7}) ")


def check_place(path: Path, size: int) -> Iterator[str]:
    """Yield why a file of `size` bytes does not belong in git at all."""
    if size > MAX_BYTES:
        yield f"has {size / 1e6:.1f} MB; what is over 1 MB belongs in DVC: dvc add {path}"
    if path.parts[0] == "data" and path.suffix not in POINTERS and path.name not in POINTERS:
        yield f"data belongs in DVC: git rm --cached {path}; dvc add {path}"


def check_lines(text: str) -> Iterator[str]:
    """Yield secrets and conflict markers, with their line numbers."""
    for number, line in enumerate(text.splitlines(), start=1):
        if CONFLICT.match(line):
            yield f"line {number}: a merge conflict is not resolved"
        if line.rstrip().endswith("not a secret"):
            continue
        for name, pattern in SECRETS.items():
            if re.search(pattern, line):
                yield f"line {number}: {name}; take it out, and revoke it if it was ever pushed"


def refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build a JSON object, but not from two equal keys, of which one would silently win."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"key {max(keys, key=keys.count)!r} is there twice")
    return dict(pairs)


def walk_yaml(node: yaml.Node | None, seen: set[int]) -> None:
    """Raise ValueError where a mapping has the same key twice; aliases are `seen` once."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    children = node.value
    if isinstance(node, yaml.MappingNode):
        refuse_duplicates([(f"{key.value}", None) for key, _ in node.value])
        children = [value for _, value in node.value]
    for child in children:
        walk_yaml(child, seen)


def check_syntax(path: Path, text: str) -> Iterator[str]:
    """Yield why a YAML, JSON or TOML file cannot be read."""
    try:
        if path.suffix in {".yaml", ".yml", ".dvc"}:
            # compose, not load: a file may hold tags that only its own reader knows.
            for document in yaml.compose_all(text):
                walk_yaml(document, set())
        elif path.suffix == ".json":
            json.loads(text, object_pairs_hook=refuse_duplicates)
        elif path.suffix == ".toml":
            tomllib.loads(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        yield "cannot be read: " + " ".join(str(error).split())


def check_file(path: Path) -> list[str]:
    """Return what is wrong with one file, given by its path below the root."""
    if path.is_symlink():  # its target is checked in its own place
        return []
    if not path.is_file():
        return ["does not exist"]
    content = path.read_bytes()
    found = list(check_place(path, len(content)))
    if b"\0" not in content[:8000]:
        text = content.decode(errors="replace")
        found += [*check_lines(text), *check_syntax(path, text)]
    return found


def files_of_git() -> list[Path]:
    """Return the files that git tracks or would add, but for deleted ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True)
    if listing.returncode:
        sys.exit(f"{listing.stderr.strip()}\nName the files to check, or run this in a repository.")
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return [path for path in map(Path, names) if path.is_file()]


def main(names: list[str]) -> int:
    files = [Path(name) for name in names] or files_of_git()
    problems = [f"{path}: {problem}" for path in files for problem in check_file(path)]
    print("\n".join(problems) or f"{len(files)} files are in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
