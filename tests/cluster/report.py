"""What a cluster looks like, for whoever has to understand a failed test."""

import json

from tests.cluster.kubectl import Refused
from tests.cluster.rig import Rig

# Of these, the log holds what went wrong.
LOGS = ("argocd-application-controller", "argocd-applicationset-controller", "argocd-notifications")
LINES = 5
BAD = ("Failed", "Error")


def describe(rig: Rig) -> str:
    """Return programs that ended, applications that are not well, errors in logs, events."""
    parts = [
        f"{process.name} ended:\n{process.tail()}" for process in rig.processes if not process.alive
    ]
    try:
        parts += [_application(each) for each in rig.kubectl.list("applications", "argocd")]
        parts += [_model(each) for each in rig.kubectl.list("seldondeployments") if _waits(each)]
        parts += [_workload(each) for each in rig.kubectl.list("deployments") if _lacks_pods(each)]
        parts += _events(rig)
    except (Refused, TimeoutError) as error:
        parts.append(f"the API server does not answer: {error}")
    for name in LOGS:
        bad = [line for line in rig.processes[name].tail(2000).splitlines() if _is_error(line)]
        parts += [f"{name}: {line[:600]}" for line in bad[-LINES:]]
    return "\n".join([f"logs are in {rig.folder}/logs", *parts])


def _application(found: dict) -> str:
    status = found.get("status", {})
    operation = status.get("operationState", {})
    words = [
        status.get("sync", {}).get("status", "?"),
        status.get("sync", {}).get("revision", "")[:8],
        status.get("health", {}).get("status", "?"),
        operation.get("phase", "no operation"),
        operation.get("message", ""),
    ]
    text = f"application {found['metadata']['name']}: {' '.join(words)}"
    for condition in status.get("conditions", []):
        text += f"\n  {condition['type']}: {condition['message'][:600]}"
    for resource in operation.get("syncResult", {}).get("resources", []):
        if resource.get("status") == "SyncFailed" or resource.get("hookPhase") in BAD:
            said = resource.get("message", "")[:600]
            text += f"\n  {resource['kind']} {resource['name']}: {said}"
    return text


def _waits(model: dict) -> bool:
    return model.get("status", {}).get("state") != "Available"


def _model(found: dict) -> str:
    return f"SeldonDeployment {_place(found)}: {json.dumps(found.get('status', {}))[:1500]}"


def _lacks_pods(workload: dict) -> bool:
    status, asked = workload.get("status", {}), workload["spec"].get("replicas", 1)
    return not status.get("updatedReplicas", 0) == status.get("availableReplicas", 0) == asked


def _workload(found: dict) -> str:
    asked = found["spec"].get("replicas")
    return (
        f"Deployment {_place(found)}, {asked} asked: {json.dumps(found.get('status', {}))[:1500]}"
    )


def _place(found: dict) -> str:
    return f"{found['metadata']['namespace']}/{found['metadata']['name']}"


def _events(rig: Rig) -> list[str]:
    events = rig.kubectl.list("events")
    warnings = [each for each in events if each.get("type") == "Warning"]
    return [
        f"event {each['involvedObject'].get('namespace')}/{each['involvedObject']['name']}:"
        f" {each.get('reason')} {each.get('message', '')[:300]}"
        for each in warnings[-LINES:]
    ]


def _is_error(line: str) -> bool:
    try:
        return json.loads(line).get("level") in ("error", "fatal", "warning")
    except ValueError:
        return False
