"""Configuration of what watches locally, made from this repository's own files.

Expressions, limits and waiting times of rules are taken as they are; only how often Prometheus
looks is shortened, so that there is something to see after a minute.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..settings import Observability
from .selectors import selectors

ENVIRONMENT = "dev"
RULES = Path("observability/environment")
# Rules about a mesh come with the mesh.
MESH = Path("gitops/components/mesh")
# Nothing is forgotten while somebody looks, and backfilled history of a month counts.
RETENTION = "45d"


class ConfigurationError(ValueError):
    """The repository lacks what a local Prometheus needs; the message names the file."""


def identity(root: Path, model: str, environment: str = ENVIRONMENT) -> Observability:
    """Whose figures these are, as the environment's overlay says."""
    path = root / "gitops" / "overlays" / environment / "kustomization.yaml"
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("labels", []):
        if team := entry.get("pairs", {}).get("mlops/team"):
            return Observability(model, environment, f"{model}-{environment}", team)
    raise ConfigurationError(f"{path} has no label mlops/team")


def scraped(who: Observability, predictor: str = "default") -> dict[str, str]:
    """The labels that a cluster would give to every series of a predictor's pod."""
    return {
        **who.grouping,
        "predictor": predictor,
        "pod": f"model-{predictor}-local",
        "container": "model",
    }


def rule_groups(root: Path, who: Observability) -> list[dict[str, Any]]:
    """The groups of every PrometheusRule of the environment, as one Prometheus reads them."""
    settings = root / "gitops" / "overlays" / who.environment / "settings"
    groups = []
    for folder in (settings, root / RULES, root / MESH):
        for path in sorted(folder.glob("*.yaml")):
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                if isinstance(document, dict) and document.get("kind") == "PrometheusRule":
                    groups += [_local(group, who) for group in document["spec"]["groups"]]
    if not groups:
        raise ConfigurationError(f"{root / RULES} holds no PrometheusRule")
    return groups


def write_prometheus(
    folder: Path,
    groups: list[dict[str, Any]],
    targets: Mapping[str, tuple[int, Mapping[str, str]]],
    alertmanager: int,
    interval: str,
) -> Path:
    """Write the rules and the configuration; ``targets`` are ports with labels, by job."""
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    jobs = [
        {
            "job_name": name,
            "honor_labels": True,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": dict(labels)}],
        }
        for name, (port, labels) in targets.items()
    ]
    content = {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "rule_files": [str(folder / "rules.yaml")],
        "scrape_configs": jobs,
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        },
    }
    path = folder / "prometheus.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def write_alertmanager(folder: Path, webhook: str | None = None) -> Path:
    """Write a configuration that tells nobody, or one web address, of every alert at once."""
    receiver: dict[str, Any] = {"name": "local"}
    if webhook is not None:
        receiver["webhook_configs"] = [{"url": webhook, "send_resolved": True}]
    route = {
        "receiver": "local",
        "group_by": ["alertname", "namespace"],
        "group_wait": "1s",
        "group_interval": "5s",
    }
    path = folder / "alertmanager.yaml"
    path.write_text(json.dumps({"route": route, "receivers": [receiver]}), encoding="utf-8")
    return path


def write_monitoring(folder: Path, root: Path, events: Path, labels: Path) -> Path:
    """Write the configuration of a monitoring run on what was logged and labelled here.

    Whatever the repository does about a finding, a look trains nothing and opens no issue.
    """
    content = yaml.safe_load((root / "configs" / "monitoring.yaml").read_text(encoding="utf-8"))
    content["parameters"]["batch"] = None
    content["parameters"]["logged"] |= {
        "predictions": {"kind": "files", "path": events.relative_to(root).as_posix()},
        "labels": {"kind": "files", "path": labels.relative_to(root).as_posix()},
        "on_finding": "none",
    }
    path = folder / "monitoring.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def _local(group: Mapping[str, Any], who: Observability) -> dict[str, Any]:
    found = {key: value for key, value in group.items() if key != "interval"}
    found["rules"] = [_labelled(rule, who) for rule in group["rules"]]
    return found


def _labelled(rule: Mapping[str, Any], who: Observability) -> dict[str, Any]:
    """The rule with the labels that a cluster gives to what it records.

    Prometheus enforces the namespace; kustomize writes on constants whose they are.
    """
    constant = "record" in rule and not selectors(str(rule["expr"]))
    given = who.grouping if constant else {"namespace": who.namespace}
    return {**rule, "labels": {**rule.get("labels", {}), **given}}
