"""Which rules of teams ElastAlert2 takes: this module is its rules_loader.

A rule comes from a ConfigMap that a team may write, and ElastAlert2 would run whatever it names: a
command, a Python class, a template with code, a search in another team's logs. So a rule may say no
more than what is listed here. One that says more, or that is broken, is left out and logged, and
all others go on: by itself, ElastAlert2 would end at the first one that it cannot read.
"""

import re
import time
from pathlib import Path
from typing import Any

from elastalert.loaders import FileRulesLoader
from elastalert.util import EAException, elastalert_logger, elasticsearch_client

TYPES = {"any", "cardinality", "flatline", "frequency", "metric_aggregation", "new_term", "spike"}
# What the role logs-alerting can read; never predictions or labels, whose features can be personal.
INDEX = re.compile(
    r"logs-(ml\.(serving|training|batch|monitor|other)|mesh\.access)-(\*|dev|test|staging|prod)"
)
KEYS = {
    *("name", "type", "index", "filter", "realert", "alert", "description"),
    *("num_events", "timeframe", "threshold", "threshold_cur", "threshold_ref", "spike_height"),
    *("spike_type", "cardinality_field", "max_cardinality", "min_cardinality", "fields"),
    *("terms_window_size", "window_step_size", "query_key", "use_terms_query", "terms_size"),
    *("use_keyword_postfix", "use_count_query", "metric_agg_key", "metric_agg_type", "buffer_time"),
    *("max_threshold", "min_threshold", "min_doc_count", "forget_keys", "exponential_realert"),
    *("alertmanager_alertname", "alertmanager_labels", "alertmanager_fields"),
    *("alertmanager_annotations", "alert_subject", "alert_subject_args"),
    *("alert_text", "alert_text_args", "alert_text_type"),
}
# Of a line; of a flatline, which has none, the value of query_key.
ENVIRONMENT_FIELDS = ("service.environment", "key")
TEXT_TYPES = {"alert_text_only", "exclude_fields"}
# The sidecar names a file after the namespace that it comes from.
FILE = re.compile(r"namespace_(?P<slug>[a-z0-9-]+)-(dev|test|staging|prod)\.configmap_")
WAIT_SECONDS = 600


class GuardedLoader(FileRulesLoader):
    """ElastAlert2's own loader, for rules that keep within the limits."""

    def load(self, conf: dict[str, Any], args: Any = None) -> list[dict[str, Any]]:
        # A rule that looks into the past as it starts would be lost if the engine were not there.
        _wait_for_engine(conf)
        return super().load({**conf, "skip_invalid": True}, args)

    def load_configuration(self, filename: str, conf: dict[str, Any], args: Any = None) -> Any:
        try:
            return super().load_configuration(filename, conf, args)
        except EAException:
            raise
        # Anything else would end ElastAlert2, and with it the rules of all teams.
        except Exception as error:
            raise EAException(f"{filename}: {type(error).__name__}: {error}") from error

    def load_yaml(self, filename: str) -> dict[str, Any]:
        content = self.get_yaml(filename)
        slug = FILE.match(Path(filename).name)
        if slug is None:
            raise EAException(f"{filename} comes from no namespace of a team")
        found = faults(content, slug["slug"])
        if found:
            raise EAException(f"{filename} is refused: {'; '.join(found)}")
        # Alertmanager groups and silences by namespace, as the alerts on metrics have it.
        field = content["alertmanager_fields"]["environment"]
        labels = content["alertmanager_labels"] | {"namespace": f"{slug['slug']}-{{{{ {field} }}}}"}
        added = {"alertmanager_labels": labels, "rule_file": filename}
        # ElastAlert2 makes a duration of a rule's own delay only: with that of config.yaml, which
        # stays a mapping, no rule would ever run.
        if "query_delay" in self.base_config:
            added["query_delay"] = self.base_config["query_delay"]
        return content | added


def faults(rule: Any, slug: str) -> list[str]:
    """Why the rule of the model `slug` is refused; empty if it is taken."""
    if not isinstance(rule, dict):
        return ["no mapping"]
    found = [f"{key} may not be set" for key in rule if key not in KEYS]
    if rule.get("alert") not in ("alertmanager", ["alertmanager"]):
        found.append("alert must be alertmanager and nothing else")
    if rule.get("type") not in TYPES:
        found.append(f"type must be one of {', '.join(sorted(TYPES))}")
    if not str(rule.get("name", "")).startswith(f"{slug}-"):
        found.append(f"name must begin with {slug}-")
    if rule.get("alert_text_type", "alert_text_only") not in TEXT_TYPES:
        found.append(f"alert_text_type must be one of {', '.join(sorted(TEXT_TYPES))}")
    for index in str(rule.get("index", "")).split(","):
        if not INDEX.fullmatch(index.strip()):
            found.append(f"index {index.strip()!r} is not one that alerts may read")
    own = {"term": {"service.name": slug}}
    if not isinstance(rule.get("filter"), list) or own not in rule["filter"]:
        found.append(f"filter must hold {{term: {{service.name: {slug}}}}}")
    labels = rule.get("alertmanager_labels") or {}
    if not isinstance(labels, dict) or labels.get("model_name") != slug:
        found.append(f"the label model_name must be {slug}")
    if "namespace" in labels or "environment" in labels:
        found.append("the labels namespace and environment come from the line")
    fields = rule.get("alertmanager_fields")
    if not isinstance(fields, dict) or fields.get("environment") not in ENVIRONMENT_FIELDS:
        found.append(
            f"alertmanager_fields must have environment: {' or '.join(ENVIRONMENT_FIELDS)}"
        )
    # Templates run as programs; fields of the document come in by alertmanager_fields and *_args.
    texts = [labels, rule.get("alertmanager_annotations")]
    if re.search(r"\{[{%#]", str(texts)):
        found.append("labels and annotations may not hold templates")
    return found


def _wait_for_engine(conf: dict[str, Any]) -> None:
    client = elasticsearch_client(conf)
    end = time.monotonic() + WAIT_SECONDS
    while not client.ping():
        if time.monotonic() > end:
            raise SystemExit(f"the search engine does not answer since {WAIT_SECONDS} s")
        elastalert_logger.warning("waiting for the search engine")
        time.sleep(5)
