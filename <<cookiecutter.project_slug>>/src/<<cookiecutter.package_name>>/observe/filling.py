"""Putting values into a query where Grafana, an analysis or kustomize would."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ARGUMENT = re.compile(r"\{\{args\.([a-z0-9-]+)\}\}")
_VARIABLE = re.compile(r"\$\{?(__rate_interval|__interval|__range|[a-z]+)\}?")
# Written by kustomize from the namespace of an overlay.
_PLACEHOLDER = 'namespace="none"'


class FillingError(ValueError):
    """A query has a variable that has no value here; the message names it."""


@dataclass(frozen=True)
class Values:
    """What stands for what: variables of dashboards, arguments of analyses, the namespace."""

    namespace: str
    variables: Mapping[str, str]
    arguments: Mapping[str, str]


def local_values(
    slug: str, version: str, metric: str, interval: str = "1m", environment: str = "dev"
) -> Values:
    """Values for one model in one environment.

    ``metric`` is the measure of quality that is shown, ``interval`` at least four scrapes.
    """
    return Values(
        namespace=f"{slug}-{environment}",
        variables={
            # As Grafana writes "All" of these variables.
            "environment": ".*",
            "predictor": ".*",
            "version": ".*",
            "team": ".*",
            "model": slug,
            "metric": metric,
            "__rate_interval": interval,
            "__interval": interval,
            "__range": "1h",
        },
        arguments={
            "deployment": "model",
            "version": version,
            "candidate": "canary",
            "window": "5m",
        },
    )


def fill(expr: str, values: Values) -> str:
    """``expr`` without variables; raises ``FillingError`` for one that has no value."""

    def argument(found: re.Match) -> str:
        return _value(values.arguments, found[1], expr)

    def variable(found: re.Match) -> str:
        return _value(values.variables, found[1], expr)

    filled = _VARIABLE.sub(variable, _ARGUMENT.sub(argument, expr))
    return filled.replace(_PLACEHOLDER, f'namespace="{values.namespace}"')


def _value(values: Mapping[str, str], name: str, expr: str) -> str:
    if name not in values:
        raise FillingError(f"no value for {name!r} in {expr!r}; add it to observe/filling.py")
    return values[name]
