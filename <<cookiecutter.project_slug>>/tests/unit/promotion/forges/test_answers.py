"""What an answer says: forges keep their reasons in many places of the body."""

import pytest

from <<cookiecutter.package_name>>.promotion.forges.answers import Answer, read_json


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Not Found"}, "Not Found"),
        (
            {"message": "Bad", "errors": [{"field": "head", "code": "invalid"}]},
            "Bad; head is invalid",
        ),
        (
            {"message": "Bad", "errors": [{"message": "No commits"}, "more"]},
            "Bad; No commits; more",
        ),
        (
            {"errors": [{"type": "X", "message": "Auto merge is not allowed"}]},
            "Auto merge is not allowed",
        ),
        ({"message": ["Another open merge request: !1"]}, "Another open merge request: !1"),
        ({"message": {"base": ["is bad", "very"]}}, "base: is bad; base: very"),
        ({"error": "insufficient_scope"}, "insufficient_scope"),
        ({"message": None, "errors": []}, "HTTP 418"),
        (["a", "list"], "HTTP 418"),
        (None, "HTTP 418"),
    ],
)
def test_the_reason_is_found(body, said):
    assert Answer(418, {}, body).message == said


@pytest.mark.parametrize(
    ("code", "message", "limited"),
    [(429, "", True), (403, "API rate limit exceeded", True), (403, "Forbidden", False)],
)
def test_a_limit_is_no_missing_right(code, message, limited):
    assert Answer(code, {}, {"message": message}).is_limited is limited


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "30"}, "in 30 s"),
        ({"x-ratelimit-reset": "1793520000"}, "after 08:00:00 UTC"),
        ({"ratelimit-reset": "1793520000"}, "after 08:00:00 UTC"),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "in a few minutes"),
        ({}, "in a few minutes"),
    ],
)
def test_it_says_when_to_ask_again(headers, wait):
    assert Answer(429, headers, None).wait == wait


def test_what_is_no_json_is_nothing():
    assert read_json('{"a": 1}') == {"a": 1}
    assert read_json("<html>") is read_json("") is None
