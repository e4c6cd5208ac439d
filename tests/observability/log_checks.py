"""What must hold for documents and mappings, for the right pipeline and against spoilt copies."""

import json
import re

from tests.observability.engine import Engine
from tests.observability.stack import ship

LEVELS = {"debug", "info", "warning", "error", "critical"}
PERSONAL = {
    "message": "no answer from https://jane:secret@example.com for jane.doe@example.com,"
    " Authorization: Bearer abcdef1234567890",
    "error.message": "jane.doe@example.com is unknown",
    "client.ip": "192.0.2.7",
    "user.name": "jane",
    "user.id": "patient-17",
    "source": {"ip": "192.0.2.8"},
}


def leaves(prefix: str, node: object) -> dict[str, object]:
    """Dotted names of a document; features are one value."""
    if not isinstance(node, dict) or prefix == "ml.features.":
        return {prefix.removesuffix("."): node}
    found = {}
    for key, value in node.items():
        found |= leaves(f"{prefix}{key}.", value)
    return found


def mapped(mapping: dict, prefix: str = "") -> dict[str, str]:
    """Types of a mapping by dotted name."""
    found = {}
    for key, value in mapping.get("properties", {}).items():
        if "properties" not in value:
            found[f"{prefix}{key}"] = value.get("type", "object")
        found |= mapped(value, f"{prefix}{key}.")
    return found


def check_levels_and_times(engine: Engine) -> None:
    """Every document has a known level in lower case, and a time with its zone."""
    for each in engine.documents("logs-*", size=10_000):
        assert each["log"]["level"] in LEVELS, each["log"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z", each["@timestamp"])


def check_no_explosion(engine: Engine) -> None:
    """A thousand new names, in features and beside them, leave the mapping as it is."""
    count = len(mapped(mapping_of(engine, "probe")))
    events = [
        json.dumps({"message": "prediction", "ml.features": {f"f{n}.{m}": m for m in range(20)}})
        for n in range(50)
    ]
    ship(engine, [*events, json.dumps({f"new{n}": n for n in range(600)})], "ml.prediction")
    assert len(mapped(mapping_of(engine, "prediction"))) == count
    hit = engine.documents("logs-ml.prediction-dev", {"exists": {"field": "ml.features.f1"}})
    assert hit == [] and len(engine.documents("logs-ml.prediction-dev")) == 51


def mapping_of(engine: Engine, dataset: str) -> dict:
    """The mapping of a data stream of dev; the one called probe is made for it."""
    stream = f"logs-ml.{dataset}-dev"
    if dataset == "probe":
        ship(engine, ["plain"], "ml.probe")
    ((_, answer),) = engine.call("GET", f"/{stream}/_mapping").items()
    return answer["mappings"]


def check_redacted(engine: Engine) -> None:
    """The one document there is, made from PERSONAL, holds nothing of a person."""
    (found,) = engine.documents("logs-ml.serving-dev")
    found.pop("_index")
    text = json.dumps(found)
    for secret in ("jane", "secret@", "abcdef12", "192.0.2", "patient-17"):
        assert secret not in text, secret
    assert "redacted" in found["tags"]
    assert re.fullmatch("[0-9a-f]{64}", found["user"]["id"])
    assert found["error"]["message"] == "[mail] is unknown"
    assert "https://[redacted]@example.com" in found["message"]


def check_place(engine: Engine) -> None:
    """A line that claims another pod, stream, environment and id is believed in none of it."""
    line = {"kubernetes.namespace": "other-prod", "container": {"name": "other"}}
    line |= {"service.environment": "prod", "event.dataset": "ml.training", "message": "false"}
    line |= {"@metadata": {"pipeline": "_none", "raw_index": "logs-ml.label-dev"}}
    line |= {"_index": "logs-ml.label-dev", "_id": "1", "_routing": "x"}
    document = {"@timestamp": "2026-11-28T12:00:00.000Z", "line": line}
    document |= {"container": {"name": "model"}, "kubernetes": {"namespace": "risk-dev"}}
    (taken,) = engine.index("logs-ml.serving-dev", [document])
    assert taken["status"] == 201 and taken["_id"] != "1"
    (found,) = engine.documents("logs-*")
    assert found["_index"].startswith(".ds-logs-ml.serving-dev-")
    assert found["kubernetes"]["namespace"] == "risk-dev"
    assert found["container"]["name"] == "model"
    assert found["service"]["environment"] == "dev"
    assert found["event"]["dataset"] == "ml.serving"
