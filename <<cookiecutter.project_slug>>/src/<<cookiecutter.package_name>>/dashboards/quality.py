"""Model quality and drift: do data and predictions look as in training, are predictions right?"""

from .drift import data_panels, drift_panels
from .panels import OF_LIMIT, Panel, Row, bars, lines, number
from .queries import MODEL, VERSION, Query, limit, of_limit


def rows() -> list[Row]:
    """Without labels first, as they come late; then with them."""
    return [
        Row("Now", _now()),
        Row("Drift: does the data still look as in training?", drift_panels()),
        Row("Data quality", data_panels()),
        Row("Quality: are the predictions right?", _quality()),
        Row("Freshness", _freshness()),
    ]


def _now() -> list[Panel]:
    return [
        number(
            "Drifted features",
            "Share of the model's inputs that no longer look as in training.",
            "percentunit",
            Query(f"max(ml_drift_share{{{VERSION}}})", "drifted"),
            decimals=0,
        ),
        number(
            "Drift, of the limit",
            "The share of drifted features in parts of what is allowed (drift_share).",
            "percentunit",
            Query(
                f"max({of_limit(f'ml_drift_share{{{VERSION}}}', 'drift_share')})", "of the limit"
            ),
            steps=OF_LIMIT,
            decimals=0,
        ),
        number(
            "Rows looked at",
            "Logged predictions in the window of the last monitoring run.",
            "short",
            Query(f"max(ml_rows_evaluated{{{VERSION}}})", "rows"),
        ),
        number(
            "Predictions with a label",
            "Share of predictions whose true outcome is known by now.",
            "percentunit",
            Query(f"max(ml_labels_coverage_ratio{{{VERSION}}})", "with a label"),
            decimals=0,
        ),
        number(
            "Half of the labels come within",
            "Time from a prediction to its true outcome.",
            "s",
            Query(f'max(ml_label_delay_seconds{{quantile="0.5",{VERSION}}})', "delay"),
        ),
        number(
            "Last look",
            "Time since monitoring last ran to its end. Everything here is as old as this.",
            "s",
            Query(f"time() - max(ml_monitor_last_success_timestamp_seconds{{{MODEL}}})", "ago"),
        ),
    ]


def _quality() -> list[Panel]:
    return [
        lines(
            "Quality against the reference",
            "The chosen measure on predictions whose outcome is known (live) and as it was when "
            "the model was accepted (reference). The dashed line is the least that is accepted: "
            "the reference less the tolerance (quality_drop).",
            "short",
            [
                Query(f'max(ml_quality{{metric="$metric",slice="all",{VERSION}}})', "live"),
                Query(f'max(ml_quality_reference{{metric="$metric",{VERSION}}})', "reference"),
                Query(
                    f'max(ml_quality_reference{{metric="$metric",{VERSION}}})'
                    f' - on () max(ml:threshold{{name="quality_drop",{MODEL}}})',
                    "least accepted",
                    limit=True,
                ),
            ],
            step=True,
        ),
        bars(
            "All measures now",
            "Every measure of quality on the predictions whose outcome is known.",
            "short",
            Query(f'max by (metric) (ml_quality{{slice="all",{VERSION}}})', "{{metric}}"),
        ),
        bars(
            "Quality by group of rows",
            "The chosen measure for each group: a good average can hide a group that is served "
            "badly.",
            "short",
            Query(
                f'sort_desc(max by (slice) (ml_quality{{metric="$metric",{VERSION}}}))',
                "{{slice}}",
            ),
        ),
        lines(
            "Predictions with a label",
            "Share of predictions whose outcome is known. Below the dashed line (label_coverage) "
            "quality says little.",
            "percentunit",
            [
                Query(f"max(ml_labels_coverage_ratio{{{VERSION}}})", "with a label"),
                limit("label_coverage", "at least"),
            ],
            step=True,
            top=1,
        ),
        lines(
            "How late labels come",
            "Time from a prediction to its outcome, of half and of 95 % of the labels. The dashed "
            "line is the limit (label_delay_seconds).",
            "s",
            [
                Query(
                    f"max by (quantile) (ml_label_delay_seconds{{{VERSION}}})",
                    "{{quantile}} of the labels",
                ),
                limit("label_delay_seconds"),
            ],
            step=True,
        ),
        bars(
            "Labels that could not be used",
            "By reason: of no known prediction, a second one, too late, or not valid.",
            "short",
            Query(f"max by (reason) (ml_labels_rejected{{{VERSION}}})", "{{reason}}"),
        ),
    ]


def _freshness() -> list[Panel]:
    return [
        lines(
            "Age of the last monitoring run",
            "The dashed line is the limit (monitor_age_seconds).",
            "s",
            [
                Query(
                    "time() - max by (environment) "
                    f"(ml_monitor_last_success_timestamp_seconds{{{MODEL}}})",
                    "{{environment}}",
                ),
                limit("monitor_age_seconds"),
            ],
        ),
        lines(
            "Age of the last successful pipeline",
            "By pipeline. The dashed line is the limit (pipeline_age_seconds).",
            "s",
            [
                Query(
                    "time() - max by (pipeline) "
                    f"(ml_pipeline_last_success_timestamp_seconds{{{MODEL}}})",
                    "{{pipeline}}",
                ),
                limit("pipeline_age_seconds"),
            ],
        ),
        lines(
            "How long monitoring takes",
            "Time of the last monitoring run from start to end.",
            "s",
            [
                Query(
                    f"max by (environment) (ml_monitor_duration_seconds{{{MODEL}}})",
                    "{{environment}}",
                )
            ],
            step=True,
        ),
    ]
