"""Panels: each has a title, a description in plain words, a unit and its queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    elasticsearch,
    heatmap,
    stat,
    timeseries,
)
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    LineInterpolation,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from .queries import LOGS, METRICS, Query, letters

GREEN, AMBER, RED, BLUE = "green", "orange", "red", "blue"
# Of values in parts of their limit.
OF_LIMIT = ((None, GREEN), (0.75, AMBER), (1, RED))
# Widths are of Grafana's 24 columns; heights are its units of about 38 pixels.
LINES_HEIGHT, STAT_HEIGHT = 8, 4


@dataclass(frozen=True)
class Panel:
    """A panel of the SDK with the size it takes."""

    builder: Any
    width: int
    height: int = LINES_HEIGHT


@dataclass(frozen=True)
class Row:
    """Panels under one heading; they fill lines of 24 columns from the left."""

    title: str
    panels: Sequence[Panel] = field(default_factory=list)


def lines(
    title: str,
    description: str,
    unit: str,
    queries: list[Query],
    *,
    width: int = 8,
    stacked: bool = False,
    top: float | None = None,
    step: bool = False,
) -> Panel:
    """Values over time, limits dashed and red; ``step`` for values that change now and then."""
    panel = timeseries.Panel().fill_opacity(30 if stacked else 8).line_width(2)
    # Soft: money can be lost.
    panel = panel.axis_soft_min(0)
    panel = panel.show_points(VisibilityMode.NEVER).span_nulls(True)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    if top is not None:
        panel = panel.axis_soft_max(top)
    if step:
        panel = panel.line_interpolation(LineInterpolation.STEP_AFTER)
    legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    panel = panel.legend(legend.placement(LegendPlacement.BOTTOM))
    panel = panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    for query, built in zip(queries, letters(queries), strict=True):
        if query.limit:
            panel = panel.override_by_query(built.build().ref_id, _DASHED)
    return Panel(_common(panel, title, description, unit, queries), width)


def number(
    title: str,
    description: str,
    unit: str,
    query: Query,
    *,
    width: int = 4,
    decimals: int | None = None,
    steps: Sequence[tuple[float | None, str]] = ((None, BLUE),),
) -> Panel:
    """The last value in large type; ``steps`` colour it from each value upwards."""
    panel = stat.Panel().graph_mode(BigValueGraphMode.AREA).color_mode(BigValueColorMode.VALUE)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel = panel.thresholds(_steps(steps)).no_value("no data")
    if decimals is not None:
        panel = panel.decimals(decimals)
    return Panel(_common(panel, title, description, unit, [query]), width, STAT_HEIGHT)


def bars(
    title: str,
    description: str,
    unit: str,
    query: Query,
    *,
    width: int = 8,
    steps: Sequence[tuple[float | None, str]] = ((None, BLUE),),
    top: float | None = None,
    signed: bool = False,
) -> Panel:
    """The last value of each series as a bar, with its name; ``signed`` if some are negative."""
    panel = bargauge.Panel().orientation(VizOrientation.HORIZONTAL)
    panel = panel.display_mode(BarGaugeDisplayMode.BASIC).thresholds(_steps(steps))
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    # From loss to gain, Grafana finds both ends in the values.
    panel = panel.field_min_max(True) if signed else panel.min(0)
    if top is not None:
        panel = panel.max(top)
    return Panel(_common(panel, title, description, unit, [query]), width)


def heat(title: str, description: str, unit: str, expr: str, *, width: int = 8) -> Panel:
    """How often each bucket of a histogram was met over time; ``expr`` keeps the label ``le``."""
    query = Query(expr, "{{le}}", form=PromQueryFormat.HEATMAP)
    return Panel(_common(heatmap.Panel(), title, description, unit, [query]), width)


def grid(
    title: str,
    description: str,
    query: Query,
    columns: dict[str, str],
    *,
    width: int = 12,
    unit: str = "short",
) -> Panel:
    """A table of the present values; ``columns`` are labels (or ``Value``) and their headings."""
    order = {name: place for place, name in enumerate(columns)}
    keep = DataTransformerConfig(
        id_val="filterFieldsByName", options={"include": {"names": list(columns)}}
    )
    arrange = DataTransformerConfig(
        id_val="organize", options={"indexByName": order, "renameByName": columns}
    )
    panel = tables.Panel().with_transformation(keep).with_transformation(arrange)
    return Panel(_common(panel, title, description, unit, [query]), width)


def log_counts(title: str, description: str, query: str, *, by: str, width: int = 12) -> Panel:
    """Log lines over time that match a Lucene query, by a field; read from Elasticsearch."""
    over_time = elasticsearch.DateHistogram().id("2").field("@timestamp")
    over_time = over_time.settings(
        elasticsearch.ElasticsearchDateHistogramSettings().interval("auto").min_doc_count("0")
    )
    kinds = elasticsearch.Terms().id("3").field(by)
    kinds = kinds.settings(
        elasticsearch.ElasticsearchTermsSettings().size("10").order("desc").order_by("_count")
    )
    asked = elasticsearch.Dataquery().ref_id("A").query(query).time_field("@timestamp")
    asked = asked.datasource(LOGS).bucket_aggs([kinds, over_time])
    asked = asked.metrics([elasticsearch.Count().id("1")])
    panel = timeseries.Panel().fill_opacity(60).line_width(1).min(0).datasource(LOGS)
    legend = common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)
    panel = panel.legend(legend.placement(LegendPlacement.BOTTOM)).with_target(asked)
    return Panel(panel.title(title).description(description).unit("short"), width)


_DASHED = [
    DynamicConfigValue("color", {"mode": "fixed", "fixedColor": RED}),
    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
    DynamicConfigValue("custom.lineWidth", 1),
    DynamicConfigValue("custom.fillOpacity", 0),
]


def _common(panel: Any, title: str, description: str, unit: str, queries: list[Query]) -> Any:
    panel = panel.title(title).description(description).unit(unit).datasource(METRICS)
    return panel.targets(letters(queries))


def _steps(steps: Sequence[tuple[float | None, str]]) -> dashboard.ThresholdsConfig:
    made = [Threshold(value, color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)
