"""YAML that remembers its lines."""

import pytest
import yaml

from <<cookiecutter.package_name>>.yaml_lines import line_of, load_with_lines

TEXT = """\
# A comment above.
name: x
parts:
  - {size: 1}
  - 2
  -
    size: 3
"""


def test_the_content_is_that_of_plain_yaml():
    assert load_with_lines(TEXT) == yaml.safe_load(TEXT)
    assert load_with_lines("") is None


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ((), 2),
        (("parts",), 3),
        (("parts", 0, "size"), 4),
        (("parts", 1), 5),
        (("parts", 2, "size"), 7),
        # What is not there is named by what should hold it.
        (("parts", 2, "colour"), 7),
        (("parts", 9), 3),
        (("name", "first"), 2),
        (("other",), 2),
    ],
)
def test_every_part_has_its_line(place, line):
    assert line_of(load_with_lines(TEXT), place) == line


def test_what_is_no_mapping_begins_in_the_first_line():
    assert line_of(load_with_lines("just text"), ("name",)) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice"),
        ("a: {b: 1,\n  b: 2}\n", "line 2: the key 'b' is given twice"),
        ("a: 1\n5: 2\n", "line 2: the key 5 is given twice or is no text"),
        ("a: 1\n? [b, c]\n: 2\n", r"line 2: the key \['b', 'c'\] is given twice or is no text"),
        ("a: &all {b: *all}\n", "recursive"),
        ("a: [", "line 1"),
    ],
)
def test_what_would_be_lost_or_endless_is_refused(text, message):
    with pytest.raises(yaml.YAMLError, match=message):
        load_with_lines(text)
