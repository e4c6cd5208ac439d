"""Load on one served model: single rows, small batches, and bad input that must be refused.

Requests are made from what the model says about its inputs, so that any schema works. The budget
is in ``budget.yaml``; a broken one makes locust end with 1. LOAD_RESULT names a file for the
verdict and its figures, which say of which bundle (LOAD_BUNDLE) they are. LOAD_ROWS names a file of
rows to send instead of random ones: columns, and rows of values; request ids then tell which.
"""

import json
import math
import os
import random
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from locust import FastHttpUser, between, events, task

BUDGET = Path(os.environ.get("LOAD_BUDGET") or Path(__file__).with_name("budget.yaml"))
# Where the schema sets no limit.
WIDE = 100.0


class Requests:
    """Makes requests for the model behind ``host``."""

    def __init__(self, host: str) -> None:
        document = self._get(f"{host}/v2/docs/openapi.json")
        self.path = f"/v2/models/{document['info']['title']}"
        self._inputs = self._get(host + self.path)["inputs"]
        self._random = random.Random()
        given = os.environ.get("LOAD_ROWS")
        self._given = json.loads(Path(given).read_text(encoding="utf-8")) if given else None

    def valid(self, rows: int) -> dict[str, Any]:
        """A request of ``rows`` rows, one tensor a column; random ones if none are given."""
        if self._given is not None:
            return self._of_given(rows)
        return {"inputs": [self._tensor(item, rows) for item in self._inputs]}

    def _of_given(self, count: int) -> dict[str, Any]:
        """``count`` of the given rows; the id says which, and can be found in the log again."""
        columns, rows = self._given["columns"], self._given["rows"]
        places = [self._random.randrange(len(rows)) for _ in range(count)]
        inputs = []
        for item in self._inputs:
            column = columns.index(item["name"])
            values = [rows[place][column] for place in places]
            shape, datatype = [count, 1], item["datatype"]
            tensor = {"name": item["name"], "datatype": datatype, "shape": shape, "data": values}
            inputs.append(tensor)
        marks = ".".join(map(str, places))
        return {"id": f"rows-{marks}-{self._random.getrandbits(48):x}", "inputs": inputs}

    def invalid(self) -> dict[str, Any]:
        """One row that breaks the schema in one of several ways."""
        inputs = self.valid(1)["inputs"]
        place = self._random.randrange(len(inputs))
        breach = self._random.choice(("missing", "unexpected", "type", "shape"))
        if breach == "missing":
            inputs.append({**inputs.pop(place), "name": "unheard of"})
        elif breach == "unexpected":
            inputs.append({**inputs[place], "name": "unheard of"})
        elif breach == "type":
            inputs[place]["data"] = [{}]
        else:
            inputs[place]["shape"] = [2, 1]
        return {"inputs": inputs}

    def _tensor(self, item: dict[str, Any], rows: int) -> dict[str, Any]:
        return {
            "name": item["name"],
            "datatype": item["datatype"],
            "shape": [rows, 1],
            "data": [
                self._value(item["datatype"], item.get("parameters", {})) for _ in range(rows)
            ],
        }

    def _value(self, datatype: str, limits: dict[str, Any]) -> Any:
        if limits.get("nullable") and self._random.random() < 0.05:
            return None
        if datatype == "BYTES":
            return self._random.choice(limits["values"])
        if datatype == "BOOL":
            return self._random.random() < 0.5
        low = limits.get("minimum", min(-WIDE, limits.get("maximum", 0) - WIDE))
        high = limits.get("maximum", low + 2 * WIDE)
        if datatype == "INT64":
            return self._random.randint(math.ceil(low), math.floor(high))
        return self._random.uniform(low, high)

    @staticmethod
    def _get(url: str) -> Any:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)


class Caller(FastHttpUser):
    """Eight single rows for every two batches and one mistake."""

    wait_time = between(0.005, 0.02)

    def on_start(self) -> None:
        self.requests = Requests(self.host)

    @task(8)
    def one_row(self) -> None:
        self._send("one row", self.requests.valid(1))

    @task(2)
    def batch(self) -> None:
        self._send("batch", self.requests.valid(random.randint(2, 20)))

    @task(1)
    def mistake(self) -> None:
        self._send("invalid", self.requests.invalid(), status=400)

    def _send(self, name: str, body: dict[str, Any], status: int = 200) -> None:
        path = self.requests.path + "/infer"
        with self.client.post(path, json=body, name=name, catch_response=True) as answer:
            if answer.status_code == status:
                answer.success()
            else:
                text = (answer.text or "")[:200]
                answer.failure(f"{answer.status_code} instead of {status}: {text}")


def broken(stats, budget: dict[str, Any]) -> list[str]:
    """What of the budget the figures break, in words."""
    total = stats.total
    found = []
    if total.num_requests < budget["requests_per_second"] * max(
        total.last_request_timestamp - total.start_time, 1
    ):
        found.append(
            f"{total.total_rps:.0f} requests a second, at least {budget['requests_per_second']}"
        )
    if total.fail_ratio > budget["error_share"]:
        found.append(
            f"{total.fail_ratio:.2%} of requests failed, at most {budget['error_share']:.2%}"
        )
    for name, limit in budget["p95_milliseconds"].items():
        entry = stats.get(name, "POST")
        if not entry.num_requests:
            found.append(f"no request of kind {name!r} was answered")
        elif (value := entry.get_response_time_percentile(0.95)) > limit:
            found.append(f"p95 of {name!r} is {value:.0f} ms, at most {limit} ms")
    return found


def figures(stats, budget: dict[str, Any]) -> dict[str, Any]:
    """What was measured, in the terms of the budget: a second, milliseconds, a share."""
    entries = {name: stats.get(name, "POST") for name in budget["p95_milliseconds"]}
    return {
        "requests_per_second": round(stats.total.total_rps, 1),
        "p95_milliseconds": {
            name: entry.get_response_time_percentile(0.95) if entry.num_requests else None
            for name, entry in entries.items()
        },
        "error_share": round(stats.total.fail_ratio, 6),
        "budget": budget,
    }


@events.quitting.add_listener
def judge(environment, **_) -> None:
    budget = yaml.safe_load(BUDGET.read_text())
    problems = broken(environment.stats, budget)
    if place := os.environ.get("LOAD_RESULT"):
        verdict = {**figures(environment.stats, budget), "passed": not problems}
        verdict |= {"problems": problems, "bundle_digest": os.environ["LOAD_BUNDLE"]}
        Path(place).write_text(json.dumps(verdict, indent=1) + "\n")
    for problem in problems:
        print(f"budget broken: {problem}")
    if not problems:
        print("budget kept")
    environment.process_exit_code = 1 if problems else 0
