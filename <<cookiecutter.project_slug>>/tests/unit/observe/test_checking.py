"""Queries against a real Prometheus: what is empty or no number is found."""

import pytest
import yaml

from <<cookiecutter.package_name>>.observe.checking import (
    Reason,
    ReasonsError,
    check,
    read_reasons,
)
from <<cookiecutter.package_name>>.observe.filling import local_values
from <<cookiecutter.package_name>>.observe.finding import Found

VALUES = local_values("a", "v7", "accuracy")
REASON = "nothing is above its limit in health"


def problems(prometheus, *exprs, reasons=()):
    queries = [Found(f"panel/board/{place}", expr, "x") for place, expr in enumerate(exprs)]
    return [item.what for item in check(queries, prometheus, VALUES, list(reasons))]


def test_data_is_no_problem(prometheus):
    assert problems(prometheus, 'ml:share{model="$model"}', "vector(1)", "count(up)") == []


@pytest.mark.parametrize(
    ("expr", "what"),
    [
        ('ml:share{modle="$model"}', "empty, and no reason is in"),
        ("ml:nan", "NaN from ml:nan"),
        ("sum(ml:share", "unclosed left parenthesis"),
        ("rate(ml:share)", "expected"),
        ('ml:share{model="$nobody"}', "no value for 'nobody'"),
    ],
)
def test_what_is_wrong_is_said(prometheus, expr, what):
    (found,) = problems(prometheus, expr)
    assert what in found


def test_a_reason_lets_an_alert_be_empty_and_no_more(prometheus):
    reason = Reason(query="panel/board/*", reason=REASON)

    healthy = "ml:share > on () group_left () ml:threshold"
    assert problems(prometheus, healthy, reasons=[reason]) == []
    broken = "ml:share > on () group_left () ml:treshold"
    (found,) = problems(prometheus, broken, reasons=[reason])
    assert "no series matches ml:treshold{}" in found
    (found,) = problems(prometheus, "ml:nan", reasons=[reason])
    assert found.startswith("NaN")


def test_a_selector_may_be_missing_only_by_name(prometheus):
    expr = "ml:share > 1 or ml:candidate > 1"
    allowed = Reason(query="panel/board/0", reason=REASON, absent=("ml:candidate",))

    assert problems(prometheus, expr, reasons=[allowed]) == []
    assert problems(prometheus, expr, reasons=[Reason(query="panel/board/0", reason=REASON)])


def test_a_reason_that_nothing_needs_is_a_problem(prometheus):
    (found,) = problems(prometheus, "vector(1)", reasons=[Reason(query="alert/X", reason=REASON)])
    assert "no query has this name" in found


@pytest.mark.parametrize(
    "content", [[{"query": "a"}], [{"query": "a", "reason": "so"}], [{"quer": "a"}], "{"]
)
def test_reasons_are_written_out(tmp_path, content):
    path = tmp_path / "reasons.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    with pytest.raises(ReasonsError, match=r"reasons\.yaml"):
        read_reasons(path)
