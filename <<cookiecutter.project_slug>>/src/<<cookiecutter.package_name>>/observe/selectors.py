"""The series that a query reads, found by parsing it."""

from collections.abc import Iterator

import promql_parser


class QueryError(ValueError):
    """A query is not PromQL; the message says where."""


def selectors(expr: str) -> list[str]:
    """Every selector of the query, each once, without range and offset."""
    try:
        tree = promql_parser.parse(expr)
    except ValueError as error:
        raise QueryError(f"{error} in {expr}") from error
    return list(dict.fromkeys(_text(item) for item in _vectors(tree)))


def _vectors(tree: promql_parser.Expr) -> Iterator[promql_parser.VectorSelector]:
    found = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)

    promql_parser.walk(tree, pre_visit=visit)
    yield from found


def _text(selector: promql_parser.VectorSelector) -> str:
    matchers = ",".join(
        f"{item.name}{_sign(item.op)}{_quoted(item.value)}" for item in selector.matchers.matchers
    )
    return f"{selector.name or ''}{{{matchers}}}"


# Not a dictionary: the operators can be compared and not hashed.
_SIGNS = (
    (promql_parser.MatchOp.Equal, "="),
    (promql_parser.MatchOp.NotEqual, "!="),
    (promql_parser.MatchOp.Re, "=~"),
    (promql_parser.MatchOp.NotRe, "!~"),
)


def _sign(operator: promql_parser.MatchOp) -> str:
    return next(sign for known, sign in _SIGNS if known == operator)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
