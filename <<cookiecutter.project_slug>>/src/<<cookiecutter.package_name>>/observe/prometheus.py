"""Questions to a running Prometheus, over its HTTP API."""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 30


class PrometheusError(RuntimeError):
    """Prometheus refused a question or did not answer; the message holds the question."""


@dataclass(frozen=True)
class Series:
    """Labels, and pairs of a Unix time in seconds and a value."""

    labels: Mapping[str, str]
    points: list[tuple[float, float]]

    @property
    def last(self) -> float:
        return self.points[-1][1]


class Prometheus:
    """One server by its address, such as ``http://127.0.0.1:9090``."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def now(self, expr: str, at: float | None = None) -> list[Series]:
        """The instant query's vector; a scalar is a series without labels."""
        asked = {"query": expr, **({} if at is None else {"time": str(at)})}
        found = self._get("query", asked)
        if found["resultType"] == "scalar":
            return [Series({}, [_point(found["result"])])]
        return [Series(item["metric"], [_point(item["value"])]) for item in found["result"]]

    def over(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """The range query's series, a point every ``step`` seconds, the last of them at ``end``.

        Prometheus counts steps from the start, so what was recorded within the last one would be
        missing; and it cuts them to milliseconds.
        """
        last, every = round(1000 * end), math.ceil(1000 * step)
        first = last - every * int((last - round(1000 * start)) / every)
        times = {"start": first / 1000, "end": last / 1000, "step": every / 1000}
        asked = {"query": expr, **{name: f"{value:.3f}" for name, value in times.items()}}
        found = self._get("query_range", asked)
        return [
            Series(item["metric"], [_point(pair) for pair in item["values"]])
            for item in found["result"]
        ]

    def series(self, selector: str, start: float, end: float) -> list[dict[str, str]]:
        """Labels of all series that match and have a sample in the time given."""
        return self._get("series", {"match[]": selector, "start": str(start), "end": str(end)})

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health and last error."""
        return [rule for group in self._get("rules", {})["groups"] for rule in group["rules"]]

    def _get(self, path: str, asked: Mapping[str, str]) -> Any:
        address = f"{self.address}/api/v1/{path}"
        # Long queries do not fit into an address.
        data = urllib.parse.urlencode(asked).encode() if path.startswith("query") else None
        if data is None:
            address += f"?{urllib.parse.urlencode(asked)}"
        try:
            with urllib.request.urlopen(address, data, timeout=TIMEOUT_SECONDS) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise PrometheusError(f"{asked}: {error.read().decode(errors='replace')}") from error
        except OSError as error:
            raise PrometheusError(f"{self.address} does not answer: {error}") from error


def _point(pair: list[Any]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])
