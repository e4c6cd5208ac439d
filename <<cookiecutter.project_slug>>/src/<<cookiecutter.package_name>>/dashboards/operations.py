"""Model operations: is it answering, fast enough, and which version does?"""

from .mesh import mesh_rows
from .operations_detail import alert_panels, time_panels, version_panels
from .panels import AMBER, GREEN, OF_LIMIT, RED, Panel, Row, lines, number
from .queries import MODEL, PREDICTOR, VERSION, Query, by_predictor, limit


def rows() -> list[Row]:
    """From what a person on call asks first to what explains it."""
    return [
        Row("Now", _now()),
        Row("Requests and errors", _errors()),
        Row("Time", time_panels()),
        Row("Versions", version_panels()),
        *mesh_rows(),
        Row("Alerts and logs", alert_panels()),
    ]


def _now() -> list[Panel]:
    return [
        number(
            "Requests a second",
            "Requests for predictions that arrive now, averaged over five minutes.",
            "reqps",
            Query(f"sum(ml:requests:rate5m{{{PREDICTOR}}})", "requests"),
            decimals=1,
        ),
        number(
            "Failed, of the limit",
            "Share of requests that fail by the fault of the server, in parts of what is allowed. "
            "At 100 % the error budget is used as fast as it is granted.",
            "percentunit",
            Query(f"max(ml:error_budget:burn_rate5m{{{MODEL}}})", "of the limit"),
            steps=OF_LIMIT,
            decimals=0,
        ),
        number(
            "Error budget left, 3 days",
            "What is left of the failures that are allowed over three days. Below zero, more "
            "requests failed than were allowed.",
            "percentunit",
            Query(f"1 - max(ml:error_budget:burn_rate3d{{{MODEL}}})", "left"),
            steps=((None, RED), (0, AMBER), (0.5, GREEN)),
            decimals=0,
        ),
        number(
            "Time of 95 %",
            "95 of 100 requests are answered within this time.",
            "s",
            Query(f"max(ml:request_duration_seconds:p95_5m{{{PREDICTOR}}})", "p95"),
        ),
        number(
            "Being answered",
            "Requests that have arrived and are not answered yet.",
            "short",
            Query(f"sum(rest_server_requests_in_progress{{{PREDICTOR}}})", "in progress"),
        ),
        number(
            "Versions serving",
            "Versions of the model that answer now; two during a canary or an A/B test.",
            "short",
            Query(f"count(count by (model_version) (ml_model_info{{{PREDICTOR}}}))", "versions"),
            steps=((None, RED), (1, GREEN), (2, AMBER)),
        ),
    ]


def _errors() -> list[Panel]:
    answered = f'rest_server_requests_total{{{PREDICTOR},path=~".*/infer"}}'
    return [
        lines(
            "Requests by answer",
            "Requests a second by the code of their answer: 2xx were answered, 4xx were refused "
            "because of their content, 5xx failed by the fault of the server.",
            "reqps",
            [
                Query(
                    f"sum by (status_code) (rate({answered}[$__rate_interval]))", "{{status_code}}"
                )
            ],
            stacked=True,
        ),
        lines(
            "Share of failed requests",
            "Failed by the fault of the server, for each predictor. The dashed line is the share "
            "that the objective allows (error_budget).",
            "percentunit",
            [by_predictor("ml:request_errors:ratio_rate5m"), limit("error_budget", "allowed")],
        ),
        lines(
            "How fast the error budget burns",
            "1 is the speed at which the budget lasts exactly as long as it is meant to. Alerts "
            "follow when a short and a long window are both above 14.4, 6, 3 or 1.",
            "short",
            [_burn("5m"), _burn("1h"), _burn("6h"), _burn("3d")],
        ),
        lines(
            "Refused requests by reason",
            "Requests a second that the model refused because of what was in them.",
            "reqps",
            [
                Query(
                    f"sum by (reason) "
                    f"(rate(ml_request_rejected_total{{{VERSION}}}[$__rate_interval]))",
                    "{{reason}}",
                )
            ],
            stacked=True,
        ),
        lines(
            "Share of refused requests",
            "Many refusals mean that a caller sends what the model does not know. The dashed line "
            "is the limit (rejected_share).",
            "percentunit",
            [by_predictor("ml:requests_rejected:ratio_rate5m"), limit("rejected_share")],
        ),
        lines(
            "Rows answered by class",
            "Rows a second by what was predicted for them.",
            "rowsps",
            [
                Query(
                    f"sum by (predicted_class) "
                    f"(rate(ml_predictions_total{{{VERSION}}}[$__rate_interval]))",
                    "{{predicted_class}}",
                )
            ],
            stacked=True,
        ),
    ]


def _burn(window: str) -> Query:
    return Query(f"max(ml:error_budget:burn_rate{window}{{{MODEL}}})", f"over {window}")
