"""The series that a query reads."""

import pytest

from <<cookiecutter.package_name>>.observe.selectors import QueryError, selectors


@pytest.mark.parametrize(
    ("expr", "found"),
    [
        ("vector(3)", []),
        ("a", ["a{}"]),
        ('sum(rate(a{x="1",y!="2"}[5m] offset 1d)) / b', ['a{x="1",y!="2"}', "b{}"]),
        ('a{x=~"b|c",y!~"d"} unless on (z) absent(a{x=~"b|c",y!~"d"})', ['a{x=~"b|c",y!~"d"}']),
        ("max_over_time(a[1h:1m])", ["a{}"]),
        (r'a{x=~"1\\.5"}', [r'a{x=~"1\\.5"}']),
    ],
)
def test_each_once_without_its_range(expr, found):
    assert selectors(expr) == found


def test_what_is_no_query_is_refused():
    with pytest.raises(QueryError, match=r"in sum\(a"):
        selectors("sum(a")
