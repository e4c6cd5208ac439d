"""Text of others in Markdown, read by a real parser: it is shown and means nothing."""

import pytest
from markdown_it import MarkdownIt

from <<cookiecutter.package_name>>.promotion.markdown import block, code, cut, folded, table

HOSTILE = [
    "@everyone look, closes #1 and !2",
    "/approve\n/merge",
    "<img src=x onerror=alert(1)></details>",
    "![](https://example.com/pixel.png) [a](javascript:alert(1))",
    "a | b | c",
    "`a` ``b`` ```c```",
    "`starts and ends`",
    "```\n# a heading\n```",
    "\\",
    "\\`",
    "back\\|slash",
    "right\u202eleft zero\u200bwidth \x1b[31mred\x00",
    "**bold** _it_ ~~no~~ $x$ $`y`$ :tada:",
    "Release: v1\n\nSigned-off-by: me",
]


def parsed(text):
    return MarkdownIt("commonmark").enable("table").parse(text)


def shown(text):
    """The tokens of a line: kind and content."""
    (line,) = [token for token in parsed(text) if token.type == "inline"]
    return [(child.type, child.content) for child in line.children]


@pytest.mark.parametrize("text", HOSTILE)
def test_it_is_one_piece_of_code_in_a_line(text):
    made = code(text)

    (found,) = shown(made)
    assert found[0] == "code_inline"
    assert found[1] == " ".join("".join(c if c.isprintable() else " " for c in text).split())
    assert "\n" not in made


@pytest.mark.parametrize("text", HOSTILE)
def test_it_stays_in_its_cell(text):
    made = table(["a", "b"], [[code(text), "x"]])

    cells = [token for token in parsed(made) if token.type == "inline"]
    assert [cell.content for cell in cells[:2]] == ["a", "b"]
    assert len(cells) == 4
    assert [child.type for child in cells[2].children] == ["code_inline"]
    assert cells[3].content == "x"


@pytest.mark.parametrize("text", HOSTILE)
def test_it_stays_in_its_block(text):
    tokens = parsed(f"{block(text, 'diff')}\n\nafter")

    assert [token.type for token in tokens][:1] == ["fence"]
    assert tokens[0].info == "diff"
    assert [t.content for t in tokens if t.type == "inline"] == ["after"]


def test_what_is_long_is_cut_and_what_is_empty_is_a_dash():
    assert code("x" * 500) == f"`{'x' * 299}…`"
    assert code("x" * 20, 10) == f"`{'x' * 9}…`"
    assert code("") == code(" \n ") == code("\u200b") == "–"
    assert code(None) == "`None`"


def test_a_block_keeps_lines_and_tabs():
    assert block("a\tb\r\n  c\n") == "```\na\tb\n  c\n```"


def test_columns_of_figures_are_at_the_right():
    assert table(["a", "b"], [["1", "2"]], right=(1,)) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


def test_folded_content_is_read_as_markdown():
    kinds = [token.type for token in parsed(folded("more", "- a\n- b"))]

    assert kinds[0] == kinds[-1] == "html_block"
    assert "bullet_list_open" in kinds


def test_cutting_keeps_whole_lines():
    assert cut("one\ntwo\nthree", 100) == "one\ntwo\nthree"
    assert cut("one\ntwo\nthree", 9) == "one\ntwo"
    assert cut("one\ntwo", 2) == ""
    assert cut("one\ntwo", -5) == ""
