"""Every record is one line of valid JSON in ECS names, whatever is in it."""

import json
import logging
import sys

import pytest

from <<cookiecutter.package_name>>.logs import EcsFormatter, Service, dump, timestamp


def formatted(message="hello", *arguments, extra=None, **fields):
    record = logging.LogRecord("some.logger", logging.WARNING, "file", 1, message, arguments, None)
    for key, value in {"ecs": extra or {}, **fields}.items():
        setattr(record, key, value)
    line = EcsFormatter(Service("model", "test")).format(record)
    assert "\n" not in line
    return json.loads(line)


def test_fields():
    record = formatted("%d rows", 3, extra={"event.action": "counted"})
    assert record["message"] == "3 rows"
    assert record["log.level"] == "warning" and record["log.logger"] == "some.logger"
    assert record["service.name"] == "model" and record["service.environment"] == "test"
    assert record["event.dataset"] == "ml.serving" and record["event.action"] == "counted"
    assert record["@timestamp"].endswith("+00:00") and record["ecs.version"]


def test_without_a_service():
    record = logging.LogRecord("x", logging.INFO, "file", 1, "hello", (), None)
    assert json.loads(EcsFormatter().format(record))["service.name"] == "unnamed"


@pytest.mark.parametrize(
    "text", ['a "quote"', "two\nlines", "tab\t", "\x00\x1b", "süß ☃ 🂡", "\ud800 alone", "{}%s"]
)
def test_texts_that_break_templates(text):
    assert formatted(text)["message"] == text.replace("\ud800", "?")


def test_wrong_arguments_do_not_cost_the_line():
    assert formatted("%d rows", "many")["message"] == "%d rows ('many',)"


@pytest.mark.parametrize(
    "value, written",
    [
        (float("nan"), None),
        (float("inf"), None),
        (2**70, str(2**70)),
        (object, "<class 'object'>"),
        ({1: "x"}, {"1": "x"}),
        ((True, None), [True, None]),
        (["\ud800"], ["?"]),
        (["\ud800", 2, True], ["?", 2, True]),
    ],
)
def test_values(value, written):
    assert json.loads(dump({"value": value}))["value"] == written


def test_exceptions():
    try:
        raise KeyError('with "quotes"\nand lines')
    except KeyError:
        record = formatted(exc_info=sys.exc_info())
    assert record["error.type"] == "KeyError"
    assert "quotes" in record["error.message"]
    assert record["error.stack_trace"].startswith("Traceback")
    assert "error.type" not in formatted(exc_info=(None, None, None))


def test_times_have_a_zone():
    assert timestamp(0) == "1970-01-01T00:00:00.000+00:00"
