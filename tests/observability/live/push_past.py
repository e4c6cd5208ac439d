"""Push what the monitoring job pushed last once more, as if it had run some hours ago.

python push_past.py PACKAGE HOURS < METRICS

METRICS is the page of the Pushgateway. Only the time of the last success is another one, and the
repository's own code does the pushing.
"""

import importlib
import sys
import time

from prometheus_client.parser import text_string_to_metric_families

GROUPING = {"job", "instance", "namespace", "environment", "team", "model_name"}
TIME = "ml_monitor_last_success_timestamp_seconds"


def main(package: str, hours: str) -> None:
    pushing = importlib.import_module(f"{package}.pushing")
    settings = importlib.import_module(f"{package}.settings")
    figures = []
    for family in text_string_to_metric_families(sys.stdin.read()):
        for sample in family.samples:
            if sample.labels.get("job") != pushing.MONITORING_JOB or sample.name.startswith(
                "push_"
            ):
                continue
            labels = {key: value for key, value in sample.labels.items() if key not in GROUPING}
            value = time.time() - float(hours) * 3600 if sample.name == TIME else sample.value
            kind = "counter" if family.type == "counter" else "gauge"
            figures.append(pushing.Figure(sample.name, family.documentation, value, labels, kind))
    if not any(figure.name == TIME for figure in figures):
        raise SystemExit(f"the monitoring job has not pushed {TIME}")
    pushing.push(figures, pushing.MONITORING_JOB, settings.load_observability())


if __name__ == "__main__":
    main(*sys.argv[1:])
