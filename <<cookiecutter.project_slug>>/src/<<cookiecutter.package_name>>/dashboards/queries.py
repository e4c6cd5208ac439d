"""Queries in panels: one style for all, limits as dashed lines read from the threshold series."""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

METRICS = DataSourceRef(type_val="prometheus", uid="${datasource}")
LOGS = DataSourceRef(type_val="elasticsearch", uid="${logs}")
# What every series of a model is chosen by.
MODEL = 'environment=~"$environment",model_name="$model"'
PREDICTOR = f'{MODEL},predictor=~"$predictor"'
VERSION = f'{MODEL},model_version=~"$version"'
# A limit's query has this letter, and panels draw it as a dashed red line.
LIMIT = "L"


@dataclass(frozen=True)
class Query:
    """One query of a panel; ``legend`` is Grafana's, with ``{{label}}``."""

    expr: str
    legend: str
    limit: bool = False
    # As a table or heat map, which show the present or all buckets at once.
    form: PromQueryFormat = PromQueryFormat.TIME_SERIES
    instant: bool = False

    def build(self, letter: str) -> prometheus.Dataquery:
        """The SDK's query under the letter that its panel gives it."""
        query = prometheus.Dataquery().ref_id(letter).expr(self.expr).legend_format(self.legend)
        query = query.datasource(METRICS).format(self.form)
        return query.instant() if self.instant else query.range()


def limit(name: str, legend: str = "limit") -> Query:
    """The environment's limit of this name, as the alerts read it."""
    return Query(f'max(ml:threshold{{name="{name}",{MODEL}}})', legend, limit=True)


def of_limit(series: str, name: str) -> str:
    """A series in parts of the limit of its environment."""
    return f'{series} / on (namespace) group_left () ml:threshold{{name="{name}",{MODEL}}}'


def by_predictor(series: str, chosen: str = PREDICTOR) -> Query:
    """The worst of every predictor: a candidate beside the default one."""
    expr = f"max by (environment, predictor) ({series}{{{chosen}}})"
    return Query(expr, "{{environment}} {{predictor}}")


def table(expr: str) -> Query:
    """The present values with all their labels."""
    return Query(expr, "", form=PromQueryFormat.TABLE, instant=True)


def letters(queries: list[Query]) -> list[prometheus.Dataquery]:
    """The queries as the SDK's, lettered A, B, C; limits are L, M, N."""
    found, plain, limits = [], 0, 0
    for query in queries:
        if query.limit:
            found.append(query.build(chr(ord(LIMIT) + limits)))
            limits += 1
        else:
            found.append(query.build(chr(ord("A") + plain)))
            plain += 1
    return found
