"""The list of releases that failed."""

import pytest

from <<cookiecutter.package_name>>.promotion.blocked import (
    Blocked,
    BlockedError,
    add_blocked,
    find_blocked,
    parse_blocked,
    refuse_blocked,
)

WHERE = "gitops/blocked.yaml"
ENTRY = Blocked("v7-3f9a1c20d4e1", "p95: 900 ms # far over\nbudget", "2026-11-24T09:30:00Z", "Änn")


def test_entries_are_added_once_and_read_back():
    first = add_blocked(b"blocked: []\n", ENTRY, WHERE)
    again = add_blocked(first, ENTRY, WHERE)
    second = add_blocked(first, Blocked("v8-0", "r", "s", "b"), WHERE)

    assert again == first
    assert parse_blocked(second, WHERE) == (ENTRY, Blocked("v8-0", "r", "s", "b"))
    assert second.startswith(b"# Releases that failed somewhere.")
    assert find_blocked(parse_blocked(second, WHERE), "v8-0").reason == "r"
    assert find_blocked(parse_blocked(second, WHERE), "v9-0") is None


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n", b"blocked: []\n"])
def test_no_list_is_an_empty_one(content):
    assert parse_blocked(content, WHERE) == ()
    refuse_blocked((), "v7-3f9a1c20d4e1")


@pytest.mark.parametrize(
    "content",
    [b"blocked: [", b"[]\n", b"blocked: none\n", b"blocked: [v7]\n", b"blocked: []\nmore: 1\n"]
    + [b"blocked: [{release: v7}]\n", b"\xff"],
)
def test_a_broken_list_is_never_taken_for_an_empty_one(content):
    with pytest.raises(BlockedError, match=WHERE):
        parse_blocked(content, WHERE)
    with pytest.raises(BlockedError, match=WHERE):
        add_blocked(content, ENTRY, WHERE)


def test_a_blocked_release_is_refused_with_its_reason():
    with pytest.raises(BlockedError, match="since 2026-11-24T09:30:00Z by Änn: p95: 900 ms"):
        refuse_blocked((ENTRY,), ENTRY.release)
