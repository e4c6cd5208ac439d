"""What the proxies of any mesh saw, by the names that the rules of each mesh record."""

from .panels import Panel, bars, lines
from .queries import MODEL, PREDICTOR, Query, by_predictor


def mesh_panels() -> list[Panel]:
    """Requests, failures, time and encryption, and a candidate against the default predictor."""
    return [
        lines(
            "Requests by predictor, seen by the mesh",
            "Requests a second that reached each predictor: the share of a canary is seen here.",
            "reqps",
            [
                Query(
                    f"sum by (environment, predictor) (ml:mesh_requests:rate5m{{{PREDICTOR}}})",
                    "{{environment}} {{predictor}}",
                )
            ],
            stacked=True,
        ),
        lines(
            "Failed requests, seen by the mesh",
            "Share of requests that failed by the fault of the server, or never reached it.",
            "percentunit",
            [by_predictor("ml:mesh_request_errors:ratio_rate5m")],
        ),
        lines(
            "Time of 95 %, seen by the mesh",
            "95 of 100 requests are answered within this time, with the way through the mesh.",
            "s",
            [by_predictor("ml:mesh_request_duration_seconds:p95_5m")],
        ),
        bars(
            "Candidate less default: failed requests",
            "How much more often a canary or challenger fails than the default predictor. Below "
            "zero it fails less often.",
            "percentunit",
            by_predictor("ml:mesh_request_errors:difference5m", MODEL),
            width=6,
            signed=True,
        ),
        bars(
            "Candidate by default: time of 95 %",
            "How many times as long a canary or challenger takes. 1 is as long as the default.",
            "short",
            by_predictor("ml:mesh_request_duration_seconds:p95_quotient5m", MODEL),
            width=6,
        ),
        lines(
            "Share of encrypted requests",
            "Requests that came by mutual TLS. Less than 100 % means that somebody calls from "
            "outside the mesh.",
            "percentunit",
            [
                Query(
                    "min by (environment, predictor) "
                    f"(ml:mesh_mutual_tls:ratio_rate5m{{{PREDICTOR}}})",
                    "{{environment}} {{predictor}}",
                )
            ],
            width=6,
            top=1,
        ),
    ]
