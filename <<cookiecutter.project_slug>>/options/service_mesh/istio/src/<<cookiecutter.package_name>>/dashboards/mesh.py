"""The row of Istio: what the rules of a mesh record, and what only Istio tells."""

from .mesh_panels import mesh_panels
from .panels import Panel, Row, lines
from .queries import PREDICTOR, Query

# Only what the side that was called reports: what both report would count twice.
CALLED = f'reporter="destination",{PREDICTOR}'


def mesh_rows() -> list[Row]:
    """One row, below what the model itself reports."""
    return [Row("Mesh", [*mesh_panels(), *_istio()])]


def _istio() -> list[Panel]:
    requests = f"rate(istio_requests_total{{{CALLED}}}[$__rate_interval])"
    return [
        lines(
            "Requests by version",
            "Requests a second by the version of the model that they reached.",
            "reqps",
            [Query(f"sum by (destination_version) ({requests})", "{{destination_version}}")],
            width=6,
            stacked=True,
        ),
        lines(
            "What the mesh did with requests",
            "Requests a second by the proxy's own mark: `-` is nothing special, UO and UF are "
            "refused or failed connections, URX retries that were used up.",
            "reqps",
            [Query(f"sum by (response_flags) ({requests})", "{{response_flags}}")],
            width=6,
            stacked=True,
        ),
    ]
