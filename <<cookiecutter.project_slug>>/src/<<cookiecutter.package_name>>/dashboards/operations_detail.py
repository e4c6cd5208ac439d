"""Model operations, the lower half: time, versions, alerts and logs."""

from .panels import Panel, bars, grid, lines, log_counts
from .queries import MODEL, PREDICTOR, VERSION, Query, by_predictor, limit, table


def time_panels() -> list[Panel]:
    """How long answers take."""
    seconds = "ml:request_duration_seconds"
    return [
        lines(
            "Time of an answer",
            "50, 95 and 99 of 100 requests are answered within this time.",
            "s",
            [
                Query(f"max({seconds}:{name}_5m{{{PREDICTOR}}})", f"{name[1:]} %")
                for name in ("p50", "p95", "p99")
            ],
        ),
        lines(
            "Share of slow requests",
            "Requests that take longer than the objective of this environment. The dashed line is "
            "the share that is allowed (latency_budget).",
            "percentunit",
            [by_predictor("ml:request_slow:ratio_rate5m"), limit("latency_budget", "allowed")],
        ),
        lines(
            "Time in the model alone",
            "95 of 100 predictions are computed within this time, without reading the request "
            "and writing the answer.",
            "s",
            [
                Query(
                    "histogram_quantile(0.95, sum by (le, model_version) "
                    f"(rate(ml_predictor_duration_seconds_bucket{{{VERSION}}}[$__rate_interval])))",
                    "{{model_version}}",
                )
            ],
        ),
    ]


def version_panels() -> list[Panel]:
    """What serves, and a candidate beside it."""
    return [
        grid(
            "What serves",
            "Every version that answers now, where, and the training run it came from.",
            table(
                "max by (environment, predictor, model_version, run_id) "
                f"(ml_model_info{{{PREDICTOR}}})"
            ),
            {
                "environment": "Environment",
                "predictor": "Predictor",
                "model_version": "Version",
                "run_id": "Training run",
            },
            width=9,
        ),
        lines(
            "Age of the model",
            "Time since the training of what serves. The dashed line is the limit "
            "(model_age_seconds).",
            "s",
            [
                Query(f"max by (environment) (ml:model_age_seconds{{{MODEL}}})", "{{environment}}"),
                limit("model_age_seconds"),
            ],
            width=5,
        ),
        bars(
            "Failed requests, predictors side by side",
            "The candidate of a canary or A/B test beside the default predictor, over one hour.",
            "percentunit",
            by_predictor("ml:request_errors:ratio_rate1h"),
            width=5,
        ),
        bars(
            "Time of 95 %, predictors side by side",
            "95 of 100 requests are answered within this time, for each predictor.",
            "s",
            by_predictor("ml:request_duration_seconds:p95_5m"),
            width=5,
        ),
    ]


def alert_panels() -> list[Panel]:
    """What fires, and what was logged."""
    return [
        grid(
            "Alerts that fire now",
            "Each has a page in docs/runbooks that says what to do.",
            table(
                f'max by (alertname, severity, environment) (ALERTS{{alertstate="firing",{MODEL}}})'
            ),
            {"alertname": "Alert", "severity": "Severity", "environment": "Environment"},
        ),
        log_counts(
            "Errors in the logs",
            "Log lines of level error or above, by what wrote them. Open them in the log search "
            "by the field service.name.",
            "service.name:$model AND service.environment:($environment) "
            "AND log.level:(error OR critical OR fatal)",
            by="event.dataset",
        ),
    ]
