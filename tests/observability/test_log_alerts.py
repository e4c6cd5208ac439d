"""Alerts on logs: the team's rules, run by ElastAlert2 over real documents into Alertmanager.

Two environments tell each rule's two sides: what happens in staging must be reported, what happens
in test must not.
"""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from tests.observability.elastalert import (
    PLATFORM,
    PROGRAMS,
    Alertmanager,
    ElastAlert,
    file_name,
    rules_of,
)
from tests.observability.needs import need
from tests.observability.stack import apply, clear

ALERTS = {
    "MLServingLogErrors": "warning",
    "MLTrainingStepFailed": "warning",
    "MLLogSilence": "warning",
    "MLNewErrorType": "info",
    "MLAuthenticationFailures": "warning",
    "MLPredictionLogVolume": "info",
}


@cache
def now() -> datetime:
    """When the tests of this module began: the collection may be many minutes ago."""
    return datetime.now(UTC).replace(microsecond=0)


def line(minutes: float, dataset: str, environment: str, slug: str, **fields: object) -> dict:
    """A record as a component writes it, so many minutes ago; `_` stands for the dots of names."""
    record = {
        "@timestamp": (now() - timedelta(minutes=minutes)).isoformat(timespec="milliseconds"),
        "ecs.version": "9.4.0",
        "log.level": "info",
        "message": "something happened",
        "event.dataset": dataset,
        "service.name": slug,
        "service.environment": environment,
    }
    return record | {name.replace("__", "."): value for name, value in fields.items()}


def documents(slug: str) -> list[dict]:
    """Two hours of two environments, and one day of the past."""

    def serving(minutes: float, environment: str, **fields: object) -> dict:
        return line(minutes, "ml.serving", environment, slug, **fields)

    failure = {"log__level": "error", "error__type": "ValueError", "error__message": "odd {value}"}
    refused = {"event__action": "access", "http__response__status_code": 403}
    step = {"event__action": "step_finished", "ml__pipeline__step": "train_model"}
    return [
        # Both environments knew this error three days ago.
        *(serving(3 * 24 * 60, name, **failure) for name in ("staging", "test")),
        # Errors: many in staging; in test as many, but too far apart.
        *(serving(100 + n, "staging", **failure) for n in range(6)),
        *(serving(5 + 20 * n, "test", **failure) for n in range(5)),
        # Steps.
        line(110, "ml.training", "staging", slug, event__outcome="failure", **step)
        | {"trace.id": "run-1", "log.level": "error", "message": "step train_model failed"},
        line(110, "ml.training", "test", slug, event__outcome="success", **step),
        # A warning of a library is no failed step.
        line(110, "ml.training", "test", slug, event__outcome="failure"),
        # A kind of error that staging did not know.
        serving(90, "staging", error__type="KeyError", error__message="new", log__level="warning"),
        # Attempts without permission: a burst, and a few.
        *(line(80 + n / 4, "mesh.access", "staging", slug, **refused) for n in range(12)),
        *(line(80 + n / 4, "mesh.access", "test", slug, **refused) for n in range(5)),
        *(serving(80 + n / 4, "test", http__response__status_code=404) for n in range(12)),
        # Rows.
        serving(85, "staging", event__action="prediction", ml__rows=150_000),
        serving(85, "test", event__action="prediction", ml__rows=90_000),
        # Silence: staging ends here, test goes on.
        serving(75, "staging"),
        *(serving(n, "test") for n in range(1, 120, 10)),
    ]


@pytest.fixture(scope="module")
def ran(engine, default_project, contract, tmp_path_factory):
    """The log of ElastAlert2 and the alerts that arrived."""
    need(PROGRAMS / "elastalert", "prometheus-alertmanager")
    clear(engine)
    apply(engine)
    slug = default_project.name
    contract.check("\n".join(map(json.dumps, documents(slug))))
    streams: dict[str, list[dict]] = {}
    for record in [*documents(slug), *documents("somebody-else")]:
        stream = f"logs-{record['event.dataset']}-{record['service.environment']}"
        streams.setdefault(stream, []).append(record)
    for stream, records in streams.items():
        taken = engine.index(stream, records)
        assert [each for each in taken if each["status"] != 201] == []
    folder = tmp_path_factory.mktemp("elastalert")
    rules = rules_of(default_project) | refused_rules(slug, folder)
    start = (now() - timedelta(minutes=120)).isoformat()
    names = [f"{slug}-{name}" for name in ALERTS]
    with Alertmanager(folder) as alertmanager:
        log = ElastAlert(folder / "run", engine.url, alertmanager.url).run(rules, start, names)
        found = alertmanager.alerts()
    yield log, found, folder
    clear(engine)
    engine.call("DELETE", "/elastalert*")


RULE = """\
name: {slug}-bad
type: any
index: logs-ml.serving-*
filter: [{{term: {{service.name: {slug}}}}}]
alert: [alertmanager]
alertmanager_labels: {{model_name: {slug}}}
alertmanager_fields: {{environment: service.environment}}
"""


def refused_rules(slug: str, folder: Path) -> dict[str, str]:
    """Rules that somebody may write and that must not be run."""
    good = RULE.format(slug=slug)
    texts = {
        "command": good.replace("[alertmanager]", "[command]")
        + f"command: [touch, {folder}/ran]\n",
        "predictions": good.replace("ml.serving", "ml.prediction"),
        "everything": good.replace("logs-ml.serving-*", "logs-ml.serving-*,*"),
        "others": good.replace(f"service.name: {slug}", "service.name: somebody-else"),
        "nobody": good.replace(f"filter: [{{term: {{service.name: {slug}}}}}]", "filter: []"),
        "template": good + "alertmanager_annotations: {x: '{{ 1 }}'}\n",
        "import": good + "import: /etc/passwd\n",
        "python": good.replace("type: any", "type: os.PathLike"),
        "host": good + "es_host: elsewhere\n",
        "environment": good.replace("environment: service.environment", "x: message"),
        "namespace": good.replace("{model_name", "{namespace: other, model_name"),
        "no-yaml": "name: [",
        "no-type": good.replace("type: any", "type: frequency"),
        "list": "- 1\n",
    }
    found = {file_name(slug, name, "rule.yaml"): text for name, text in texts.items()}
    # Another team's namespace, and no namespace of a team at all.
    found[file_name("somebody-else", "stranger", "rule.yaml")] = good
    found["namespace_kube-system.configmap_x.rule.yaml"] = good
    return found


def test_every_rule_is_expected_and_has_its_runbook(default_project):
    named = {
        text.split("alertmanager_alertname: ")[1].split()[0]
        for text in rules_of(default_project).values()
    }
    assert named == ALERTS.keys()
    for name in named:
        assert (default_project / "docs" / "runbooks" / f"{name}.md").is_file(), name


@pytest.mark.parametrize("name", ALERTS)
def test_what_happened_in_staging_is_reported(ran, default_project, name):
    log, found, _ = ran
    mine = [alert for alert in found if alert["labels"]["alertname"] == name]
    assert len(mine) == 1, log[-6000:]
    slug, (alert,) = default_project.name, mine
    answers = default_project / ".cookiecutter.yaml"
    labels = dict(alert["labels"])
    team = labels.pop("team")
    assert f'team: "{team}"' in answers.read_text(encoding="utf-8")
    assert labels.pop("owner") == team
    assert labels == {
        "alertname": name,
        "elastalert_rule": f"{slug}-{name}",
        "environment": "staging",
        "model_name": slug,
        "namespace": f"{slug}-staging",
        "severity": ALERTS[name],
    }
    annotations = alert["annotations"]
    assert annotations["runbook_url"].endswith(f"/docs/runbooks/{name}.md")
    assert slug in annotations["summary"] and "staging" in annotations["summary"]
    assert annotations["description"] and "<MISSING VALUE>" not in annotations["description"]


def test_the_rules_run_without_an_error(ran):
    """As the pod runs them: up to the delay of the configuration, which is no rule's own."""
    log, _, _ = ran
    loud = [line for line in log.splitlines() if " ERROR " in line and "/run/rules/" not in line]
    assert loud == []


def test_what_happened_in_test_is_not(ran):
    _, found, _ = ran
    assert [alert["labels"] for alert in found if alert["labels"]["environment"] != "staging"] == []
    assert len(found) == len(ALERTS)


def test_what_a_rule_may_not_say(ran, default_project):
    log, _, folder = ran
    slug = default_project.name
    for name in refused_rules(slug, folder):
        assert f"{folder}/run/rules/{name}" in log, f"{name} was taken"
    assert not (folder / "ran").exists()


def test_the_guard_alone(tmp_path):
    """Without the list of keys, a rule that says too much is taken: the list is what refuses it."""
    program = """
import guard, json, sys, yaml
rule = yaml.safe_load(sys.argv[1])
print(json.dumps([guard.faults(rule, "credit"), guard.faults(rule | {"es_host": "x"}, "credit")]))
"""
    done = subprocess.run(
        [PROGRAMS / "python", "-B", "-c", program, RULE.format(slug="credit")],
        env={"PYTHONPATH": str(PLATFORM)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[], ["es_host may not be set"]]
