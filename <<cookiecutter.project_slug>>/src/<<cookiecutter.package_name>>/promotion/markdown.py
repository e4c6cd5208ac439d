"""Markdown that reads the same on GitHub and GitLab, whatever the text in it is.

Text that somebody else wrote only appears as code. There, no forge looks for mentions of people,
references to issues, links, HTML or commands at the start of a line.
"""

import re
from collections.abc import Iterable, Sequence

_LONGEST = 300


def code(text: object, most: int = _LONGEST) -> str:
    """``text`` as code in a line: without line ends, invisible characters and what is too long."""
    visible = "".join(c if c.isprintable() else " " for c in str(text))
    line = " ".join(visible.split())
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    if not line:
        return "–"
    # The fence must be longer than any run of backticks inside.
    runs = [len(run) for run in re.findall("`+", line)]
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table of cells that are Markdown already; columns ``right`` are for figures."""
    bars = ["---:" if column in right else "---" for column in range(len(head))]
    lines = [head, bars, *rows]
    # A bar ends a cell even inside code, and a backslash before it is taken away there.
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in x)} |" for x in lines)


def block(text: str, language: str = "") -> str:
    """``text`` as it is, in lines; control characters become spaces."""
    clean = "\n".join(
        "".join(c if c.isprintable() or c == "\t" else " " for c in line)
        for line in text.splitlines()
    )
    longest = max((len(run) for run in re.findall("`+", clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{clean}\n{fence}"


def folded(summary: str, content: str) -> str:
    """``content`` behind a line that opens it; ``summary`` must hold no text of others."""
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>"


def cut(text: str, most: int) -> str:
    """The lines of ``text`` that fit into ``most`` characters."""
    if len(text) <= most:
        return text
    return text[: max(most, 0)].rpartition("\n")[0]
